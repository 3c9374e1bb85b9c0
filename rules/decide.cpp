// Why this file is long: every branch that an event can take stands here, next to the others.
// The story of an event, read aloud. Branches live here, the work lives in the folders:
//
//   a firing alert     known and unchanged: a repeat, counted, nothing written
//                      known and changed: it stays where it is, or comes back
//                      unknown: one of too few for a rule that counts; or joins an open incident,
//                      or waits out its hold-down, or opens one
//   a resolve          known: the alert ends; when it was the last, its incident is verified
//                      unknown key: an orphan, remembered so that its late firing is out of order
//   a person           acknowledges, notes, resolves, closes, knows better how urgent it is, lets
//   it
//                      wait, says whether it is a major incident
//   a silence          came or went: what it covers is held back, what it no longer covers pages
//   a window           what begins inside it waits for its end, and is new then
//   a channel          delivered a page, or did not
//   a sign of life     a heartbeat goes on, and what fired for its silence ends
//   time               a hold-down, a step, a verify window, a hold is over; silence makes stale,
//                      never well
#include "rules/decide.hpp"

#include "rules/classify/classify.hpp"
#include "rules/clocks.hpp"
#include "rules/conversion.hpp"
#include "rules/correlate/correlate.hpp"
#include "rules/counting.hpp"
#include "rules/family.hpp"
#include "rules/flapping.hpp"
#include "rules/fold.hpp"
#include "rules/heartbeats.hpp"
#include "rules/holds.hpp"
#include "rules/inhibition.hpp"
#include "rules/intake/intake.hpp"
#include "rules/intake/silences.hpp"
#include "rules/major.hpp"
#include "rules/marks.hpp"
#include "rules/model/planted.hpp"
#include "rules/oncall/drill.hpp"
#include "rules/oncall/escalation.hpp"
#include "rules/oncall/hierarchy.hpp"
#include "rules/oncall/mute.hpp"
#include "rules/oncall/outbox.hpp"
#include "rules/oncall/pause.hpp"
#include "rules/oncall/replan.hpp"
#include "rules/override.hpp"
#include "rules/prepare.hpp"
#include "rules/priority.hpp"
#include "rules/process/category.hpp"
#include "rules/process/format.hpp"
#include "rules/process/housekeeping.hpp"
#include "rules/process/lifecycle.hpp"
#include "rules/process/retention.hpp"
#include "rules/process/self.hpp"
#include "rules/reports.hpp"
#include "rules/requests.hpp"
#include "rules/set_aside.hpp"
#include "rules/storm.hpp"
#include "rules/windows.hpp"

