#include "rules/folding.hpp"

#include <algorithm>

#include "rules/kpi/count.hpp"
#include "rules/model/planted.hpp"
#include "rules/model/row_codec.hpp"

namespace tocsin {

// The timeline of an incident is the facts about it, in order, unchanged.
void Fold::timeline(IncidentNumber n) {
  const std::uint32_t slot = s.incident_slot(n);
  if (slot == no_slot) return;
  s.archive_.add(n, timeline_key(n, ++s.incidents_.change(slot).timeline), std::string(bytes));
}

void Fold::reword(IncidentRow& row, const IncidentWords& words) {
  const Blob* old = row.blob;
  row.blob = make_incident_blob(words);
  s.release(old);
}

void Fold::on(const IncidentOpened& f) {
  if (s.incident_slot(f.incident) != no_slot) return void(ok = false);
  IncidentRow row;
  IncidentWords w;
  w.title = f.title, w.ci = f.ci, w.ci_class = f.ci_class, w.service = f.service;
  w.environment = f.environment, w.category = f.category, w.subcategory = f.subcategory;
  w.symptom = f.symptom, w.category_rule = f.category_rule, w.group = f.group;
  w.summary = f.summary, w.runbook = f.runbook;
  row.blob = make_incident_blob(w);
  row.number = f.incident, row.recurrence_of = f.recurrence_of;
  row.opened_at = row.cycle_at = at;
  row.escalate_due = f.escalate_due;
  row.occurred_at = f.occurred_at;
  row.severity = f.severity, row.impact = f.impact, row.urgency = f.urgency;
  row.priority = f.priority, row.ci_match = f.ci_match, row.origin = f.origin, row.self = f.self;
  s.insert_incident(row);
  g().next_incident = IncidentNumber(f.incident.value + 1);
  count(s.totals_, f);
}

void Fold::on(const DrillStarted& f) {
  if (s.incident_slot(f.incident) != no_slot) return void(ok = false);
  IncidentRow row;
  IncidentWords w;
  w.title = f.title;
  row.blob = make_incident_blob(w);
  row.number = f.incident, row.opened_at = row.cycle_at = at, row.occurred_at = f.occurred_at;
  row.close_due = f.close_due, row.priority = Priority::P5, row.drill = true;
  s.insert_incident(row);
  g().next_incident = IncidentNumber(f.incident.value + 1);
  s.totals_.add(Metric::drills);
}

void Fold::on(const AlertLinked& f) {
  std::uint32_t slot;
  AlertRow* row = alert(f.alert, slot);
  if (!row) return;
  const bool is_new = row->incident != f.incident;
  if (is_new) count_in(*row, false, false);
  const bool was_held = row->state == AlertState::held;
  const bool moves = is_new && (row->flags & AlertRow::flapping);
  if (moves) count_flapping(row->incident, false);
  // A suppressed one comes without an event: that was disposed of when the window took it.
  if (row->flags & AlertRow::muted)
    unmute(*row);
  else
    count(s.totals_, f);
  s.count_source(*row, slot, false);
  row->incident = f.incident, row->state = AlertState::firing, row->severity = f.severity;
  row->starts_at = f.starts_at, row->due = f.due, row->changed_at = at;
  count_in(*row, true, false);
  s.count_source(*row, slot, true);
  if (was_held) s.index_held(slot, false);
  if (moves) count_flapping(f.incident, true);
  s.arm_alert(slot);
  change(f.incident, [&](IncidentRow& i) {
    i.alerts_total += is_new, ++i.events;
    i.severity = std::min(i.severity, f.severity);
    if (f.starts_at.ms && f.starts_at < i.occurred_at) i.occurred_at = f.starts_at;
  });
}

void Fold::on(const AlertRelinked& f) {
  count(s.totals_, f);
  std::uint32_t slot;
  if (AlertRow* row = alert(f.alert, slot)) count_in(*row, true, false);
  change(f.incident, [&](IncidentRow& i) {
    ++i.events;
    i.severity = std::min(i.severity, f.severity);
  });
}

void Fold::on(const IncidentReopened& f) {
  change(f.incident, [&](IncidentRow& i) {
    ++i.reopened;
    start_cycle(i, f.cycle, f.escalate_due);
    unhold(i);
    i.links_from = g().next_page;
    clock_runs_again(i);
    // Whoever had it may be asleep: a reopened incident has to be answered again.
    i.state = IncidentState::new_;
    i.acknowledged_at = never;
    i.resolved_at = i.close_due = i.verify_due = i.prompt_due = never;
    i.restored_at = {}, i.restored_on = never;
    i.prompted = i.resolved_by_daemon = false;
    s.index_child(i, true);
    count(s.totals_, f, i);
  });
}

void Fold::start_cycle(IncidentRow& i, std::uint16_t cycle, Instant due) {
  i.cycle = cycle, i.step = i.repeat = 0, i.cycle_at = at, i.escalate_due = due, i.cycle_pages = 0;
}

template <class F>
void Fold::prioritize(IncidentRow& i, const F& f) {
  if (f.priority > i.priority) count_lowered(s.totals_, i);
  i.priority = f.priority, i.escalate_due = f.escalate_due;
  if (f.new_cycle) start_cycle(i, static_cast<std::uint16_t>(i.cycle + 1), f.escalate_due);
}

void Fold::on(const PriorityChanged& f) {
  count(s.totals_, f);
  change(f.incident, [&](IncidentRow& i) {
    i.impact = f.impact, i.urgency = f.urgency, i.severity = f.severity;
    prioritize(i, f);
  });
}

void Fold::on(const PriorityAdjusted& f) {
  count_priority(s.totals_, f.before, f.priority);
  change(f.incident, [&](IncidentRow& i) {
    i.impact_by = f.impact_by, i.urgency_by = f.urgency_by;
    i.impact = f.impact, i.urgency = f.urgency;
    prioritize(i, f);
  });
}

// What it would be is said beside a lock only: without one it is not on the disk either.
void Fold::unlock(IncidentRow& i) {
  i.locked = false, i.lock_due = never, i.calculated = IncidentRow{}.calculated;
}

void Fold::on(const PriorityOverridden& f) {
  count_priority(s.totals_, f.before, f.priority);
  change(f.incident, [&](IncidentRow& i) {
    i.locked = true, i.calculated = f.calculated, i.lock_due = f.until;
    prioritize(i, f);
  });
}

void Fold::on(const OverrideEnded& f) {
  count_priority(s.totals_, f.before, f.priority);
  change(f.incident, [&](IncidentRow& i) {
    unlock(i);
    i.impact = f.impact, i.urgency = f.urgency;
    prioritize(i, f);
  });
}

void Fold::on(const IncidentRestricted& f) {
  change(f.incident, [](IncidentRow& i) { i.restricted = true; });
}

void Fold::on(const ExposureConfirmed& f) {
  change(f.incident, [](IncidentRow& i) { i.exposed = true; });
}

void Fold::on(const KnownErrorMatched& f) {
  change(f.incident, [&](IncidentRow& i) {
    IncidentWords w = i.words();
    w.known_error = f.known_error, w.workaround = f.workaround;
    reword(i, w);
    i.eased = f.automated;
  });
}

void Fold::on(const PriorityCalculated& f) {
  change(f.incident, [&](IncidentRow& i) {
    i.impact = f.impact, i.urgency = f.urgency, i.calculated = f.calculated;
  });
}

void Fold::on(const LoweringProposed& f) {
  change(f.incident, [](IncidentRow&) {});
}

// Hours of the day are so much nearer, or further away.
void Fold::reassessments_follow_the_clock(std::int64_t by_ms) {
  std::vector<std::uint32_t> planned;
  s.incidents_.each([&](std::uint32_t slot, const IncidentRow& r) {
    if (r.reassess_due != never) planned.push_back(slot);
  });
  for (const std::uint32_t slot : planned) {
    IncidentRow& r = s.incidents_.change(slot);
    r.reassess_due = r.reassess_due - Span{by_ms};
    s.arm_incident(slot);
  }
}

void Fold::on(const ReassessmentPlanned& f) {
  change(f.incident, [&](IncidentRow& i) { i.reassess_due = f.due; });
}

void Fold::on(const IncidentAcknowledged& f) {
  change(f.incident, [&](IncidentRow& i) {
    IncidentWords w = i.words();
    w.owner = f.by;
    reword(i, w);
    count_acknowledged(s.totals_, f, i, at);
    i.links_from = g().next_page;
    i.state = IncidentState::in_progress;
    i.acknowledged_at = at;
    i.escalate_due = never;
    look_if_held(i);
    unhold(i);
  });
  children_are_answered(f.incident);
}

void Fold::on(const NoteAdded& f) {
  change(f.incident, [](IncidentRow&) {});  // a revision, and its place in the timeline
}

void Fold::on(const RecoverySeen& f) {
  change(f.incident, [&](IncidentRow& i) {
    i.restored_at = f.restored_at, i.verify_due = f.verify_due;
    if (i.resolution.exists()) i.restored_on = g().instant(f.restored_at);
    i.escalate_due = never;  // ESC-15: no new step while it is being verified
  });
}

void Fold::on(const VerifyFailed& f) {
  change(f.incident, [&](IncidentRow& i) {
    i.restored_at = {}, i.verify_due = i.prompt_due = never, i.prompted = false;
    i.restored_on = never;
    i.escalate_due = f.escalate_due;
  });
}

void Fold::on(const RestoredPrompted& f) {
  change(f.incident, [&](IncidentRow& i) {
    i.verify_due = never, i.prompt_due = f.prompt_due, i.prompted = true;
  });
}

void Fold::on(const IncidentResolved& f) {
  change(f.incident, [&](IncidentRow& i) {
    IncidentWords w = i.words();
    w.resolution_note = f.note, w.resolved_by = f.by;
    reword(i, w);
    end_hold(i);
    withdraw(i);
    s.index_child(i, false);
    i.state = IncidentState::resolved;
    // Its children end with it, whoever resolved it.
    const bool alone = s.children_of(i.number).empty();
    i.family_job = alone ? FamilyJob::none : FamilyJob::cascade;
    i.family_due = alone ? never : at, i.family_next = 0;
    i.code = f.code, i.cause = f.cause, i.resolved_by_daemon = f.by_daemon;
    i.needs_review |= f.needs_review;
    i.resolved_at = at, i.restored_at = f.restored_at, i.close_due = f.close_due;
    if (planted("fold_reads_settings")) i.close_due = at + Span{planted_setting};
    i.escalate_due = i.verify_due = i.prompt_due = i.reassess_due = never;
    unhold(i);
    unlock(i);
    count_resolved(s.totals_, i, s.globals_.wall(at));
  });
}

void Fold::on(const IncidentCategorized& f) {
  change(f.incident, [&](IncidentRow& i) {
    i.category_confirmed = true;
    IncidentWords w = i.words();
    const bool as_opened = f.category == w.category && f.subcategory == w.subcategory;
    const std::string said =
        as_opened ? "" : std::string(f.category) + "/" + std::string(f.subcategory);
    w.said_category = said;
    reword(i, w);
  });
}

void Fold::on(const IncidentClosed& f) {
  std::uint32_t slot;
  IncidentRow* row = incident(f.incident, slot);
  if (!row) return;
  row->state = IncidentState::closed;
  ++row->revision;
  row->close_due = never;
  count_closed(s.totals_, *row, f.reviewed);
}

void Fold::on(const IncidentForgotten& f) {
  s.archive_.forget(f.number, row_key(closed_prefix, f.number.value));
  for (std::uint32_t entry = 1; entry <= f.timeline; ++entry)
    s.archive_.forget(f.number, timeline_key(f.number, entry));
}

// A closed incident leaves the live rows when nobody is owed a word about it any more.
void Fold::retire_if_done(IncidentNumber n) {
  const std::uint32_t slot = s.incident_slot(n);
  if (slot == no_slot || s.incidents_.at(slot).state != IncidentState::closed) return;
  if (!s.children_of(n).empty()) return;
  const PageIds pages = s.pages_of(n);
  for (PageId id : pages)
    if (!s.pages_.at(s.page_slot(id)).delivered) return;
  s.archive_.add(n, row_key(closed_prefix, n.value), RowCodec::encode(s.incidents_.at(slot)));
  for (PageId id : pages) s.erase_page(s.page_slot(id));
  s.erase_incident(slot);
}

void Fold::on(const EscalationStepped& f) {
  count(s.totals_, f);
  change(f.incident, [&](IncidentRow& i) {
    i.step = f.next_step, i.repeat = f.next_repeat, i.escalate_due = f.next_due;
  });
}

void Fold::on(const StepHeld& f) {
  change(f.incident, [](IncidentRow& i) { i.escalate_due = when_resumed; });
}

void Fold::on(const DeadlineMoved& f) {
  change(f.incident, [&](IncidentRow& i) {
    if (f.kind == DeadlineKind::escalation) i.escalate_due = f.due;
    if (f.kind == DeadlineKind::auto_close) i.close_due = f.due;
  });
}

void Fold::on(const PagingHeld& f) {
  change(f.incident, [&](IncidentRow& i) {
    unhold(i);
    i.held_until = i.escalate_due = f.until, i.held_by = f.silence;
  });
}

void Fold::on(const PagingInhibited& f) {
  change(f.incident, [&](IncidentRow& i) {
    unhold(i);
    IncidentWords w = i.words();
    w.inhibited_by = f.rule, w.inhibited_keys = f.keys;
    reword(i, w);
    i.held_until = i.escalate_due = f.until;
    s.count_inhibited(i, true);
  });
}

void Fold::unhold(IncidentRow& i) {
  if (IncidentWords w = i.words(); !w.inhibited_keys.empty()) {
    s.count_inhibited(i, false);
    w.inhibited_by = w.inhibited_keys = {};
    reword(i, w);
  }
  i.held_until = never, i.held_by = {};
}

// Each is looked at by its own deadline, which is now.
void Fold::on(const InhibitionEnded& f) {
  const auto* waiting = s.inhibited(f.key);
  if (!waiting) return;
  const std::vector<std::uint32_t> numbers(waiting->begin(), waiting->end());
  for (const std::uint32_t n : numbers)
    change(IncidentNumber(n), [&](IncidentRow& i) {
      i.held_until = at;
      if (i.escalate_due != never) i.escalate_due = at;
    });
}

void Fold::on(const PagingResumed& f) {
  change(f.incident, [&](IncidentRow& i) {
    look_if_held(i);
    unhold(i);
    start_cycle(i, f.cycle, f.escalate_due);
  });
}

void Fold::on(const AlertReleased& f) {
  change(f.incident, [](IncidentRow&) {});
}

void Fold::on(const MutesAdvanced& f) {
  g().mute_next = f.next, g().mute_due = f.due;
  if (f.next) s.push({f.due, DeadlineKind::mute_sweep, 0, 0, no_slot});
}

}  // namespace tocsin
