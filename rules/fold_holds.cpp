// What waits, and what is a major incident.
#include "rules/folding.hpp"

#include "rules/kpi/count.hpp"

namespace tocsin {
namespace {

// It stands still from here on, or goes on. What touches the pause before goes on with it.
std::string paused(std::string_view packed, Instant at, bool on) {
  std::vector<Pause> pauses = unpack_pauses(packed);
  const bool stands = !pauses.empty() && pauses.back().to == never;
  if (on == stands) return std::string(packed);
  if (on) {
    add_pause(pauses, {at, never});
  } else {
    pauses.back().to = at;
    if (pauses.back().from == at) pauses.pop_back();
  }
  return pack_pauses(pauses);
}

}  // namespace

void Fold::on(const HoldStarted& f) {
  change(f.incident, [&](IncidentRow& i) {
    if (i.on_hold())
      count_hold_ended(s.totals_, i, at);
    else if (i.holds < UINT16_MAX)
      ++i.holds;
    IncidentWords w = i.words();
    const std::string pauses = paused(w.pauses, at, f.pauses);
    w.pauses = pauses;
    w.hold_note = f.note, w.hold_reference = f.reference, w.hold_question = f.question;
    w.hold_by = f.by;
    reword(i, w);
    i.state = IncidentState::on_hold;
    i.hold_since = at, i.hold_until = f.until, i.hold_due = f.due;
    i.hold_reason = f.reason, i.hold_reminders = 0;
    i.hold_follows = static_cast<bool>(f.parent), i.hold_resolves = f.resolves;
    // Whoever was asked whether it is over has answered: it waits.
    i.prompt_due = never, i.prompted = false;
    s.totals_.add(Metric::holds, static_cast<std::uint8_t>(f.reason));
  });
}

// However it ends: as well by being resolved (T09).
void Fold::end_hold(IncidentRow& i) {
  if (!i.on_hold()) return;
  count_hold_ended(s.totals_, i, at);
  IncidentWords w = i.words();
  const std::string pauses = paused(w.pauses, at, false);
  w.pauses = pauses;
  w.hold_note = w.hold_reference = w.hold_question = w.hold_by = {};
  reword(i, w);
  i.hold_since = i.hold_until = i.hold_due = never;
  i.hold_reason = IncidentRow{}.hold_reason, i.hold_reminders = 0;
  i.hold_follows = i.hold_resolves = false;
}

void Fold::on(const HoldEnded& f) {
  change(f.incident, [&](IncidentRow& i) {
    end_hold(i);
    i.state = IncidentState::in_progress;
  });
}

void Fold::on(const CallerReminded& f) {
  change(f.incident, [&](IncidentRow& i) { i.hold_reminders = f.reminder, i.hold_due = f.due; });
}

void Fold::on(const MajorProposed& f) {
  change(f.incident, [&](IncidentRow& i) {
    i.major = MajorState::candidate, i.major_criterion = f.criterion, i.major_due = f.decide_due;
  });
}

void Fold::on(const MajorDecided& f) {
  change(f.incident, [&](IncidentRow& i) {
    count_decided(s.totals_, f, i, at);
    i.major = f.decision == MajorDecision::accepted   ? MajorState::accepted
              : f.decision == MajorDecision::rejected ? MajorState::rejected
              : f.decision == MajorDecision::demoted  ? MajorState::demoted
                                                      : MajorState::none;
    i.major_criterion = f.criterion, i.major_refused = f.refused, i.major_due = never;
    IncidentWords w = i.words();
    const bool is = i.is_major();
    w.business_impact = is ? f.business_impact : std::string_view{};
    w.manager = is ? f.manager : std::string_view{};
    reword(i, w);
  });
}

// It is over: nothing is left to decide.
void Fold::withdraw(IncidentRow& i) {
  i.major_due = never;
  if (i.major != MajorState::candidate) return;
  s.totals_.add(Metric::major_candidates, static_cast<std::uint8_t>(MajorDecision::withdrawn));
  i.major = MajorState::none, i.major_criterion = IncidentRow{}.major_criterion;
}

// It is heard of again: it is looked at at once whether it is one. Who is to decide has their time
// all the same.
void Fold::look_if_held(IncidentRow& i) {
  const bool waits = i.held_until != never && i.major_due != never;
  if (waits && i.major != MajorState::candidate) i.major_due = at;
}

void Fold::on(const MajorReviewPlanned& f) {
  change(f.incident, [&](IncidentRow& i) { i.major_due = f.due; });
}

}  // namespace tocsin
