// Why this file is long: all that begins and ends a hold, next to each other.
#include "rules/holds.hpp"

#include <algorithm>

#include "rules/clocks.hpp"
#include "rules/model/planted.hpp"
#include "rules/oncall/escalation.hpp"
#include "rules/oncall/outbox.hpp"
#include "rules/process/business_days.hpp"
#include "rules/process/format.hpp"
#include "rules/process/lifecycle.hpp"

namespace tocsin {
namespace {

constexpr std::size_t words_max = 4096, reference_max = 128, reason_min = 10;
constexpr std::size_t facts_per_slice = 120;
constexpr std::size_t callers_max = 8;  // who are asked again
constexpr int reminder_days[] = {1, 3};

IncidentRow row_of(const Deciding& d, IncidentNumber n) {
  return d.state.incidents().at(d.state.incident_slot(n));
}

// 6.4: for how many business days, and whether the clock of resolution stands still. What a
// supplier owes us is our own risk.
struct Terms {
  int days;
  bool pauses;
};
Terms terms_of(HoldReason reason) {
  switch (reason) {
    case HoldReason::awaiting_caller:
      return {5, true};
    case HoldReason::awaiting_vendor:
      return {5, false};
    case HoldReason::awaiting_change:
    case HoldReason::awaiting_window:
      return {10, true};
    case HoldReason::awaiting_problem:
    case HoldReason::customer_deferred:
      return {20, true};
    case HoldReason::observing_fix:
    case HoldReason::count_:
      break;
  }
  return {1, false};
}

// LCY-19: what a parent waits for, its children can only wait for as well.
bool spreads(HoldReason reason) {
  return reason == HoldReason::awaiting_change || reason == HoldReason::awaiting_problem ||
         reason == HoldReason::awaiting_vendor || reason == HoldReason::awaiting_window;
}

Instant days_after(const Deciding& d, const IncidentRow& row, Instant from, int days) {
  const Globals& g = d.state.globals();
  return g.instant(business_days_after(d.settings, row.words().service, g.wall(from), days));
}

// The next reminder, or the end.
Instant next_due(const Deciding& d, const IncidentRow& row, HoldReason reason, Instant since,
                 Instant until, std::size_t reminders) {
  if (reason != HoldReason::awaiting_caller || reminders >= std::size(reminder_days)) return until;
  return earlier(until, later(d.now, days_after(d, row, since, reminder_days[reminders])));
}

// ---- people ----

Answer answer(const IncidentRow& row, Answer::Code code, std::string message) {
  Answer a;
  a.code = code, a.incident = row.number, a.revision = row.revision, a.message = std::move(message);
  return a;
}

bool any_of(const Actor& by, std::initializer_list<Role> roles) {
  return std::any_of(roles.begin(), roles.end(), [&](Role role) { return by.may(role); });
}

// Of hold and resume (11.3); nothing: go on.
std::optional<Answer> refused(const Deciding& d, IncidentNumber n, const Actor& by) {
  const std::uint32_t slot = d.state.incident_slot(n);
  if (slot == no_slot) {
    Answer a;
    a.code = Answer::Code::not_found, a.incident = n, a.message = "no open incident " + to_text(n);
    return a;
  }
  const IncidentRow& row = d.state.incidents().at(slot);
  const bool owner = by.may(Role::engineer) && row.words().owner == by.person;
  if (owner || any_of(by, {Role::service_desk, Role::group_lead, Role::incident_manager,
                           Role::major_incident_manager}))
    return {};
  return answer(row, Answer::Code::forbidden, by.person + " may not put this incident on hold");
}

std::string missing_reference(HoldReason reason) {
  switch (reason) {
    case HoldReason::awaiting_vendor:
      return "the reference of the vendor is needed";
    case HoldReason::awaiting_change:
      return "the number of the change is needed";
    case HoldReason::awaiting_problem:
      return "the number of the problem or the known error is needed";
    default:
      return {};
  }
}

Instant until_of(const Deciding& d, const HoldIncident& c, Instant longest) {
  if (c.until != Wall{}) return d.state.globals().instant(c.until);
  return c.lasts > Span{} ? d.now + c.lasts : longest;
}

std::string days_text(int days) {
  return std::to_string(days) + (days == 1 ? " business day" : " business days");
}

using Fields = std::vector<std::pair<std::string, std::string>>;
Fields unfit(const HoldIncident& c, Instant now, Instant until, Instant longest) {
  Fields fields;
  const auto wrong = [&](const char* field, std::string why) { fields.emplace_back(field, why); };
  if (!c.reason) return wrong("reason", "what it waits for is needed"), fields;
  if (c.note.empty() || c.note.size() > words_max) wrong("note", "has 1 to 4096 bytes");
  if (c.question.size() > words_max) wrong("question", "at most 4096 bytes");
  if (c.reference.size() > reference_max) wrong("reference", "at most 128 bytes");
  if (*c.reason == HoldReason::awaiting_caller && c.question.empty())
    wrong("question", "what the caller is asked is needed");
  if (const std::string why = missing_reference(*c.reason); !why.empty() && c.reference.empty())
    wrong("reference", why);
  const bool dated =
      *c.reason == HoldReason::awaiting_window || *c.reason == HoldReason::customer_deferred;
  const bool given = c.until != Wall{} || c.lasts != Span{};
  if (dated && !given) wrong("until", "when it goes on is needed");
  if (given && until <= now) wrong("until", "is over");
  if (given && until > longest)
    wrong("until", "is at most " + days_text(terms_of(*c.reason).days) + " from now for " +
                       std::string(name(*c.reason)));
  return fields;
}

// T05; nothing: go on.
std::optional<Answer> not_now(const IncidentRow& row, const HoldIncident& c) {
  const auto illegal = [&](const std::string& why) {
    return answer(row, Answer::Code::illegal_transition, why);
  };
  if (row.self || row.drill) return illegal("what is about Tocsin itself waits for nobody");
  if (!row.unresolved()) return illegal("an incident that is over waits for nothing");
  // LCY-7: what nobody has seen is not put away.
  if (row.acknowledged_at == never && !planted("hold_before_answer"))
    return illegal("it is not acknowledged: acknowledge it first");
  if (row.is_major()) return illegal("a major incident is not put on hold");
  if (row.on_hold() && c.reason == row.hold_reason) {
    const bool same = c.note == row.words().hold_note && c.until == Wall{} && c.lasts == Span{};
    return same ? answer(row, Answer::Code::already, "it is on hold already")
                : illegal("it is on hold for that reason already; resume it first");
  }
  if (row.priority != Priority::P1) return {};
  if (!c.by.may(Role::incident_manager))
    return answer(row, Answer::Code::forbidden, "only an incident manager puts a P1 on hold");
  if (c.note.size() >= reason_min) return {};
  Answer a = answer(row, Answer::Code::reason_required,
                    "a note of 10 characters at least says why a P1 may wait");
  a.fields.emplace_back("note", a.message);
  return a;
}

// Its children wait and go on with it; slice by slice when there are many. What is gathered for it
// comes first.
void follow_from(const Deciding& d, IncidentNumber n, std::uint32_t first) {
  const std::size_t facts_max = d.out.count() + facts_per_slice;
  const IncidentNumbers children = d.state.children_of(n);
  auto it = children.lower_bound(IncidentNumber(first));
  for (; it != children.end() && d.out.count() < facts_max; ++it) follow_parent(d, *it);
  if (it != children.end())
    d.out.add(FamilyAdvanced{n, FamilyJob::follow, it->value, d.now});
  else if (row_of(d, n).family_due != never)
    d.out.add(FamilyAdvanced{n, FamilyJob::none, 0, never});
}
void let_follow(const Deciding& d, IncidentNumber n) {
  if (row_of(d, n).family_job != FamilyJob::gather) follow_from(d, n, 0);
}

// ---- what ends by itself ----

// Those who reported it and can be reached, or its owner.
void tell_callers(const Deciding& d, IncidentNumber n, WhyPage why) {
  const IncidentRow row = row_of(d, n);
  std::vector<std::string> people;
  for (const std::string_view caller : unpack_watchers(row.words().watchers))
    if (people.size() < callers_max && d.settings.person(caller)) people.emplace_back(caller);
  if (people.empty()) people.emplace_back(row.words().owner);
  for (const std::string& person : people) tell(d, n, person, PageKind::notice, why);
}

// Of those that came due while nothing ran the last one is sent.
void remind(const Deciding& d, const IncidentRow& row) {
  auto sent = static_cast<std::uint8_t>(row.hold_reminders + 1);
  while (sent < std::size(reminder_days) &&
         days_after(d, row, row.hold_since, reminder_days[sent]) <= d.now)
    ++sent;
  d.out.add(CallerReminded{
      row.number, sent, next_due(d, row, row.hold_reason, row.hold_since, row.hold_until, sent)});
  tell_callers(d, row.number, WhyPage::caller_reminded);
}

// LCY-9. What still fires has not ended for want of an answer.
void give_up_waiting(const Deciding& d, const IncidentRow& row) {
  const Wall restored = row.restored_at.ms ? row.restored_at : d.wall();
  d.out.add(IncidentResolved{row.number, ClosureCode::no_response_from_caller, CauseCode::unknown,
                             true, false, restored, d.now + d.settings.auto_close_after, "daemon",
                             "", "the caller has not answered in time"});
  clocks_after_resolution(d, row.number);
  cancel_pages(d, row.number);
  recall(d, row.number);
  tell_callers(d, row.number, WhyPage::no_response);
}

void end(const Deciding& d, IncidentNumber n, WhyHoldEnded why, std::string_view by) {
  const std::string kept(by);
  d.out.add(HoldEnded{n, row_of(d, n).hold_reason, why, kept});
  // Whoever put it on hold when they were asked whether it is over is asked again.
  if (!row_of(d, n).prompted) verify_anew(d, n);
  clocks_after_hold(d, n);
  let_follow(d, n);
}

// Whoever did it knows; who is told that it is a P1, or major, is told enough.
bool is_news(WhyHoldEnded why) {
  return why == WhyHoldEnded::its_end || why == WhyHoldEnded::answered ||
         why == WhyHoldEnded::new_alert || why == WhyHoldEnded::higher_severity;
}

}  // namespace

Answer hold(const Deciding& d, const HoldIncident& c) {
  if (auto no = refused(d, c.incident, c.by)) return *no;
  const IncidentRow row = row_of(d, c.incident);
  if (auto no = not_now(row, c)) return *no;
  const Terms terms = c.reason ? terms_of(*c.reason) : Terms{};
  const Instant longest = days_after(d, row, d.now, terms.days);
  const Instant until = until_of(d, c, longest);
  if (Fields fields = unfit(c, d.now, until, longest); !fields.empty()) {
    Answer a = answer(row, Answer::Code::invalid, "fields are missing or do not fit");
    a.fields = std::move(fields);
    return a;
  }

  const HoldReason reason = *c.reason;
  const bool pauses = terms.pauses && row.priority != Priority::P1;
  const bool resolves = reason == HoldReason::awaiting_caller && until >= longest;
  need_format(d, format_with_agreements);
  d.out.add(HoldStarted{c.incident, reason, until, next_due(d, row, reason, d.now, until, 0),
                        pauses, resolves, IncidentNumber{}, c.by.person, c.note, c.reference,
                        c.question});
  clocks_after_hold(d, c.incident);
  let_follow(d, c.incident);
  return answer(row_of(d, c.incident), Answer::Code::done, {});
}

Answer resume(const Deciding& d, const ResumeIncident& c) {
  if (auto no = refused(d, c.incident, c.by)) return *no;
  const IncidentRow row = row_of(d, c.incident);
  if (row.state == IncidentState::in_progress)
    return answer(row, Answer::Code::already, "it is in progress already");
  if (!row.on_hold())
    return answer(row, Answer::Code::illegal_transition,
                  "an incident that is " + std::string(state_word(row.state)) + " is not on hold");
  end(d, c.incident, WhyHoldEnded::person, c.by.person);
  if (const std::string owner(row_of(d, c.incident).words().owner); owner != c.by.person)
    tell(d, c.incident, owner, PageKind::notice, WhyPage::hold_over);
  return answer(row_of(d, c.incident), Answer::Code::done, {});
}

void hold_due(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = row_of(d, n);
  if (row.hold_due < row.hold_until) return remind(d, row);
  // The end of its parent's hold, whichever of them comes first.
  if (row.hold_follows) return end_hold(d, n, WhyHoldEnded::with_parent, "daemon");
  if (row.hold_resolves && row.alerts_firing == 0) return give_up_waiting(d, row);
  end_hold(d, n, WhyHoldEnded::its_end, "daemon");
}

void end_hold(const Deciding& d, IncidentNumber n, WhyHoldEnded why, std::string_view by) {
  if (!row_of(d, n).on_hold()) return;
  end(d, n, why, by);
  if (is_news(why))
    tell(d, n, std::string(row_of(d, n).words().owner), PageKind::notice, WhyPage::hold_over);
}

void alert_ends_hold(const Deciding& d, IncidentNumber n, WhyHoldEnded why,
                     std::string_view alert) {
  const std::string name(alert);
  end_hold(d, n, why, name);
  speak_up(d, n);
}

void speak_up(const Deciding& d, IncidentNumber child) {
  const IncidentRow row = row_of(d, child);
  const bool unseen = row.unresolved() && row.acknowledged_at == never &&
                      (row.alerts_firing > 0 || row.reports > 0);
  const std::uint32_t slot = row.parent ? d.state.incident_slot(row.parent) : no_slot;
  if (!unseen || slot == no_slot || !d.state.incidents().at(slot).on_hold()) return;
  // Silenced or not: when the silence is over, nobody would look at it again.
  if (planted("hold_swallows_a_child")) return;
  end_hold(d, row.parent, WhyHoldEnded::new_alert, to_text(child));
}

void caller_answered(const Deciding& d, IncidentNumber n, std::string_view person) {
  const std::uint32_t slot = d.state.incident_slot(n);
  if (slot == no_slot) return;
  const IncidentRow& row = d.state.incidents().at(slot);
  if (!row.on_hold() || row.hold_reason != HoldReason::awaiting_caller) return;
  const auto callers = unpack_watchers(row.words().watchers);
  if (std::find(callers.begin(), callers.end(), person) != callers.end())
    end_hold(d, n, WhyHoldEnded::answered, person);
}

void follow_parent(const Deciding& d, IncidentNumber child) {
  const IncidentRow row = row_of(d, child);
  const std::uint32_t slot = row.parent ? d.state.incident_slot(row.parent) : no_slot;
  const IncidentRow parent = slot == no_slot ? IncidentRow{} : d.state.incidents().at(slot);
  const bool waits = slot != no_slot && parent.on_hold() && spreads(parent.hold_reason);
  const bool as_it_does = row.hold_follows && row.hold_reason == parent.hold_reason &&
                          row.hold_until == parent.hold_until;
  if (!waits) {
    if (row.hold_follows) end_hold(d, child, WhyHoldEnded::with_parent, "daemon");
    return;
  }
  const bool may = row.state == IncidentState::in_progress || (row.hold_follows && !as_it_does);
  // Who is asked whether it is over answers that first.
  if (!may || row.priority == Priority::P1 || row.is_major() || row.prompted) return;
  const IncidentWords w = parent.words();
  // What not everybody may read is not told by what everybody may.
  const bool secret = parent.restricted && !row.restricted;
  const std::string note(secret ? "as its parent" : w.hold_note);
  const std::string reference(secret ? std::string_view{} : w.hold_reference);
  d.out.add(HoldStarted{child,
                        parent.hold_reason,
                        parent.hold_until,
                        parent.hold_until,
                        terms_of(parent.hold_reason).pauses,
                        false,
                        row.parent,
                        "daemon",
                        note,
                        reference,
                        {}});
  clocks_after_hold(d, child);
}

void children_follow(const Deciding& d, IncidentNumber n) {
  follow_from(d, n, row_of(d, n).family_next);
}

}  // namespace tocsin
