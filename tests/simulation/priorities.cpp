#include "tests/simulation/priorities.hpp"

#include <algorithm>

#include "rules/classify/assess.hpp"
#include "rules/correlate/pools.hpp"

namespace tocsin::sim {
namespace {

// What fires in it. The severity of a parent may be that of a child, on another CI.
Severity worst_of_its_own(const State& state, const IncidentRow& row) {
  Severity worst = Severity::info;
  state.each_member(row.number, [&](std::uint32_t slot) {
    const AlertRow& alert = state.alerts().at(slot);
    if (alert.state != AlertState::resolved) worst = std::min(worst, alert.severity);
    return true;
  });
  return worst;
}

// Restricted incidents and others do not mix, so the members of a pool may be down in several, and
// one that another of them makes worse is not measured anew.
bool pool_is_divided(const State& state, const Settings& settings, const IncidentRow& row) {
  const Ci* ci = settings.ci(row.words().ci);
  const Pool* pool = ci && !ci->pool.empty() ? settings.pool(ci->pool) : nullptr;
  if (!pool) return false;
  const auto restricted = [&](IncidentNumber n) {
    const std::uint32_t slot = state.incident_slot(n);
    return slot != no_slot && state.incidents().at(slot).restricted;
  };
  return row.restricted || std::any_of(pool->members.begin(), pool->members.end(), [&](auto place) {
           const auto* live = state.incidents_of(settings.cis[place].id);
           return live && std::any_of(live->begin(), live->end(), restricted);
         });
}

}  // namespace

std::optional<std::string> priority_too_low(const State& state, const Settings& settings,
                                            IncidentNumber n) {
  const std::uint32_t slot = state.incident_slot(n);
  if (slot == no_slot) return {};
  const IncidentRow& row = state.incidents().at(slot);
  if (!row.unresolved() || row.self || row.drill) return {};
  const IncidentWords words = row.words();
  if (pool_is_divided(state, settings, row)) return {};
  const Globals& g = state.globals();
  const Assessment least = assess(
      {words.ci, words.symptom, worst_of_its_own(state, row), pool_spare(state, settings, words.ci),
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
