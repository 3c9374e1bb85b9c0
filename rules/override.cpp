#include "rules/override.hpp"

#include "rules/major.hpp"
#include "rules/priority.hpp"
#include "rules/process/format.hpp"

namespace tocsin {
namespace {

constexpr std::size_t reason_bytes_min = 10, reason_bytes_max = 512;
constexpr Span lasts_max = hours(24 * 30);
constexpr Span looked_at_again = hours(24);

bool any_of(const Actor& by, std::initializer_list<Role> roles) {
  for (const Role role : roles)
    if (by.may(role)) return true;
  return false;
}

Answer answer(Answer::Code code, IncidentNumber n, std::uint32_t revision, std::string message) {
  Answer a;
  a.code = code, a.incident = n, a.revision = revision, a.message = std::move(message);
  return a;
}

// Both ask this first; nothing: go on.
std::optional<Answer> refused(const Deciding& d, IncidentNumber n) {
  const std::uint32_t slot = d.state.incident_slot(n);
  if (slot == no_slot)
    return answer(Answer::Code::not_found, n, 0, "no open incident " + to_text(n));
  const IncidentRow& row = d.state.incidents().at(slot);
  if (row.self || row.drill)
    return answer(Answer::Code::illegal_transition, n, row.revision,
                  "the priority of what is about Tocsin itself is fixed");
  if (!row.unresolved())
    return answer(Answer::Code::illegal_transition, n, row.revision,
                  "an incident that is resolved has no priority to change");
  return {};
}

IncidentRow row_of(const Deciding& d, IncidentNumber n) {
  return d.state.incidents().at(d.state.incident_slot(n));
}

Answer done(const Deciding& d, IncidentNumber n) {
  return answer(Answer::Code::done, n, row_of(d, n).revision, "");
}

Answer invalid(const IncidentRow& row, std::string field, std::string why) {
  Answer a = answer(Answer::Code::invalid, row.number, row.revision, field + ": " + why);
  a.fields.emplace_back(std::move(field), std::move(why));
  return a;
}

Answer reason_required(const IncidentRow& row, std::size_t least) {
  Answer a = answer(Answer::Code::reason_required, row.number, row.revision,
                    "a reason of " + std::to_string(least) + " to 512 bytes is required");
  a.fields.emplace_back("reason", a.message);
  return a;
}

bool reasoned(const std::string& reason, std::size_t least) {
  return reason.size() >= least && reason.size() <= reason_bytes_max;
}

// MI-6.
Answer lowers_major(const IncidentRow& row) {
  return answer(Answer::Code::forbidden, row.number, row.revision,
                "only a major incident manager makes a major incident less urgent");
}

void unlock(const Deciding& d, IncidentNumber n, WhyUnlocked why, const std::string& by,
            const std::string& reason) {
  const IncidentRow row = row_of(d, n);
  const Assessment now = assess_open(d, row, row.severity);
  const Course course = course_under(d, row, now.priority);
  need_format(d, format_with_decisions);
  d.out.add(OverrideEnded{n, why, now.impact, now.urgency, row.priority, now.priority,
                          course.new_cycle, course.escalate_due, by,
                          reason.empty() ? now.reason : reason});
  follow(d, row, course);
}

}  // namespace

Answer adjust_priority(const Deciding& d, const AdjustPriority& c) {
  if (auto no = refused(d, c.incident)) return *no;
  IncidentRow row = row_of(d, c.incident);
  const bool manager = any_of(c.by, {Role::service_desk, Role::group_lead, Role::incident_manager,
                                     Role::major_incident_manager});
  const bool owner = c.by.may(Role::engineer) && row.words().owner == c.by.person;
  if (!manager && !owner)
    return answer(Answer::Code::forbidden, c.incident, row.revision,
                  c.by.person + " may not change the impact or urgency of this incident");
  if (!reasoned(c.reason, 1)) return reason_required(row, 1);
  const auto a_level = [](std::optional<int> by) { return !by || (*by >= -1 && *by <= 1); };
  if (!a_level(c.impact_by)) return invalid(row, "impact_by", "is -1, 0 or 1");
  if (!a_level(c.urgency_by)) return invalid(row, "urgency_by", "is -1, 0 or 1");
  if (!c.impact_by && !c.urgency_by) return invalid(row, "impact_by", "or urgency_by is needed");
  if (row.locked)
    return answer(Answer::Code::illegal_transition, c.incident, row.revision,
                  "its priority was set by a person; that has to be ended first");

  const IncidentRow before = row;
  row.impact_by = static_cast<std::int8_t>(c.impact_by.value_or(row.impact_by));
  row.urgency_by = static_cast<std::int8_t>(c.urgency_by.value_or(row.urgency_by));
  if (row.impact_by == before.impact_by && row.urgency_by == before.urgency_by)
    return answer(Answer::Code::already, c.incident, row.revision, "it is moved like that already");
  const Assessment now = assess_open(d, row, row.severity);
  if (!may_lower(d, before, now.priority, c.by)) return lowers_major(before);
  const Course course = course_under(d, before, now.priority);
  need_format(d, format_with_decisions);
  d.out.add(PriorityAdjusted{c.incident, row.impact_by, row.urgency_by, now.impact, now.urgency,
                             before.priority, now.priority, course.new_cycle, course.escalate_due,
                             c.by.person, c.reason});
  follow(d, before, course);
  return done(d, c.incident);
}

Answer override_priority(const Deciding& d, const OverridePriority& c) {
  if (auto no = refused(d, c.incident)) return *no;
  const IncidentRow row = row_of(d, c.incident);
  if (!any_of(c.by, {Role::incident_manager, Role::major_incident_manager}))
    return answer(Answer::Code::forbidden, c.incident, row.revision,
                  c.by.person + " may not set the priority of this incident");
  if (!reasoned(c.reason, reason_bytes_min)) return reason_required(row, reason_bytes_min);
  if (c.lasts < Span{} || c.lasts > lasts_max) return invalid(row, "for", "is at most 30 days");
  if (!c.priority) {
    if (!row.locked)
      return answer(Answer::Code::already, c.incident, row.revision, "nobody has set its priority");
    if (!may_lower(d, row, assess_open(d, row, row.severity).priority, c.by))
      return lowers_major(row);
    unlock(d, c.incident, WhyUnlocked::by_person, c.by.person, c.reason);
    return done(d, c.incident);
  }
  if (!may_lower(d, row, *c.priority, c.by)) return lowers_major(row);
  const Assessment now = assess_open(d, row, row.severity);
  const Course course = course_under(d, row, *c.priority);
  const Instant until = c.lasts.ms ? d.now + c.lasts : never;
  need_format(d, format_with_decisions);
  d.out.add(PriorityOverridden{c.incident, row.priority, *c.priority, now.priority, until,
                               course.new_cycle, course.escalate_due, c.by.person, c.reason});
  follow(d, row, course);
  // Whoever thinks it less urgent than it looks is told so at once (PRI-9).
  if (now.priority < *c.priority) review(d, c.incident, now, true);
  return done(d, c.incident);
}

void end_override(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = row_of(d, n);
  const Priority calculated = assess_open(d, row, row.severity).priority;
  // Nobody but its manager makes a major incident less urgent: what a person set stays, and is
  // looked at again, until it is none any more.
  if (row.is_major() && calculated > row.priority) {
    need_format(d, format_with_decisions);
    return d.out.add(PriorityOverridden{n, row.priority, row.priority, calculated,
                                        d.now + looked_at_again, false, row.escalate_due, "daemon",
                                        "a major incident is lowered by its manager only"});
  }
  unlock(d, n, WhyUnlocked::expired, {}, {});
}

}  // namespace tocsin