namespace tocsin {
namespace {

IncidentRow incident_row(const Deciding& d, IncidentNumber n) {
  return d.state.incidents().at(d.state.incident_slot(n));
}

Instant next_step_due(const Deciding& d, const IncidentRow& row) {
  if (row.parent) return never;
  if (row.held_until != never) return row.held_until;
  return due_of(d.settings.policies[index(row.priority)], row.cycle_at, {row.step, row.repeat});
}

// ---- an incident changes its course ----

void reopen(const Deciding& d, IncidentNumber n, ReopenTrigger trigger, std::string_view by) {
  leave_if_parent_is_over(d, n);
  const IncidentRow row = incident_row(d, n);
  const Instant due = row.parent ? never : first_due(d.settings, row.priority, d.now);
  d.out.add(IncidentReopened{n, trigger, static_cast<std::uint16_t>(row.cycle + 1), due, by});
  clocks_after_reopening(d, n);
  plan_reassessment(d, n);
  cancel_pages(d, n);
}

// What was clear fires again inside its incident, or people say so: it was not over.
void fires_again(const Deciding& d, IncidentNumber n, std::string_view alert) {
  const IncidentRow row = incident_row(d, n);
  if (fail_verification(d, n, alert, next_step_due(d, row))) clocks_fire_again(d, n);
  if (row.restored_at.ms) review_major(d, n);
}

// A person says that it was not over. What held it back has ended with its alerts.
void reported_again(const Deciding& d, IncidentNumber n) {
  fires_again(d, n, {});
  const IncidentRow row = incident_row(d, n);
  if (row.held_until != never && row.alerts_firing == 0) escalate(d, n);
  speak_up(d, n);
}

IncidentNumber open(const Deciding& d, const Prepared& alert, std::uint8_t source, const Verdict& v,
                    IncidentNumber recurrence_of) {
  const Assessment a = assess_new(d, alert, v);
  const std::string title = title_of(v, alert.ci);
  NewIncident n;
  n.title = title, n.ci = alert.ci, n.ci_class = v.ci_class, n.service = v.service;
  n.environment = v.environment, n.category = v.category, n.subcategory = v.subcategory;
  n.symptom = v.symptom, n.rule = v.rule, n.group = v.group;
  n.summary = shorten(v.summary, 512), n.runbook = shorten(v.runbook, 512), n.reason = a.reason;
  const std::string_view from = d.state.source_name(source);
  n.origin = from == syslog_source      ? Origin::syslog
             : from == heartbeat_source ? Origin::self
                                        : Origin::webhook;
  n.ci_match = alert.ci_match, n.severity = alert.severity;
  if (alert.ci_match == CiMatch::group) need_format(d, format_with_agreements);
  n.impact = a.impact, n.urgency = a.urgency, n.priority = a.priority;
  n.occurred_at = alert.time_suspect || alert.starts_at.ms == 0 ? d.wall() : alert.starts_at;
  n.escalate_due = first_due(d.settings, a.priority, d.now);
  n.recurrence_of = recurrence_of;
  const IncidentNumber number = open_incident(d, n);
  start_clocks(d, number);
  mark_new(d, number, alert, v);
  return number;
}

// ---- a firing alert that is not where it belongs yet ----

void join_held(const Deciding& d, std::uint32_t slot);

// An alert that waits out its hold-down, as it was prepared when it came.
struct Held {
  std::string text;
  Prepared alert;
  Instant stale_at;
};

Disposition disposition_of(const Cover& cover) {
  return cover.keys.empty() ? Disposition::silenced : Disposition::inhibited;
}

// Joins, reopens, or opens; the alert's row exists. `source` is of the event that is disposed of.
void place(const Deciding& d, const Prepared& alert, std::uint8_t source, bool was_held,
           Instant stale_at, const Verdict& v, IncidentNumber own, const Join& join) {
  const Wall starts_at = alert.starts_at.ms ? alert.starts_at : d.wall();
  const std::string name(shorten(v.name, 128));
  const AlertRow before = d.state.alerts().at(d.state.alert_slot(alert.fingerprint));
  const std::string released(before.muted_bytes());  // by which window, if by any

  IncidentNumber n = join.incident;
  Disposition disposition = join.reopen ? Disposition::reopened : Disposition::correlated;
  if (!n) {
    n = open(d, alert, source, v, own);
    disposition = Disposition::incident_opened;
  }
  const bool starts = !join.incident || join.reopen;
  const bool is_new = before.incident != n;
  const std::uint32_t slot = d.state.alert_slot(alert.fingerprint);
  if (!starts && (d.state.alerts().at(slot).flags & AlertRow::flapping))
    disposition = Disposition::flapping;
  if (const auto cover = cover_of(d, alert.text)) disposition = disposition_of(*cover);
  const Severity severity_before = incident_row(d, n).severity;
  if (join.reopen) {
    reopen(d, n, ReopenTrigger::alert, name);
    reassess(d, n, false);  // hours, pools and people may be others by now
  }
  if (join.why > JoinReason::reopened_same_ci_and_subcategory)
    need_format(d, format_with_dependencies);
  d.out.add(AlertLinked{n, alert.fingerprint, source, join.why, disposition, alert.severity,
                        was_held, starts_at, stale_at, name, alert.ci});
  note_source(d, d.state.alert_slot(alert.fingerprint));
  if (!released.empty()) {
    const MutedBy by = unpack_muted(released);
    d.out.add(AlertReleased{n, alert.fingerprint, name, by.window, by.owner, by.reason, by.change});
  }
  d.out.answer.disposition = disposition;
  d.out.answer.incident = n;

  if (!join.incident) plan_reassessment(d, n);
  if (!join.incident && storm_is_on(d)) take_part_in_storm(d, n);
  if (join.incident) {
    fires_again(d, n, name);
    raise_with(d, n, severity_before, alert, v);
    // T06, LCY-10: what was not known before may be what it does not wait for.
    if (is_new && disposition == Disposition::correlated)
      alert_ends_hold(d, n, WhyHoldEnded::new_alert, name);
    review_major_joined(d, n, alert.ci);
  }
  if (starts && incident_row(d, n).escalate_due <= d.now) escalate(d, n);
  review_mute(d, n, slot);
  if (starts) gather(d, n, [&](std::uint32_t held) { join_held(d, held); });
}

// A known key, or a new one, is written down with what it inhibits.
void take_in(const Deciding& d, const ReceiveAlert& c, AlertState state, Instant due) {
  const std::uint32_t slot = d.state.alert_slot(c.alert->fingerprint);
  if (slot == no_slot) {
    remember(d, c, state, due);
    return note_source(d, d.state.alert_slot(c.alert->fingerprint));
  }
  const std::string keys(d.state.alerts().at(slot).keys());
  change(d, c, state, due);
  note_source(d, slot);
  sources_ended(d, keys);
}

void place(const Deciding& d, const Prepared& alert, std::uint8_t source, bool was_held,
           Instant stale_at) {
  const Verdict v = classify(alert, d.settings);
  const IncidentNumber own = d.state.alerts().at(d.state.alert_slot(alert.fingerprint)).incident;
  place(d, alert, source, was_held, stale_at, v, own, find_join(d, own, alert.ci, v.subcategory));
}

// BND-6: critical alerts do not wait; but in a storm, with others that fail below the same CI, they
// wait for what is above them as long as an error would.
Span hold_down_of(const Deciding& d, const Prepared& alert) {
  const Span hold = d.settings.hold_down[index(alert.severity)];
  if (hold.ms > 0 || !storm_is_on(d) || !siblings_suffer(d, alert.ci)) return hold;
  return d.settings.storm_upstream_wait;
}

// How long it waits before it opens a new incident; 0: it opens one, or finds one and joins at
// once.
Span waits(const Deciding& d, const Prepared& alert, IncidentNumber own) {
  const Span hold = hold_down_of(d, alert);
  if (hold.ms == 0) return {};
  const Verdict v = classify(alert, d.settings);
  return find_join(d, own, alert.ci, v.subcategory).incident ? Span{} : hold;
}

// Until when it is good without being heard of again; never: somebody has to say that it is over.
Instant good_until(const Deciding& d, const Prepared& alert) {
  return alert.until == until_cleared ? never : d.state.globals().instant(alert.until);
}

// While it is held its row has no room for what its sender promised.
void heard(const Deciding& d, const Prepared& alert, Instant until) {
  const std::uint32_t slot = d.state.alert_slot(alert.fingerprint);
  d.out.saw(slot, d.state.alerts().at(slot).serial(), until);
}

// The window in which it began, as far as its sender can be believed (BND-5, 3).
std::optional<Covering> window_of(const Deciding& d, const Prepared& alert) {
  const bool unknown = alert.time_suspect || alert.starts_at.ms == 0;
  return covering(d.state, d.settings, d.now, alert.ci, alert.text,
                  unknown ? d.wall() : alert.starts_at);
}

// It waits for the end of the window, and its event is disposed of.
void suppress_event(const Deciding& d, const ReceiveAlert& c, const Covering& window) {
  const Prepared& alert = *c.alert;
  take_in(d, c, AlertState::held, window.until);
  suppress(d, alert.fingerprint, window);
  d.out.answer.disposition = Disposition::maintenance_suppressed;
  heard(d, alert, good_until(d, alert));
}

// Not an incident signal: handed on and counted, no row, no page (BND-5, 4 to 7). A request, a
// change and a heartbeat are no alerts, so no window covers them; what one covers of the others is
// not kept for later.
bool goes_aside(const Deciding& d, const ReceiveAlert& c) {
  const auto aside = set_aside(*c.alert, d.settings);
  if (!aside) return false;
  if (*aside == Disposition::service_request) return receive_request(d, c), true;
  const bool covered = aside_as_alert(*aside) && window_of(d, *c.alert);
  put_aside(d, c, covered ? Disposition::maintenance_suppressed : *aside);
  return true;
}

void on_unknown_firing(const Deciding& d, const ReceiveAlert& c) {
  const Prepared& alert = *c.alert;
  if (counts_below(d, c)) return record_counted(d, c);
  if (goes_aside(d, c)) return;
  if (const auto window = window_of(d, alert)) return suppress_event(d, c, *window);
  const Span wait = waits(d, alert, {});
  const bool held = wait.ms > 0;
  const Instant stale_at = good_until(d, alert);
  take_in(d, c, held ? AlertState::held : AlertState::firing, held ? d.now + wait : stale_at);
  note_in_storm(d);
  if (held) return heard(d, alert, stale_at);
  place(d, alert, c.source, false, stale_at);
}

void on_known_firing(const Deciding& d, const ReceiveAlert& c, std::uint32_t slot) {
  const Prepared& alert = *c.alert;
  const AlertRow row = d.state.alerts().at(slot);
  const bool over = row.state == AlertState::resolved || row.state == AlertState::tombstone;
  // What one sender of a pair promised is not taken back by the other.
  const Instant promised = good_until(d, alert);
  const Instant until = row.state == AlertState::firing ? later(row.due, promised) : promised;
  switch (judge_firing(row, alert)) {
    // The same alert again: count it, note that it was seen, write nothing.
    case Known::repeat:
      d.out.saw(slot, row.serial(), until);
      return d.out.tally(c.source, Disposition::duplicate);
    // It started before it ended: a late letter.
    case Known::out_of_order:
      return d.out.tally(c.source, Disposition::out_of_order);
    // Still held, now with another severity: its hold-down may be over at once.
    case Known::held_changed: {
      const Instant due = row.flags & AlertRow::muted
                              ? row.due
                              : earlier(row.due, row.seen_at + hold_down_of(d, alert));
      change(d, c, AlertState::held, due);
      heard(d, alert, until);
      return d.out.tally(c.source, Disposition::duplicate);
    }
    // It fires on, or again, inside its incident.
    case Known::changed:
    case Known::back: {
      if (over && counts_below(d, c)) return record_counted(d, c);
      if (over && goes_aside(d, c)) return;
      if (over)
        if (const auto window = window_of(d, alert)) return suppress_event(d, c, *window);
      const IncidentNumber n = row.incident;
      const std::uint32_t at = n ? d.state.incident_slot(n) : no_slot;
      if (at == no_slot || !d.state.incidents().at(at).unresolved()) break;
      const Severity severity_before = d.state.incidents().at(at).severity;
      take_in(d, c, AlertState::firing, until);
      if (over) note_in_storm(d);
      const bool flaps = note_refired(d, slot, row);
      const Verdict v = classify(alert, d.settings);
      const std::string name(shorten(v.name, 128));
      const auto cover = cover_of(d, alert.text);
      const auto disposition = cover   ? disposition_of(*cover)
                               : flaps ? Disposition::flapping
                                       : Disposition::correlated;
      d.out.add(AlertRelinked{n, alert.fingerprint, c.source, disposition, alert.severity,
                              row.state, name});
      d.out.answer.disposition = disposition;
      d.out.answer.incident = n;
      fires_again(d, n, name);
      raise_with(d, n, severity_before, alert, v);
      if (alert.severity < severity_before && disposition == Disposition::correlated)
        alert_ends_hold(d, n, WhyHoldEnded::higher_severity, name);
      if (over) review_major_joined(d, n, alert.ci);
      return review_mute(d, n, slot);
    }
  }
  // A person resolved its incident although it fired: only a new start brings it back (CLO-3).
  if (row.state == AlertState::firing && alert.starts_at <= row.starts_at)
    return d.out.tally(c.source, Disposition::duplicate);
  if (const auto window = window_of(d, alert)) return suppress_event(d, c, *window);
  // Its incident is over: it reopens that one, or joins or opens another.
  const Span wait = waits(d, alert, row.incident);
  const bool held = wait.ms > 0;
  take_in(d, c, held ? AlertState::held : AlertState::firing, held ? d.now + wait : until);
  if (over) note_in_storm(d);
  // What comes and goes inside its hold-down would never be told: it waits no longer.
  const bool flaps = note_refired(d, slot, row);
  if (held && !flaps) return heard(d, alert, until);
  place(d, alert, c.source, held, until);
}

void on_resolved(const Deciding& d, const ReceiveAlert& c, std::uint32_t slot) {
  const Prepared& alert = *c.alert;
  if (slot == no_slot) {
    if (const auto aside = set_aside(alert, d.settings)) return put_aside(d, c, *aside);
    return remember_orphan(d, c);
  }
  const AlertRow row = d.state.alerts().at(slot);
  switch (judge_resolve(row, alert)) {
    case KnownEnd::repeat:
      return d.out.tally(c.source, Disposition::duplicate);
    case KnownEnd::out_of_order:
      return d.out.tally(c.source, Disposition::out_of_order);
    case KnownEnd::ends:
      break;
  }
  const bool was_held = row.state == AlertState::held;
  const auto disposition = row.flags & AlertRow::muted      ? Disposition::maintenance_suppressed
                           : was_held                       ? Disposition::held_then_cleared
                           : row.flags & AlertRow::flapping ? Disposition::flapping
                                                            : Disposition::correlated;
  const std::string name(shorten(classify(alert, d.settings).name, 128)), keys(row.keys());
  d.out.add(AlertResolved{alert.fingerprint, was_held ? IncidentNumber{} : row.incident, c.source,
                          alert.until, d.now + d.settings.tombstone_for, disposition, name});
  sources_ended(d, keys);
  d.out.answer.disposition = disposition;
  d.out.answer.incident = row.incident;
  const bool trusted =
      alert.until <= d.wall() && alert.until >= d.wall() - d.settings.event_age_max;
  if (!was_held && row.incident)
    look_for_recovery(d, row.incident, trusted ? alert.until : d.wall());
}

void on(const Deciding& d, const ReceiveAlert& c);

// What a heartbeat has to say goes the way of all alerts.
Hear hearing(const Deciding& d) {
  return [&d](const ReceiveAlert& own) { on(d, own); };
}

void on(const Deciding& d, const ReceiveAlert& c) {
  const std::uint32_t slot = d.state.alert_slot(c.alert->fingerprint);
  // The same hash for other labels cannot be told apart later: it is refused, counted, and said.
  if (slot != no_slot && !same_labels(d.state.alerts().at(slot), *c.alert))
    return d.out.tally(c.source, Disposition::rejected_malformed);
  if (c.alert->resolved) return on_resolved(d, c, slot);
  if (c.alert->event_class == EventClass::heartbeat) signs_of_life(d, c.alert->text, hearing(d));
  if (slot == no_slot) return on_unknown_firing(d, c);
  on_known_firing(d, c, slot);
}

// ---- people ----

void answered(const Deciding& d, IncidentNumber n) {
  clock_answered(d, n);
  tell_what_passed(d, n);  // a silence holds back nothing of what somebody has answered
  cancel_pages(d, n);
}
// Whoever was called hears that it is over.
void resolved(const Deciding& d, IncidentNumber n) {
  clocks_after_resolution(d, n);
  cancel_pages(d, n);
  recall(d, n);
}

void on(const Deciding& d, const AcknowledgeIncident& c) {
  d.out.answer = acknowledge(d, c);
  if (d.out.answer.code == Answer::Code::done) answered(d, c.incident);
}
void on(const Deciding& d, const AcknowledgeByLink& c) {
  d.out.answer = acknowledge_by_link(d, c);
  if (d.out.answer.code == Answer::Code::done) answered(d, d.out.answer.incident);
}
void on(const Deciding& d, const NoteIncident& c) {
  d.out.answer = note(d, c);
  if (d.out.answer.code != Answer::Code::done) return;
  caller_answered(d, c.incident, c.by.person);
  d.out.answer.revision = incident_row(d, c.incident).revision;
}
void on(const Deciding& d, const HoldIncident& c) {
  d.out.answer = hold(d, c);
}
void on(const Deciding& d, const ResumeIncident& c) {
  d.out.answer = resume(d, c);
}
void on(const Deciding& d, const DecideMajor& c) {
  d.out.answer = decide_major(d, c);
}
void on(const Deciding& d, const ResolveIncident& c) {
  d.out.answer = resolve(d, c);
  if (d.out.answer.code == Answer::Code::done) resolved(d, c.incident);
}
void on(const Deciding& d, const CloseIncident& c) {
  d.out.answer = close(d, c);
}

void on(const Deciding& d, const LinkIncident& c) {
  d.out.answer = link(d, c);
}
void on(const Deciding& d, const CategorizeIncident& c) {
  d.out.answer = categorize(d, c);
}
void on(const Deciding& d, const AdjustPriority& c) {
  d.out.answer = adjust_priority(d, c);
}
void on(const Deciding& d, const OverridePriority& c) {
  d.out.answer = override_priority(d, c);
}

void on(const Deciding& d, const SetSilence& c) {
  d.out.answer = set_silence(d, c);
  if (d.out.answer.code == Answer::Code::done) start_mute_sweep(d);
}
void on(const Deciding& d, const ExpireSilence& c) {
  d.out.answer = expire_silence(d, c);
  if (d.out.answer.code == Answer::Code::done) start_mute_sweep(d);
}

void on(const Deciding& d, const AddWindow& c) {
  d.out.answer = add_window(d, c);
}
void on(const Deciding& d, const EndWindow& c) {
  d.out.answer = end_window(d, c);
  if (d.out.answer.code == Answer::Code::done) start_window_sweep(d);
}

// ---- channels, the process, the clock ----

// The incident about the channel, when its verification just failed: its own next step.
Instant next_step_about(const Deciding& d, const std::string& channel) {
  const IncidentNumber n = incident_about(d, channel);
  return n ? next_step_due(d, incident_row(d, n)) : never;
}

void on(const Deciding& d, const SettleAttempt& c) {
  ChannelNews news;
  if (const std::uint32_t slot = d.state.page_slot(c.page); slot != no_slot) {
    const PageRow& page = d.state.pages().at(slot);
    news.channel = page.channel(), news.person = page.person(), news.incident = page.incident;
  }
  news.detail = c.detail.substr(0, 120);
  switch (settle(d, c)) {
    case Settled::late:
      return;
    case Settled::delivered:
      news.result = ChannelNews::Result::took;
      break;
    case Settled::failed:
    case Settled::pointless:
      news.result = ChannelNews::Result::failed;
      break;
    case Settled::gave_up:
      news.result = ChannelNews::Result::gave_up;
      break;
    case Settled::reached_nobody:
      news.result = ChannelNews::Result::reached_nobody;
      break;
  }
  if (const auto n = watch_channel(d, news, next_step_about(d, news.channel))) take_step(d, *n);
}
void on(const Deciding& d, const TakeEpoch& c) {
  take_epoch(d, c);
  replan_calendars(d, {});  // of another machine, or of other data about its time zones (TIM-7)
  heartbeats_after_start(d);
  if (!planted("no_settle_of_older_epoch")) settle_older_epochs(d, outbox_slice);
}
void on(const Deciding& d, const SettleOlderEpochs&) {
  settle_older_epochs(d, outbox_slice);
}
void on(const Deciding& d, const ApplyConfig& c) {
  apply_config(d, c);
  if (d.out.answer.code == Answer::Code::illegal_transition) return;
  forget_channels(d, *c.settings);
  forget_quotas(d, *c.settings);
  if (d.out.answer.code != Answer::Code::done) return;
  start_window_sweep(d);
  start_sources_sweep(d, *c.settings);
  start_heartbeat_sweep(d, *c.settings);
}
void on(const Deciding& d, const StepClock& c) {
  step_clock(d, c);
  replan_calendars(d, step_stays);
  if (d.state.silence_index().size() > 0) start_mute_sweep(d);
  start_window_sweep(d);
  if (const auto n = clock_incident(d, c.by_ms)) take_step(d, *n);
}
void on(const Deciding& d, const DeclareLoss& c) {
  if (const auto n = declare_loss(d, c)) take_step(d, *n);
}
void on(const Deciding& d, const ConfirmLoss& c) {
  d.out.answer = confirm_loss(d, c);
}
void on(const Deciding& d, const RotateLinkKey& c) {
  d.out.answer = rotate_link_key(d, c);
}
void on(const Deciding& d, const StartDrill& c) {
  d.out.answer = start_drill(d, c);
}
void on(const Deciding& d, const PauseForRestore& c) {
  pause_for_restore(d, c);
}
void on(const Deciding& d, const ResumePaging& c) {
  d.out.answer = resume_paging(d, c);
}
void on(const Deciding& d, const ReportAudit& c) {
  const IncidentNumber open = incident_about_laws(d);
  const Instant next_step = open ? next_step_due(d, incident_row(d, open)) : never;
  if (const auto n = watch_laws(d, c.broken, next_step)) take_step(d, *n);
}
void on(const Deciding& d, const ReportTrouble& c) {
  const IncidentNumber open = incident_about_process(d, c);
  const Instant next_step = open ? next_step_due(d, incident_row(d, open)) : never;
  if (const auto n = watch_process(d, c, next_step)) take_step(d, *n);
}
void on(const Deciding& d, const ForgetIncidents& c) {
  forget_incidents(d, c);
}
void on(const Deciding& d, const PingHeartbeat& c) {
  d.out.answer = ping_heartbeat(d, c, hearing(d));
}
void join_held(const Deciding& d, std::uint32_t slot);

ReportPorts report_ports(const Deciding& d) {
  return {[&d](std::uint32_t held) { join_held(d, held); },
          [&d](IncidentNumber n, std::string_view by) {
            reopen(d, n, ReopenTrigger::person, by);
            reassess(d, n, false);
          },
          [&d](IncidentNumber n) { reported_again(d, n); }};
}
void on(const Deciding& d, const ReportByPerson& c) {
  d.out.answer = report(d, c, report_ports(d));
}
void on(const Deciding& d, const ConvertRequest& c) {
  d.out.answer = convert_request(d, c, report_ports(d));
}
void on(const Deciding& d, const ConvertIncident& c) {
  d.out.answer = convert_incident(d, c);
  if (d.out.answer.code == Answer::Code::done) resolved(d, c.incident);
}
void on(const Deciding& d, const TakeRequest& c) {
  d.out.answer = take_request(d, c);
}
void on(const Deciding& d, const FinishRequest& c) {
  d.out.answer = finish_request(d, c);
}
void on(const Deciding& d, const CountRejected& c) {
  d.out.tally(c.source, c.disposition, c.count);
}
void on(const Deciding&, const FlushTallies&) {}
void on(const Deciding&, const Tick&) {}

// ---- time ----

Span promise_of(const Deciding& d, std::uint8_t source) {
  return d.settings.promise(d.state.source_name(source));
}

Held held_alert(const Deciding& d, std::uint32_t slot, const AlertRow& row) {
  Held out;
  out.text = row.text().bytes();
  out.alert = prepare_stored(AlertText(out.text), row.fingerprint(), d.settings,
                             d.state.source_name(row.source));
  out.alert.severity = row.severity;
  out.alert.starts_at = row.starts_at;
  out.alert.time_suspect = row.flags & AlertRow::time_suspect;
  const Instant promised = d.sightings.until(slot, row.serial());
  // Nobody repeats that a heartbeat is silent, and a start forgets what was promised.
  out.stale_at = d.state.source_name(row.source) == heartbeat_source
                     ? never
                     : later(promised, d.now + std::max(d.settings.resolve_timeout,
                                                        promise_of(d, row.source)));
  return out;
}

// An incident opened that it may belong to (BND-6): it waits no longer. What a window suppresses
// does wait.
void join_held(const Deciding& d, std::uint32_t slot) {
  const AlertRow row = d.state.alerts().at(slot);
  if (row.state != AlertState::held || (row.flags & AlertRow::muted)) return;
  const Held held = held_alert(d, slot, row);
  const Verdict v = classify(held.alert, d.settings);
  const Join join = find_join(d, row.incident, held.alert.ci, v.subcategory);
  if (join.incident && !join.reopen)
    place(d, held.alert, row.source, true, held.stale_at, v, row.incident, join);
}

void take_up(const Deciding& d, std::uint32_t slot) {
  const AlertRow row = d.state.alerts().at(slot);
  const Held held = held_alert(d, slot, row);
  place(d, held.alert, row.source, !(row.flags & AlertRow::muted), held.stale_at);
}

// What fires when its window is over is new at this instant, also to another window.
void on_hold_over(const Deciding& d, std::uint32_t slot) {
  if (d.state.alerts().at(slot).flags & AlertRow::muted)
    if (suppress_again(d, slot)) return;
  take_up(d, slot);
}

// An alert that a line of syslog made, by the rule that is in force now; null: another, or the rule
// is gone.
const SyslogRule* syslog_rule_of(const Deciding& d, const AlertRow& row) {
  if (d.state.source_name(row.source) != syslog_source) return nullptr;
  return d.settings.syslog_rule(row.text().label("rule"));
}

// LCY-6: nobody repeats a line, so that its alert is not stale. Its rule says how long it must be
// quiet to be over, or it waits for a line that says so.
void on_quiet(const Deciding& d, const AlertRow& row, const SyslogRule& rule, Instant promised) {
  if (rule.quiet_after == Span{}) return d.out.add(AlertRefreshed{row.fingerprint(), never});
  // A start forgets who was heard: it begins to listen anew.
  promised = later(promised, d.state.globals().stale_grace + rule.quiet_after);
  if (promised > d.now) return d.out.add(AlertRefreshed{row.fingerprint(), promised});
  const std::string name(shorten(row.text().label("alertname"), 128)), keys(row.keys());
  const IncidentNumber n = row.incident;
  d.out.add(AlertResolved{row.fingerprint(), n, row.source, d.wall(),
                          d.now + d.settings.tombstone_for, Disposition::correlated, name,
                          rule.quiet_after.ms});
  sources_ended(d, keys);
  if (n) look_for_recovery(d, n, d.wall(), true);
}

// Silence is not health (BND-11): heard of meanwhile, it goes on; else it is stale, and stays open.
void on_silence(const Deciding& d, std::uint32_t slot) {
  const AlertRow row = d.state.alerts().at(slot);
  Instant promised = d.sightings.until(slot, row.serial());
  if (const SyslogRule* rule = syslog_rule_of(d, row)) return on_quiet(d, row, *rule, promised);
  // A start forgets who was heard. The grace after it is enough for those who repeat within
  // minutes; one who repeats within hours is given a whole round.
  const Span round = promise_of(d, row.source);
  if (round > Span{}) promised = later(promised, d.state.globals().stale_grace + round);
  if (promised > d.now) return d.out.add(AlertRefreshed{row.fingerprint(), promised});
  const IncidentNumber n = row.incident;
  const bool first = d.state.incident_slot(n) != no_slot && !incident_row(d, n).monitoring_silent;
  const std::string name(shorten(row.text().label("alertname"), 128)), keys(row.keys());
  d.out.add(AlertStale{row.fingerprint(), n, row.due, d.now + d.settings.tombstone_for, name});
  sources_ended(d, keys);
  if (first && incident_row(d, n).unresolved() && incident_row(d, n).held_until == never)
    tell_group(d, n, PageKind::notice, WhyPage::monitoring_silent);
}

void on_verified(const Deciding& d, IncidentNumber n) {
  const Verified verified = finish_verification(d, n, next_step_due(d, incident_row(d, n)));
  // What held it back has ended with its alerts: people are told of what people have said, and are
  // to answer.
  if (verified != Verified::resolved) {
    ask_its_manager(d, n);
    clocks_fire_again(d, n);
  }
  if (verified == Verified::left_to_people)
    return incident_row(d, n).held_until == never ? void() : escalate(d, n);
  if (verified == Verified::owner_asked)
    return tell(d, n, std::string(incident_row(d, n).words().owner), PageKind::notice,
                WhyPage::restored_prompt);
  resolved(d, n);
}

// A drill is closed without ever having been resolved: what it still owes is owed no more.
void on_closing_due(const Deciding& d, IncidentNumber n) {
  const bool drill = incident_row(d, n).drill;
  close_by_daemon(d, n);
  if (drill) cancel_pages(d, n);
}

void on_prompt_over(const Deciding& d, IncidentNumber n) {
  if (finish_prompt(d, n)) return resolved(d, n);
  ask_its_manager(d, n);
  clocks_fire_again(d, n);
}

}  // namespace

void decide(const State& state, const Settings& settings, const Sightings& sightings,
            const Command& command, Instant now, Facts& out) {
  out.now(now);
  const Deciding d{state, settings, sightings, now, out};
  std::visit([&](const auto& c) { on(d, c); }, command);
}

void decide_due(const State& state, const Settings& settings, const Sightings& sightings,
                const Deadline& due, Instant now, Facts& out) {
  out.now(now);
  const Deciding d{state, settings, sightings, now, out};
  const IncidentNumber n(static_cast<std::uint32_t>(due.id));
  switch (due.kind) {
    case DeadlineKind::page_lease:
    case DeadlineKind::page_retry:
      return page_due(d, PageId(due.id), due.kind);
    case DeadlineKind::alert_hold:
      return on_hold_over(d, due.slot);
    case DeadlineKind::alert_stale:
      return on_silence(d, due.slot);
    case DeadlineKind::alert_retire:
      return forget_or_keep(d, due.slot);
    case DeadlineKind::escalation:
      return escalate(d, n);
    case DeadlineKind::verify:
      return on_verified(d, n);
    case DeadlineKind::prompt:
      return on_prompt_over(d, n);
    case DeadlineKind::auto_close:
      return on_closing_due(d, n);
    case DeadlineKind::replan:
      return replan_slice(d, [&](IncidentNumber one) {
        reassess(d, one, false);
        plan_reassessment(d, one);
        recompute_clocks(d, one);
        review_major(d, one);
      });
    case DeadlineKind::silence:
      if (silence_due(d, due.slot)) start_mute_sweep(d);
      return;
    case DeadlineKind::mute_sweep:
      return mute_sweep_slice(d);
    case DeadlineKind::window_sweep:
      return window_sweep_slice(d, [&](std::uint32_t slot) { take_up(d, slot); });
    case DeadlineKind::sources_sweep:
      if (sources_sweep_slice(d)) start_mute_sweep(d);
      return;
    case DeadlineKind::reassess:
      reassess(d, n, true);
      return plan_reassessment(d, n);
    case DeadlineKind::family:
      return family_due(d, n, [&](std::uint32_t held) { join_held(d, held); });
    case DeadlineKind::storm:
      return storm_due(d);
    case DeadlineKind::flapping:
      return flapping_due(d, due.slot);
    case DeadlineKind::override_over:
      return end_override(d, n);
    case DeadlineKind::hold:
      return hold_due(d, n);
    case DeadlineKind::major:
      return major_due(d, n);
    case DeadlineKind::heartbeat:
      return heartbeat_due(d, due.slot, hearing(d));
    case DeadlineKind::heartbeat_sweep:
      return heartbeat_sweep_slice(d, hearing(d));
    case DeadlineKind::request_over:
      return d.out.add(RequestForgotten{RequestNumber(static_cast<std::uint32_t>(due.id))});
    case DeadlineKind::clock:
      return clock_due(d, n);
    case DeadlineKind::count_:
      return;
  }
}

Facts::Fold fold_function() {
  return &fold;
}

}  // namespace tocsin
