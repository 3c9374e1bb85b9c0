#include "rules/priority.hpp"

#include <algorithm>

#include "rules/correlate/pools.hpp"
#include "rules/oncall/escalation.hpp"
#include "rules/oncall/mute.hpp"
#include "rules/process/format.hpp"

namespace tocsin {
namespace {

IncidentRow incident_row(const Deciding& d, IncidentNumber n) {
  return d.state.incidents().at(d.state.incident_slot(n));
}

Assessment assess_open(const Deciding& d, const IncidentRow& row, Severity severity) {
  const IncidentWords w = row.words();
  return assess({w.ci, w.symptom, severity, pool_spare(d.state, d.settings, w.ci), d.wall()},
                d.settings);
}

void raise(const Deciding& d, IncidentNumber n, Severity severity, const Assessment& now);

// A raise to P1 or P2 that nobody has answered starts the escalation again; one that somebody owns
// tells them (PRI-10).
void raise(const Deciding& d, IncidentNumber n, Severity severity, const Assessment& now) {
  const IncidentRow row = incident_row(d, n);
  const std::string owner(row.words().owner);
  const bool urgent = now.priority <= Priority::P2;
  const bool answered = row.acknowledged_at != never;
  // What is held starts anew when the silence is over.
  const bool escalates = !answered && row.verify_due == never && !row.prompted &&
                         row.held_until == never && !row.parent;
  const bool new_cycle = urgent && escalates;
  // Else the new policy goes on where the old one was.
  const Instant due = new_cycle   ? first_due(d.settings, now.priority, d.now)
                      : escalates ? later(d.now, due_of(d.settings.policies[index(now.priority)],
                                                        row.cycle_at, {row.step, row.repeat}))
                                  : row.escalate_due;
  d.out.add(PriorityChanged{n, now.impact, now.urgency, row.priority, now.priority, severity,
                            new_cycle, due, now.reason});
  if (new_cycle && due <= d.now) escalate(d, n);
  if (urgent && answered) tell(d, n, owner, PageKind::notice, WhyPage::priority_raised);
  raise_parent(d, n);
}

}  // namespace

Assessment assess_new(const Deciding& d, const Prepared& alert, const Verdict& v) {
  // It is about to be one that is down.
  const std::string_view down = alert.severity <= Severity::error ? alert.ci : std::string_view{};
  return assess({alert.ci, v.symptom, alert.severity,
                 pool_spare(d.state, d.settings, alert.ci, down), d.wall()},
                d.settings);
}

// Who joins must not be paged for less than alone: the alert is measured by its own CI and symptom
// as well, and the more urgent answer counts. The CI of the incident is asked again only when its
// answer may be another one: in a storm below it, thousands join and it has as many dependents.
void raise_with(const Deciding& d, IncidentNumber n, Severity before, const Prepared& alert,
                const Verdict& v) {
  const IncidentRow row = incident_row(d, n);
  const IncidentWords words = row.words();
  const Ci* ci = alert.ci.empty() ? nullptr : d.settings.ci(alert.ci);
  const bool changed = alert.severity < before || (ci && !ci->pool.empty());
  const bool another = alert.ci != words.ci || v.symptom != words.symptom;
  const Severity severity = std::min(alert.severity, row.severity);
  Assessment now{row.impact, row.urgency, row.priority, {}};
  if (changed) now = assess_open(d, row, severity);
  if (changed || another)
    if (const Assessment alone = assess_new(d, alert, v); alone.priority < now.priority)
      now = alone;
  if (now.priority < row.priority) raise(d, n, severity, now);
}

void raise_parent(const Deciding& d, IncidentNumber child) {
  const IncidentRow row = incident_row(d, child);
  const std::uint32_t slot = row.parent ? d.state.incident_slot(row.parent) : no_slot;
  if (slot == no_slot) return;
  const IncidentRow parent = d.state.incidents().at(slot);
  if (!parent.unresolved() || parent.priority <= row.priority) return;
  const std::string why = to_text(child) + ", its child, is " + std::string(name(row.priority));
  raise(d, row.parent, std::min(row.severity, parent.severity),
        {row.impact, row.urgency, row.priority, why});
}

void reassess(const Deciding& d, IncidentNumber n, bool propose) {
  const IncidentRow row = incident_row(d, n);
  if (!row.unresolved() || row.self || row.drill) return;
  const Assessment now = assess_open(d, row, row.severity);
  if (now.priority < row.priority) return raise(d, n, row.severity, now);
  if (!propose || now.priority <= row.priority) return;
  need_format(d, format_with_dependencies);
  d.out.add(LoweringProposed{n, now.impact, now.urgency, row.priority, now.priority, now.reason});
}

void plan_reassessment(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = incident_row(d, n);
  if (row.self || row.drill) return;
  const auto at =
      row.unresolved() ? reassess_at(row.words().ci, d.wall(), d.settings) : std::nullopt;
  const Instant due = at ? d.state.globals().instant(*at) : never;
  if (due == row.reassess_due) return;
  need_format(d, format_with_dependencies);
  d.out.add(ReassessmentPlanned{n, due});
}

}  // namespace tocsin
