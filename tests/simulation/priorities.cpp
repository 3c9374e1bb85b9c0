#include "tests/simulation/priorities.hpp"

#include <algorithm>

#include "rules/classify/assess.hpp"
#include "rules/correlate/pools.hpp"

namespace tocsin::sim {

std::optional<std::string> priority_too_low(const State& state, const Settings& settings,
                                            IncidentNumber n) {
  const std::uint32_t slot = state.incident_slot(n);
  if (slot == no_slot) return {};
  const IncidentRow& row = state.incidents().at(slot);
  if (!row.unresolved() || row.self || row.drill) return {};
  const IncidentWords words = row.words();
  const Globals& g = state.globals();
  const Assessment least =
      assess({words.ci, words.symptom, row.severity, pool_spare(state, settings, words.ci),
              g.wall(g.at), row.exposed, row.eased ? words.known_error : std::string_view{}},
             settings);
  const auto level = [&](int calculated, int by) {
    return static_cast<std::size_t>(std::clamp(calculated + by, 1, int{settings.levels}) - 1);
  };
  const auto wanted = static_cast<Priority>(
      settings.matrix[level(least.impact, row.impact_by)][level(least.urgency, row.urgency_by)] -
      1);
  // What a person has set stands; what it would be is calculated beside it.
  const Priority is = row.locked ? row.calculated : row.priority;
  if (is <= wanted) return {};
  return to_text(n) + " is " + std::string(name(is)) + " and should be " +
         std::string(name(wanted)) + ": " + least.reason;
}

}  // namespace tocsin::sim
