#include "rules/priority.hpp"

#include <algorithm>

#include "rules/clocks.hpp"
#include "rules/correlate/pools.hpp"
#include "rules/holds.hpp"
#include "rules/major.hpp"
#include "rules/marks.hpp"
#include "rules/oncall/escalation.hpp"
#include "rules/oncall/mute.hpp"
#include "rules/process/format.hpp"

namespace tocsin {
namespace {

IncidentRow incident_row(const Deciding& d, IncidentNumber n) {
  return d.state.incidents().at(d.state.incident_slot(n));
}

std::uint8_t moved(int level, int by, int levels) {
  return static_cast<std::uint8_t>(std::clamp(level + by, 1, levels));
}

std::string by_people(const char* what, int by) {
  if (by == 0) return "";
  return std::string("; ") + what + (by < 0 ? " raised" : " lowered") + " by a person";
}

// Nobody has answered, nothing holds it back, nobody speaks for it.
bool escalates(const IncidentRow& row) {
  return row.acknowledged_at == never && row.verify_due == never && !row.prompted &&
         row.held_until == never && !row.parent;
}

void raise(const Deciding& d, IncidentNumber n, Severity severity, const Assessment& now) {
  const IncidentRow row = incident_row(d, n);
  const Course course = course_under(d, row, now.priority);
  d.out.add(PriorityChanged{n, now.impact, now.urgency, row.priority, now.priority, severity,
                            course.new_cycle, course.escalate_due, now.reason});
  follow(d, row, course);
}

void tell_managers(const Deciding& d, IncidentNumber n) {
  const auto it = d.settings.roles.find("incident_manager");
  if (it == d.settings.roles.end() || it->second.empty())
    return tell_group(d, n, PageKind::notice, WhyPage::override_review);
  for (const std::string& person : it->second)
    tell(d, n, person, PageKind::notice, WhyPage::override_review);
}

}  // namespace

Assessment assess_open(const Deciding& d, const IncidentRow& row, Severity severity) {
  const IncidentWords w = row.words();
  Assessment a = assess({w.ci, w.symptom, severity, pool_spare(d.state, d.settings, w.ci), d.wall(),
                         row.exposed, row.eased ? w.known_error : std::string_view{}},
                        d.settings);
  if (row.impact_by == 0 && row.urgency_by == 0) return a;
  a.impact = moved(a.impact, row.impact_by, d.settings.levels);
  a.urgency = moved(a.urgency, row.urgency_by, d.settings.levels);
  a.priority = static_cast<Priority>(d.settings.matrix[a.impact - 1][a.urgency - 1] - 1);
  a.reason += by_people("impact", row.impact_by) + by_people("urgency", row.urgency_by);
  return a;
}

// What is held starts anew when the silence is over; else the new policy goes on where the old one
// was.
Course course_under(const Deciding& d, const IncidentRow& row, Priority priority) {
  if (!escalates(row)) return {false, row.escalate_due};
  if (priority <= Priority::P2 && priority < row.priority)
    return {true, first_due(d.settings, priority, d.now)};
  if (priority == row.priority) return {false, row.escalate_due};
  return {false, later(d.now, due_of(d.settings.policies[index(priority)], row.cycle_at,
                                     {row.step, row.repeat}))};
}

void follow(const Deciding& d, const IncidentRow& before, const Course& course) {
  const IncidentNumber n = before.number;
  clocks_after_priority(d, n);
  if (course.new_cycle && course.escalate_due <= d.now) escalate(d, n);
  const Priority now = incident_row(d, n).priority;
  if (now <= Priority::P2 && now < before.priority && before.acknowledged_at != never)
    tell(d, n, std::string(before.words().owner), PageKind::notice, WhyPage::priority_raised);
  // T06: a P1 does not wait.
  if (now == Priority::P1 && before.priority != Priority::P1)
    end_hold(d, n, WhyHoldEnded::raised_to_P1, "daemon");
  raise_parent(d, n);
  review_major(d, n);
}

// The lock wins; what it hides is kept, and said once per change (PRI-9).
void review(const Deciding& d, IncidentNumber n, const Assessment& now, bool anyway) {
  const IncidentRow row = incident_row(d, n);
  const bool another = now.priority != row.calculated;
  const bool changed = another || now.impact != row.impact || now.urgency != row.urgency;
  if (!changed && !anyway) return;
  const bool differs = anyway || (another && now.priority != row.priority);
  need_format(d, format_with_decisions);
  d.out.add(PriorityCalculated{n, now.impact, now.urgency, now.priority, differs, now.reason});
  if (differs) tell_managers(d, n);
}

Assessment assess_new(const Deciding& d, const Prepared& alert, const Verdict& v) {
  // It is about to be one that is down.
  const std::string_view down = alert.severity <= Severity::error ? alert.ci : std::string_view{};
  const KnownError* known = known_error_of(d.settings, alert.text);
  return assess(
      {alert.ci, v.symptom, alert.severity, pool_spare(d.state, d.settings, alert.ci, down),
       d.wall(), confirms_exposure(alert, v),
       known && known->automated ? std::string_view(known->id) : std::string_view{}},
      d.settings);
}

// Who joins must not be paged for less than alone: the alert is measured by its own CI and symptom
// as well, and the more urgent answer counts. The CI of the incident is asked again only when its
// answer may be another one: in a storm below it, thousands join and it has as many dependents.
void raise_with(const Deciding& d, IncidentNumber n, Severity before, const Prepared& alert,
                const Verdict& v) {
  const bool marked = mark_joined(d, n, alert, v);
  const IncidentRow row = incident_row(d, n);
  const IncidentWords words = row.words();
  const Ci* ci = alert.ci.empty() ? nullptr : d.settings.ci(alert.ci);
  const bool changed = marked || alert.severity < before || (ci && !ci->pool.empty());
  const bool another = alert.ci != words.ci || v.symptom != words.symptom;
  const Severity severity = std::min(alert.severity, row.severity);
  Assessment now{row.impact, row.urgency, row.locked ? row.calculated : row.priority, {}};
  if (changed) now = assess_open(d, row, severity);
  if (changed || another)
    if (const Assessment alone = assess_new(d, alert, v); alone.priority < now.priority)
      now = alone;
  if (row.locked)
    review(d, n, now, alert.severity < before);
  else if (now.priority < row.priority)
    raise(d, n, severity, now);
  if (marked) review_major(d, n);
}

void raise_parent(const Deciding& d, IncidentNumber child) {
  const IncidentRow row = incident_row(d, child);
  const std::uint32_t slot = row.parent ? d.state.incident_slot(row.parent) : no_slot;
  if (slot == no_slot) return;
  const IncidentRow parent = d.state.incidents().at(slot);
  if (!parent.unresolved() || parent.priority <= row.priority) return;
  const std::string why = to_text(child) + ", its child, is " + std::string(name(row.priority));
  const Assessment least{row.impact, row.urgency, row.priority, why};
  if (parent.locked) return review(d, row.parent, least, false);
  raise(d, row.parent, std::min(row.severity, parent.severity), least);
}

void reassess(const Deciding& d, IncidentNumber n, bool propose) {
  const IncidentRow row = incident_row(d, n);
  if (!row.unresolved() || row.self || row.drill) return;
  const Assessment now = assess_open(d, row, row.severity);
  if (row.locked) return review(d, n, now, false);
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
