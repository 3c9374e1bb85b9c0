#include "tests/simulation/priorities.hpp"

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
  const Assessment least = assess(
      {words.ci, words.symptom, row.severity, pool_spare(state, settings, words.ci), g.wall(g.at)},
      settings);
  if (row.priority <= least.priority) return {};
  return to_text(n) + " is " + std::string(name(row.priority)) + " and should be " +
         std::string(name(least.priority)) + ": " + least.reason;
}

}  // namespace tocsin::sim
