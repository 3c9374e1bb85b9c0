#include "rules/oncall/replan.hpp"

#include <algorithm>

#include "rules/oncall/escalation.hpp"

namespace tocsin {
namespace {

constexpr std::uint32_t numbers_per_slice = 1000;
constexpr std::size_t facts_per_slice = 200;

void replan(const Deciding& d, IncidentNumber n, DeadlineKind kind, Instant before,
            Instant planned) {
  if (before == planned) return;
  // What the new policy says should have happened by now happens now.
  const Instant due = later(planned, d.now);
  if (due != before) d.out.add(DeadlineMoved{n, kind, before, due, WhyMoved::policy_changed});
}

void replan_incident(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = d.state.incidents().at(d.state.incident_slot(n));
  if (row.state == IncidentState::resolved && row.close_due == never) return;  // never by itself
  if (row.state == IncidentState::resolved)
    return replan(d, row.number, DeadlineKind::auto_close, row.close_due,
                  row.resolved_at + d.settings.auto_close_after);
  const bool escalates = row.unresolved() && row.acknowledged_at == never &&
                         row.verify_due == never && !row.prompted && row.held_until == never &&
                         !row.drill && row.escalate_due != when_resumed && !row.parent;
  if (!escalates) return;
  const Policy& policy = d.settings.policies[index(row.priority)];
  replan(d, row.number, DeadlineKind::escalation, row.escalate_due,
         due_of(policy, row.cycle_at, {row.step, row.repeat}));
}

}  // namespace

void replan_slice(const Deciding& d, const std::function<void(IncidentNumber)>& first) {
  const std::uint32_t from = d.state.globals().replan_next.value;
  const std::uint32_t end = d.state.globals().next_incident.value;
  const bool priorities_only = d.state.globals().replan_priorities_only;
  const std::size_t facts_before = d.out.count();
  std::uint32_t n = from;
  for (; n < end && n < from + numbers_per_slice && d.out.count() < facts_before + facts_per_slice;
       ++n) {
    if (d.state.incident_slot(IncidentNumber(n)) == no_slot) continue;
    first(IncidentNumber(n));
    if (!priorities_only) replan_incident(d, IncidentNumber(n));
  }
  if (n >= end)
    d.out.add(ReplanAdvanced{IncidentNumber{}, never, false});
  else
    d.out.add(ReplanAdvanced{IncidentNumber(n), d.now, priorities_only});
}

}  // namespace tocsin
