#pragma once
// Everything that ever happens, in the past tense. Facts and commands are the specification.
// Why this file is long: it lists all of them.
// A fact is written, not built: a struct here is a view whose strings point into the frame it was
// read from, or into the arguments it was made of. Its bytes are for ever: tags are never reused,
// fields are only appended, an unknown tag stops the reader and unknown trailing fields are
// skipped. Every fact is resolved to the last name: it says who was paged and by which rule. Bytes:
// docs/store.md, "Payload".

#include <cstdint>
#include <string_view>

#include "rules/model/enums.hpp"
#include "rules/model/ids.hpp"
#include "rules/model/time.hpp"

// TOCSIN_FIELDS(a, b) gives `fields(v)` that calls v("a", a); v("b", b); one list serves writing,
// reading, printing and comparing.
// clang-format off
#define TOCSIN_PARENS ()
#define TOCSIN_EXPAND(...) TOCSIN_EXPAND3(TOCSIN_EXPAND3(TOCSIN_EXPAND3(__VA_ARGS__)))
#define TOCSIN_EXPAND3(...) TOCSIN_EXPAND2(TOCSIN_EXPAND2(TOCSIN_EXPAND2(__VA_ARGS__)))
#define TOCSIN_EXPAND2(...) TOCSIN_EXPAND1(TOCSIN_EXPAND1(TOCSIN_EXPAND1(__VA_ARGS__)))
#define TOCSIN_EXPAND1(...) __VA_ARGS__
#define TOCSIN_EACH(...) __VA_OPT__(TOCSIN_EXPAND(TOCSIN_EACH_(__VA_ARGS__)))
#define TOCSIN_EACH_(field, ...) \
  v(#field, field);              \
  __VA_OPT__(TOCSIN_EACH_AGAIN TOCSIN_PARENS (__VA_ARGS__))
#define TOCSIN_EACH_AGAIN() TOCSIN_EACH_
#define TOCSIN_FIELDS(...)                                                   \
  template <class V> void fields(V&& v) { TOCSIN_EACH(__VA_ARGS__) }
// clang-format on

namespace tocsin {

using Text = std::string_view;

// ---- the store, the process, the clock ----

struct StoreCreated {
  std::uint16_t format = 0;
  Fingerprint secret;
  TOCSIN_FIELDS(format, secret)
};
// Every start and every take-over. Attempts of older epochs are settled next. The elapsed time of
// this fact was `boot_ms` on the boot clock of `boot`: a later start in the same boot goes on from
// there.
struct EpochTaken {
  Epoch epoch;
  Instant stale_grace;
  Text version, boot;
  std::int64_t boot_ms = 0;
  TOCSIN_FIELDS(epoch, stale_grace, version, boot, boot_ms)
};
struct ClockStepped {
  std::int64_t by_ms = 0;
  Text reason;
  TOCSIN_FIELDS(by_ms, reason)
};
struct ConfigApplied {
  Text hash, why, text;
  TOCSIN_FIELDS(hash, why, text)
};
// Facts of this format follow: a version that does not know it stops here, and can say why.
struct FormatRaised {
  std::uint16_t format = 0;
  TOCSIN_FIELDS(format)
};
struct SourceNamed {
  std::uint8_t slot = 0;
  Text name;
  TOCSIN_FIELDS(slot, name)
};
struct HistoryLost {
  std::uint64_t from = 0, to = 0;
  Text why;
  TOCSIN_FIELDS(from, to, why)
};
struct LossConfirmed {
  Text by;
  TOCSIN_FIELDS(by)
};
// Nobody is paged until a person says so. restored: the store is a copy of another one, taken at
// frame `backup_seq`; what happened there since is not known here, so numbers that are given out
// from now on are of another `history` (random).
struct PagingPaused {
  WhyPaused why{};
  std::uint64_t history = 0, backup_seq = 0;
  Wall backup_at, restored_at;
  TOCSIN_FIELDS(why, history, backup_seq, backup_at, restored_at)
};
struct PauseEnded {
  Text by;
  TOCSIN_FIELDS(by)
};
// Counts that no fact of their own carries. `received` and `dispositions` are packed pairs
// (u8 index, u32 count), so that a tally of three numbers is fifteen bytes.
struct Tallied {
  Text received, dispositions;
  TOCSIN_FIELDS(received, dispositions)
};
// Live rows are measured against a changed configuration, a slice at a time; `next` 0: done.
struct ReplanAdvanced {
  IncidentNumber next;
  Instant due;
  bool priorities_only = false;  // the plans are as they were: no deadline is measured
  TOCSIN_FIELDS(next, due, priorities_only)
};

// ---- alerts ----

// A condition that was not known before. state: held, firing or tombstone.
struct AlertOpened {
  Fingerprint alert;
  AlertSerial serial;
  std::uint8_t source = 0;
  AlertState state{};
  Severity severity{};
  bool time_suspect = false;
  Wall starts_at, ends_at;
  Instant due;
  Text ci, text;
  TOCSIN_FIELDS(alert, serial, source, state, severity, time_suspect, starts_at, ends_at, due, ci,
                text)
};
// A known one changed: another severity, a new start, firing again after it had ended or gone
// stale.
struct AlertChanged {
  Fingerprint alert;
  std::uint8_t source = 0;
  AlertState state{};
  Severity severity{};
  Wall starts_at;
  Instant due;
  TOCSIN_FIELDS(alert, source, state, severity, starts_at, due)
};
struct AlertAnnotated {
  Fingerprint alert;
  Text text;
  TOCSIN_FIELDS(alert, text)
};
// The sender has been repeating it: it is not stale before `until`.
struct AlertRefreshed {
  Fingerprint alert;
  Instant until;
  TOCSIN_FIELDS(alert, until)
};
struct AlertStale {
  Fingerprint alert;
  IncidentNumber incident;
  Instant due, retire;
  Text name;
  TOCSIN_FIELDS(alert, incident, due, retire, name)
};
// quiet_ms: nobody said that it is over, but no line said for so long that it is not. No event.
struct AlertResolved {
  Fingerprint alert;
  IncidentNumber incident;
  std::uint8_t source = 0;
  Wall ends_at;
  Instant retire;
  Disposition disposition{};
  Text name;
  std::int64_t quiet_ms = 0;
  TOCSIN_FIELDS(alert, incident, source, ends_at, retire, disposition, name, quiet_ms)
};
// A maintenance window covers it, and it began inside: no incident and no page before `until`, when
// it is looked at again as if it were new. A held one whose event ends with this, or one that was
// suppressed already and goes on under another end. Since format 4.
struct AlertSuppressed {
  Fingerprint alert;
  Instant until;
  Text window, owner, reason, change;
  TOCSIN_FIELDS(alert, until, window, owner, reason, change)
};
struct AlertKept {  // its time to be forgotten had come, but its incident still lives
  Fingerprint alert;
  Instant retire;
  TOCSIN_FIELDS(alert, retire)
};
struct AlertForgotten {
  Fingerprint alert;
  TOCSIN_FIELDS(alert)
};

// An event that is no incident signal: recorded for `tocsin replay`, at its beginning and its end;
// it changes nothing. `disposition` is counted with the tallies. Firing: `ends_at` is until when it
// is good; `heard_until` is until when the one before it was, if that fell silent; `missed` ones
// before it were not recorded, for want of room. Since format 4.
struct EventSetAside {
  Fingerprint alert;
  std::uint8_t source = 0;
  Disposition disposition{};
  EventClass sent_as{};  // what its sender calls it, whatever a rule makes of it
  bool resolved = false;
  Wall starts_at, ends_at;
  Instant heard_until;
  std::uint32_t missed = 0;
  Text text;
  TOCSIN_FIELDS(alert, source, disposition, sent_as, resolved, starts_at, ends_at, heard_until,
                missed, text)
};

// ---- incidents ----

// It has no alert yet; AlertLinked follows in the same frame.
struct IncidentOpened {
  IncidentNumber incident, recurrence_of;
  Origin origin{};
  bool self = false;
  Severity severity{};
  std::uint8_t impact = 3, urgency = 3;
  Priority priority{};
  CiMatch ci_match{};
  Wall occurred_at;
  Instant escalate_due;
  Text title, ci, ci_class, service, environment, category, subcategory, symptom, category_rule,
      group, summary, runbook, priority_reason;
  TOCSIN_FIELDS(incident, recurrence_of, origin, self, severity, impact, urgency, priority,
                ci_match, occurred_at, escalate_due, title, ci, ci_class, service, environment,
                category, subcategory, symptom, category_rule, group, summary, runbook,
                priority_reason)
};
// Not everybody may read it: what leaves the daemon about it is number, priority and link, and who
// asks for more needs a role (BND-12). Since format 4, as are the next two.
struct IncidentRestricted {
  IncidentNumber incident;
  Text subcategory;
  TOCSIN_FIELDS(incident, subcategory)
};
// Its sender confirms that data was exposed: the impact is 2 at least (PRI-3, 7).
struct ExposureConfirmed {
  IncidentNumber incident;
  Text name;
  TOCSIN_FIELDS(incident, name)
};
// It opened about a known error; `automated`: a level less urgent (PRI-5).
struct KnownErrorMatched {
  IncidentNumber incident;
  bool automated = false;
  Text known_error, workaround;
  TOCSIN_FIELDS(incident, automated, known_error, workaround)
};
// An alert belongs to an incident, and why. Carries the disposition of its event; `events` more
// than 1 when an event that had been held is disposed of with it.
struct AlertLinked {
  IncidentNumber incident;
  Fingerprint alert;
  std::uint8_t source = 0;
  JoinReason why{};
  Disposition disposition{};
  Severity severity{};
  bool was_held = false;
  Wall starts_at;
  Instant due;
  Text name, ci;
  TOCSIN_FIELDS(incident, alert, source, why, disposition, severity, was_held, starts_at, due, name,
                ci)
};
// A linked alert fires again, or with another severity.
struct AlertRelinked {
  IncidentNumber incident;
  Fingerprint alert;
  std::uint8_t source = 0;
  Disposition disposition{};
  Severity severity{};
  AlertState before{};
  Text name;
  TOCSIN_FIELDS(incident, alert, source, disposition, severity, before, name)
};
struct IncidentReopened {
  IncidentNumber incident;
  ReopenTrigger trigger{};
  std::uint16_t cycle = 0;
  Instant escalate_due;
  Text by;
  TOCSIN_FIELDS(incident, trigger, cycle, escalate_due, by)
};
struct PriorityChanged {
  IncidentNumber incident;
  std::uint8_t impact = 3, urgency = 3;
  Priority before{}, priority{};
  Severity severity{};
  bool new_cycle = false;  // unacknowledged and now P1 or P2: the escalation starts again (PRI-10)
  Instant escalate_due;
  Text reason;
  TOCSIN_FIELDS(incident, impact, urgency, before, priority, severity, new_cycle, escalate_due,
                reason)
};
// The priority would be lower now; that is for a person to say.
struct LoweringProposed {
  IncidentNumber incident;
  std::uint8_t impact = 3, urgency = 3;
  Priority before{}, proposed{};
  Text reason;
  TOCSIN_FIELDS(incident, impact, urgency, before, proposed, reason)
};
// When its priority is looked at again though nothing happens; never: not by time.
struct ReassessmentPlanned {
  IncidentNumber incident;
  Instant due;
  TOCSIN_FIELDS(incident, due)
};
// A person moved its impact or urgency; `..._by` are what they are moved by from now on.
struct PriorityAdjusted {
  IncidentNumber incident;
  std::int8_t impact_by = 0, urgency_by = 0;
  std::uint8_t impact = 3, urgency = 3;
  Priority before{}, priority{};
  bool new_cycle = false;
  Instant escalate_due;
  Text by, reason;
  TOCSIN_FIELDS(incident, impact_by, urgency_by, impact, urgency, before, priority, new_cycle,
                escalate_due, by, reason)
};
// A person set it, and it stays so until then (never: until a person says so).
struct PriorityOverridden {
  IncidentNumber incident;
  Priority before{}, priority{}, calculated{};
  Instant until;
  bool new_cycle = false;
  Instant escalate_due;
  Text by, reason;
  TOCSIN_FIELDS(incident, before, priority, calculated, until, new_cycle, escalate_due, by, reason)
};
// The calculated priority counts again.
struct OverrideEnded {
  IncidentNumber incident;
  WhyUnlocked why{};
  std::uint8_t impact = 3, urgency = 3;
  Priority before{}, priority{};
  bool new_cycle = false;
  Instant escalate_due;
  Text by, reason;
  TOCSIN_FIELDS(incident, why, impact, urgency, before, priority, new_cycle, escalate_due, by,
                reason)
};
// What the priority would be without the person who set it; `differs`: from theirs, or by an alert
// worse than before, which is for them to look at.
struct PriorityCalculated {
  IncidentNumber incident;
  std::uint8_t impact = 3, urgency = 3;
  Priority calculated{};
  bool differs = false;
  Text reason;
  TOCSIN_FIELDS(incident, impact, urgency, calculated, differs, reason)
};
// `page`: by the link of that page. No link that was sent until now acts any more.
struct IncidentAcknowledged {
  IncidentNumber incident;
  Text by, via;
  PageId page;
  TOCSIN_FIELDS(incident, by, via, page)
};
struct NoteAdded {
  IncidentNumber incident;
  Text by, text;
  TOCSIN_FIELDS(incident, by, text)
};
// All its alerts are clear. Recovery counts when it stays so until verify_due.
struct RecoverySeen {
  IncidentNumber incident;
  Wall restored_at;
  Instant verify_due;
  TOCSIN_FIELDS(incident, restored_at, verify_due)
};
struct VerifyFailed {
  IncidentNumber incident;
  Instant escalate_due;
  Text name;
  TOCSIN_FIELDS(incident, escalate_due, name)
};
// P1 and P2 that somebody owns are not resolved over their head: they are asked first (T08).
struct RestoredPrompted {
  IncidentNumber incident;
  Instant prompt_due;
  Text owner;
  TOCSIN_FIELDS(incident, prompt_due, owner)
};
struct IncidentResolved {
  IncidentNumber incident;
  ClosureCode code{};
  CauseCode cause{};
  bool by_daemon = false, needs_review = false;
  Wall restored_at;
  Instant close_due;
  Text by, note, reason;
  TOCSIN_FIELDS(incident, code, cause, by_daemon, needs_review, restored_at, close_due, by, note,
                reason)
};
// reviewed: what people said of its category is counted with it, since format 6.
struct IncidentClosed {
  IncidentNumber incident;
  bool by_daemon = false;
  Text by, reason;
  bool reviewed = false;
  TOCSIN_FIELDS(incident, by_daemon, by, reason, reviewed)
};
// Its time is over: the closed incident and the entries of its timeline are deleted by the next
// checkpoint. Nothing that was counted is counted back. Since format 2.
struct IncidentForgotten {
  IncidentNumber number;
  std::uint32_t timeline = 0;  // entries
  TOCSIN_FIELDS(number, timeline)
};
// A step of the escalation was taken: the pages it asks for follow.
struct EscalationStepped {
  IncidentNumber incident;
  std::uint16_t step = 0, repeat = 0, next_step = 0, next_repeat = 0;
  std::uint16_t skipped = 0;  // overdue steps that collapsed into this one (TIM-5)
  bool late = false;
  WhyPage why{};
  Instant due, next_due;
  TOCSIN_FIELDS(incident, step, repeat, next_step, next_repeat, skipped, late, why, due, next_due)
};
// Its step is due and paging is paused: it is due when that ends.
struct StepHeld {
  IncidentNumber incident;
  Instant due;
  TOCSIN_FIELDS(incident, due)
};
struct DeadlineMoved {
  IncidentNumber incident;
  DeadlineKind kind{};
  Instant before, due;
  WhyMoved why{};
  TOCSIN_FIELDS(incident, kind, before, due, why)
};

// ---- pages ----

struct PageRequested {
  IncidentNumber incident;
  PageId page;
  PageKey key;
  PageKind kind{};
  WhyPage why{};
  std::uint16_t cycle = 1, step = 0, repeat = 0;
  std::uint8_t channel_rank = 0;
  Priority priority{};
  Instant due;
  Text person, channel;
  TOCSIN_FIELDS(incident, page, key, kind, why, cycle, step, repeat, channel_rank, priority, due,
                person, channel)
};
// Its channel is full, and it goes as soon as a slot is free; or paging is paused; or its back-off
// is over early, since the channel takes pages again or nobody else tries it.
struct PageQueued {
  IncidentNumber incident;
  PageId page;
  WhyQueued why{};
  TOCSIN_FIELDS(incident, page, why)
};
struct AttemptStarted {
  IncidentNumber incident;
  PageId page;
  std::uint16_t attempt = 0;
  Epoch epoch;
  Instant lease;
  TOCSIN_FIELDS(incident, page, attempt, epoch, lease)
};
struct AttemptSettled {
  IncidentNumber incident;
  PageId page;
  std::uint16_t attempt = 0;
  Epoch epoch;
  AttemptOutcome outcome{};
  WhySettled why{};
  Instant retry;  // when it is tried again; never: the page ends with this
  Text detail;
  bool told_to_wait = false;  // by the channel: `retry` is what it asked for
  TOCSIN_FIELDS(incident, page, attempt, epoch, outcome, why, retry, detail, told_to_wait)
};
struct PageEnded {
  IncidentNumber incident;
  PageId page;
  PageEnd end{};
  WhyEnded why{};
  Text person, channel;
  TOCSIN_FIELDS(incident, page, end, why, person, channel)
};

// ---- silences ----

// `matchers` is packed as rules/model/silence.hpp says. The dues are the walls on the time line of
// the log; a silence is over at the earlier of the two, should the wall clock be set. `created_by`
// is what the sender said, `by` who was proven.
struct SilenceCreated {
  SilenceId silence, replaces;
  Fingerprint uuid;
  Wall starts_at, ends_at;
  Instant starts_due, ends_due;
  Text by, created_by, comment, matchers;
  TOCSIN_FIELDS(silence, replaces, uuid, starts_at, ends_at, starts_due, ends_due, by, created_by,
                comment, matchers)
};
// The same matchers for another time or with other words.
struct SilenceUpdated {
  SilenceId silence;
  Wall starts_at, ends_at;
  Instant starts_due, ends_due;
  Text by, created_by, comment;
  TOCSIN_FIELDS(silence, starts_at, ends_at, starts_due, ends_due, by, created_by, comment)
};
struct SilenceStarted {
  SilenceId silence;
  Instant due;
  TOCSIN_FIELDS(silence, due)
};
struct SilenceExpired {
  SilenceId silence;
  WhyExpired why{};
  Wall ended_at;
  Instant forget_due;
  Text by;
  TOCSIN_FIELDS(silence, why, ended_at, forget_due, by)
};
struct SilenceForgotten {
  SilenceId silence;
  TOCSIN_FIELDS(silence)
};
// Everything that fires in it is silenced: no step is taken before `until`, when it is asked again.
struct PagingHeld {
  IncidentNumber incident;
  SilenceId silence;
  Instant until;
  Text by, comment;
  TOCSIN_FIELDS(incident, silence, until, by, comment)
};
// Not silenced any more, and unanswered: it is escalated as if it were new.
struct PagingResumed {
  IncidentNumber incident;
  WhyResumed why{};
  std::uint16_t cycle = 0;
  Instant escalate_due;
  TOCSIN_FIELDS(incident, why, cycle, escalate_due)
};
// Unanswered incidents are measured against changed silences, a slice at a time; `next` 0: done.
struct MutesAdvanced {
  IncidentNumber next;
  Instant due;
  TOCSIN_FIELDS(next, due)
};

// ---- maintenance windows (format 4) ----

// One that a person made. It begins and ends like a silence, with the facts of silences. `cis` are
// ids with '\n' between, `matchers` is packed; where both are given, both have to fit. With a
// `change` it is the approved window of that change.
struct WindowCreated {
  SilenceId window;
  Fingerprint uuid;
  Wall starts_at, ends_at;
  Instant starts_due, ends_due;
  Text by, owner, reason, change, cis, matchers;
  TOCSIN_FIELDS(window, uuid, starts_at, ends_at, starts_due, ends_due, by, owner, reason, change,
                cis, matchers)
};
// An alert that a window had kept quiet came into this incident: it still fired when no window
// covered it any more.
struct AlertReleased {
  IncidentNumber incident;
  Fingerprint alert;
  Text name, window, owner, reason, change;
  TOCSIN_FIELDS(incident, alert, name, window, owner, reason, change)
};
// Suppressed alerts are measured against changed windows, a slice at a time; `next` 0: done.
struct WindowsAdvanced {
  AlertSerial next;
  Instant due;
  TOCSIN_FIELDS(next, due)
};

// ---- inhibition (format 4) ----

// While it fires, alerts with one of these keys page nobody (rules/model/inhibit.hpp); none: not
// any more.
struct AlertInhibits {
  Fingerprint alert;
  Text keys;
  TOCSIN_FIELDS(alert, keys)
};
// Everything that fires in it is inhibited or silenced: no step before `until` or before the last
// alert with one of the `keys` has ended. `source` is one that fires, in words.
struct PagingInhibited {
  IncidentNumber incident;
  Instant until;
  Text rule, owner, reason, source, keys;
  TOCSIN_FIELDS(incident, until, rule, owner, reason, source, keys)
};
// The last alert with this key ended: what waits for it is looked at, now.
struct InhibitionEnded {
  std::uint64_t key = 0;
  TOCSIN_FIELDS(key)
};
// Firing alerts are measured against changed rules, a slice at a time; `next` 0: done.
struct SourcesAdvanced {
  IncidentNumber next;
  AlertSerial after;
  Instant due;
  TOCSIN_FIELDS(next, after, due)
};

// ---- links, drills, our own channels ----

// Signs the links of pages from here on. The key before it stays valid, the one before that does
// not.
struct LinkKeyMade {
  std::uint32_t generation = 0;
  LinkKey key;
  Text by;
  TOCSIN_FIELDS(generation, key, by)
};
// Somebody tries whether pages arrive. The record has a number and a story like an incident, and is
// none: nothing is broken, nothing escalates, no figure of the process counts it.
struct DrillStarted {
  IncidentNumber incident;
  Wall occurred_at;
  Instant close_due;
  Text by, target, title;
  TOCSIN_FIELDS(incident, occurred_at, close_due, by, target, title)
};
// The configuration knows this channel no more, so nobody asks how it is.
struct ChannelForgotten {
  Text channel;
  TOCSIN_FIELDS(channel)
};

// ---- many alerts at once, and those that come and go. Since format 4 ----

// From here on it is counted how many alerts begin to fire in each second: there are so many that
// it may become a storm (BND-9). `counts` are those of the last 60 s, packed (u8 seconds ago, u32
// count).
struct StormWatched {
  Text counts;
  TOCSIN_FIELDS(counts)
};
struct StormStarted {
  std::uint32_t storm = 0, alerts = 0;
  Instant due;  // when it is looked at whether it goes on
  TOCSIN_FIELDS(storm, alerts, due)
};
// quiet_since: few alerts come since then; never: many do.
struct StormChecked {
  Instant quiet_since, due;
  TOCSIN_FIELDS(quiet_since, due)
};
struct StormEnded {
  std::uint32_t storm = 0;
  TOCSIN_FIELDS(storm)
};
// The incident is part of the storm. Later ones that share one of these `relations` (packed, u16
// size and text) are told by `speaker`: itself, or its parent.
struct StormJoined {
  IncidentNumber incident, speaker;
  std::uint32_t storm = 0;
  Text relations;
  TOCSIN_FIELDS(incident, speaker, storm, relations)
};
// From here on `parent` speaks for it. `what` they have in common, or who said so.
struct IncidentRelated {
  IncidentNumber incident, parent;
  WhyRelated why{};
  Text what;
  TOCSIN_FIELDS(incident, parent, why, what)
};
// It speaks for itself again; new_cycle: nobody has answered it, and it is escalated as if it were
// new.
struct IncidentDetached {
  IncidentNumber incident, parent;
  WhyDetached why{};
  bool new_cycle = false;
  std::uint16_t cycle = 0;
  Instant escalate_due;
  Text by;
  TOCSIN_FIELDS(incident, parent, why, new_cycle, cycle, escalate_due, by)
};
// What belongs to the incident is worked off a slice at a time; job `none`: done.
struct FamilyAdvanced {
  IncidentNumber number;  // nothing that is told in its timeline
  FamilyJob job{};
  std::uint32_t next = 0;
  Instant due;
  TOCSIN_FIELDS(number, job, next, due)
};
// An alert that had ended fires again, soon after it had begun to fire at `before` (never: known
// already). quiet_due: it is flapping, and is quiet when it does not begin to fire until then.
struct AlertRefired {
  Fingerprint alert;
  Instant before, quiet_due;
  TOCSIN_FIELDS(alert, before, quiet_due)
};
// It came and went so often that it is flapping, or is no more (BND-10).
struct AlertFlapping {
  IncidentNumber incident;
  Fingerprint alert;
  bool flapping = false;
  std::uint16_t transitions = 0;
  Instant quiet_due;
  Text name;
  TOCSIN_FIELDS(incident, alert, flapping, transitions, quiet_due, name)
};

// ---- rules that count ----

// An event of a rule that takes effect only at the n-th within a time. `bucket` is of the rule and
// the values that it counts by; nothing of it counts any more at `over`. below: the event ends
// here, with the disposition of that name; else it went its way, and what became of it stands
// there.
struct EventCounted {
  Fingerprint bucket;
  std::uint8_t source = 0;
  bool below = false;
  std::uint16_t keep = 0;  // so many events are remembered
  Instant over;
  Text rule;
  TOCSIN_FIELDS(bucket, source, below, keep, over, rule)
};
// It is over, or another one needed its place.
struct CountForgotten {
  Fingerprint bucket;
  TOCSIN_FIELDS(bucket)
};

// ---- heartbeats that are expected. Since format 4 ----

// From here on signs of life of it are expected; when none comes until `due`, it is missed.
struct HeartbeatAdded {
  HeartbeatId heartbeat;
  std::int64_t every_ms = 0, bound_ms = 0;
  Instant due;
  Text name;
  TOCSIN_FIELDS(heartbeat, every_ms, bound_ms, due, name)
};
// The configuration has other times for it now.
struct HeartbeatPlanned {
  std::int64_t every_ms = 0, bound_ms = 0;
  Instant due;
  Text name;
  TOCSIN_FIELDS(every_ms, bound_ms, due, name)
};
// It was heard of at `seen`. Not written for each sign of life: see rules/heartbeats.cpp.
struct HeartbeatSeen {
  Instant seen, due;
  Text name;
  TOCSIN_FIELDS(seen, due, name)
};
// The daemon did not run when its sign of life may have come: it is given time until `due`.
struct HeartbeatExcused {
  Instant due;
  Text name;
  TOCSIN_FIELDS(due, name)
};
// It is silent since `since` and was due: `alert` begins to fire in the same frame.
struct HeartbeatMissed {
  Instant since, due;
  Fingerprint alert;
  Text name;
  TOCSIN_FIELDS(since, due, alert, name)
};
// The configuration does not know it any more.
struct HeartbeatRemoved {
  Text name;
  TOCSIN_FIELDS(name)
};
// Heartbeats are measured against a changed configuration, or after a start, a slice at a time: all
// up to the name `after` are done; due never: all are. The daemon did not run between the two
// `down`s.
struct HeartbeatsAdvanced {
  Instant due, down_from, down_until;
  Text after;
  TOCSIN_FIELDS(due, down_from, down_until, after)
};

// ---- what people ask for, and what they report. Since format 5 ----

// Somebody asks for something: nothing is broken, and nobody is paged (BND-5, 4). An event of a
// sender, `alert`, whose disposition is counted with the tallies; or a person.
struct RequestOpened {
  RequestNumber request;
  Fingerprint alert;
  std::uint8_t source = 0;
  Wall starts_at;
  Text title, text, ci, reporter, by;
  TOCSIN_FIELDS(request, alert, source, starts_at, title, text, ci, reporter, by)
};
// It is with a person from here on.
struct RequestTaken {
  RequestNumber request;
  Text by;
  TOCSIN_FIELDS(request, by)
};
struct RequestDone {
  RequestNumber request;
  Instant forget_due;
  Text by, note;
  TOCSIN_FIELDS(request, forget_due, by, note)
};
// It was done, and its time is over or another one needs its place.
struct RequestForgotten {
  RequestNumber request;
  TOCSIN_FIELDS(request)
};

// A person says that something is broken: with this the incident opened, or it is one more who says
// so (BV13). Carries the disposition of the report. `key` tells a repeat from another report.
struct IncidentReported {
  IncidentNumber incident;
  Fingerprint key;
  std::uint8_t source = 0;
  JoinReason why{};
  Disposition disposition{};
  Text ci, reporter, by, text;
  TOCSIN_FIELDS(incident, key, source, why, disposition, ci, reporter, by, text)
};
// Its alerts are clear for as long as it takes, and people have reported it: it is for people to
// say that it is over (T03). Unanswered, its escalation goes on.
struct RecoveryLeftToPeople {
  IncidentNumber incident;
  Instant escalate_due;
  Text owner;
  bool major = false;  // nobody but its manager says so (MI-11)
  TOCSIN_FIELDS(incident, escalate_due, owner, major)
};

// It was no incident but a wish: it is a request from here on (BND-13). Resolved in the same frame.
struct IncidentConverted {
  IncidentNumber incident;
  RequestNumber request;
  Text by;
  TOCSIN_FIELDS(incident, request, by)
};
// It was no wish: something is broken. It is done, as that incident.
struct RequestConverted {
  RequestNumber request;
  IncidentNumber number;  // its timeline says so by the report that follows from it
  Instant forget_due;
  Text by;
  TOCSIN_FIELDS(request, number, forget_due, by)
};

// ---- clocks of agreements. Since format 6 ----

// What is agreed for its priority: both clocks run from here on (SLA-6). `next_due`: half of the
// time to resolve is over.
struct ClocksStarted {
  IncidentNumber incident;
  Priority priority{};
  std::int64_t response_ms = 0, resolution_ms = 0;  // of the calendar
  Instant response_due, resolution_due, next_due;
  Text calendar;  // empty: at any time
  TOCSIN_FIELDS(incident, priority, response_ms, resolution_ms, response_due, resolution_due,
                next_due, calendar)
};
// One that runs has another end than before (never: it stands still). reprioritised: it is another
// clock with the same start and the same pauses (SLA-9).
struct ClockPlanned {
  IncidentNumber incident;
  ClockKind clock{};
  WhyPlanned why{};
  Priority priority{};
  std::int64_t target_ms = 0;
  Instant before_due, due;
  std::uint8_t next_percent = 0;
  Instant next_due;
  Text calendar;
  TOCSIN_FIELDS(incident, clock, why, priority, target_ms, before_due, due, next_percent, next_due,
                calendar)
};
// So much of the time is used up. told: and those are told who 7.2 names.
struct ClockWarned {
  IncidentNumber incident;
  ClockKind clock{};
  Priority priority{};
  std::uint8_t percent = 0;
  bool told = false;
  Instant due;  // when it was
  std::uint8_t next_percent = 0;
  Instant next_due;
  TOCSIN_FIELDS(incident, clock, priority, percent, told, due, next_percent, next_due)
};
struct ClockBreached {
  IncidentNumber incident;
  ClockKind clock{};
  Priority priority{};
  WhyBreached why{};
  bool told = false;
  Instant breached_at;
  TOCSIN_FIELDS(incident, clock, priority, why, told, breached_at)
};
// met: in time, and never breached before (SLA-12).
struct ClockEnded {
  IncidentNumber incident;
  ClockKind clock{};
  Priority priority{};
  bool met = false;
  Instant ended_at;
  std::int64_t target_ms = 0, elapsed_ms = 0;
  TOCSIN_FIELDS(incident, clock, priority, met, ended_at, target_ms, elapsed_ms)
};
// It speaks for itself again: of what its clock had passed meanwhile, the highest is told (LCY-15).
struct ClockTold {
  IncidentNumber incident;
  std::uint8_t percent = 0;
  TOCSIN_FIELDS(incident, percent)
};

// ---- holds and major incidents. Since format 6 ----

// It waits, with an end on record, or waits for something else from here on. `due`: of the first
// reminder, or that end. pauses: its clock of resolution stands still. resolves: it is over when
// nobody has answered by then. `parent`: it waits because that one does.
struct HoldStarted {
  IncidentNumber incident;
  HoldReason reason{};
  Instant until, due;
  bool pauses = false, resolves = false;
  IncidentNumber parent;
  Text by, note, reference, question;
  TOCSIN_FIELDS(incident, reason, until, due, pauses, resolves, parent, by, note, reference,
                question)
};
// It is in progress again. `by`: the person, or the alert.
struct HoldEnded {
  IncidentNumber incident;
  HoldReason reason{};
  WhyHoldEnded why{};
  Text by;
  TOCSIN_FIELDS(incident, reason, why, by)
};
// The caller has not answered yet, and is asked again: the n-th time.
struct CallerReminded {
  IncidentNumber incident;
  std::uint8_t reminder = 0;
  Instant due;
  TOCSIN_FIELDS(incident, reminder, due)
};
// It may be a major incident; nobody has said so by `decide_due`: it is one. `by`: the person who
// proposes it, if any.
struct MajorProposed {
  IncidentNumber incident;
  MajorCriterion criterion{};
  Instant decide_due;
  Text by, reason;
  TOCSIN_FIELDS(incident, criterion, decide_due, by, reason)
};
// `refused`: a bit for each criterion that makes it no candidate any more. `manager`: who leads it
// from here on; nobody yet when whoever accepts may not.
struct MajorDecided {
  IncidentNumber incident;
  MajorDecision decision{};
  MajorCriterion criterion{};
  bool by_daemon = false;
  std::uint8_t refused = 0;
  Text by, reason, business_impact, manager;
  TOCSIN_FIELDS(incident, decision, criterion, by_daemon, refused, by, reason, business_impact,
                manager)
};
// When it is looked at again whether it is one though nothing happens; never: not by time.
struct MajorReviewPlanned {
  IncidentNumber incident;
  Instant due;
  TOCSIN_FIELDS(incident, due)
};
// A person says what it is about, maybe what the daemon had found already. Alerts go on joining by
// what it was opened as. Since format 6.
struct IncidentCategorized {
  IncidentNumber incident;
  Text category, subcategory, by, reason;
  TOCSIN_FIELDS(incident, category, subcategory, by, reason)
};

// Tag of each fact, for ever. X(tag, Type)
// clang-format off
#define TOCSIN_FACTS(X)                                                                \
  X(1, StoreCreated) X(2, EpochTaken) X(3, ClockStepped) X(4, ConfigApplied)           \
  X(5, SourceNamed) X(6, HistoryLost) X(7, LossConfirmed) X(8, Tallied)                \
  X(9, ReplanAdvanced)                                                                 \
  X(11, MutesAdvanced) X(12, PagingPaused) X(13, PauseEnded) X(14, FormatRaised)       \
  X(20, AlertOpened) X(21, AlertChanged) X(22, AlertAnnotated) X(23, AlertRefreshed)   \
  X(24, AlertStale) X(25, AlertResolved) X(26, AlertKept) X(27, AlertForgotten)        \
  X(28, SilenceForgotten) X(29, PagingResumed)                                         \
  X(40, IncidentOpened) X(41, AlertLinked) X(42, AlertRelinked)                        \
  X(43, IncidentReopened) X(44, PriorityChanged) X(45, IncidentAcknowledged)           \
  X(46, NoteAdded) X(47, RecoverySeen) X(48, VerifyFailed) X(49, RestoredPrompted)     \
  X(50, IncidentResolved) X(51, IncidentClosed) X(52, EscalationStepped)               \
  X(53, DeadlineMoved) X(54, StepHeld) X(55, IncidentForgotten)                        \
  X(56, LoweringProposed) X(57, ReassessmentPlanned)                                   \
  X(58, PriorityAdjusted) X(59, PriorityOverridden)                                    \
  X(60, PageRequested) X(61, AttemptStarted) X(62, AttemptSettled) X(63, PageEnded)    \
  X(64, PageQueued) X(65, PagingHeld)                                                  \
  X(70, SilenceCreated) X(71, SilenceUpdated) X(72, SilenceStarted)                    \
  X(73, SilenceExpired) X(74, LinkKeyMade) X(75, DrillStarted) X(76, ChannelForgotten) \
  X(77, AlertSuppressed) X(78, AlertReleased) X(79, WindowCreated)                     \
  X(80, WindowsAdvanced) X(81, AlertInhibits) X(82, PagingInhibited)                   \
  X(83, InhibitionEnded) X(84, SourcesAdvanced)                                        \
  X(90, StormWatched) X(91, StormStarted) X(92, StormChecked) X(93, StormEnded)        \
  X(94, StormJoined) X(95, IncidentRelated) X(96, IncidentDetached)                    \
  X(97, FamilyAdvanced) X(98, AlertRefired) X(99, AlertFlapping)                       \
  X(110, EventCounted) X(111, CountForgotten)                                         \
  X(115, OverrideEnded) X(116, PriorityCalculated) X(120, EventSetAside)               \
  X(130, IncidentRestricted) X(131, ExposureConfirmed) X(132, KnownErrorMatched)       \
  X(140, HeartbeatAdded) X(141, HeartbeatPlanned) X(142, HeartbeatSeen)                \
  X(143, HeartbeatExcused) X(144, HeartbeatMissed) X(145, HeartbeatRemoved)            \
  X(146, HeartbeatsAdvanced)                                                           \
  X(150, RequestOpened) X(151, RequestTaken) X(152, RequestDone)                       \
  X(153, RequestForgotten) X(154, IncidentReported) X(155, RecoveryLeftToPeople)  \
  X(156, IncidentConverted) X(157, RequestConverted)                                   \
  X(158, ClocksStarted) X(159, ClockPlanned) X(160, ClockWarned)                       \
  X(161, ClockBreached) X(162, ClockEnded) X(163, ClockTold)                           \
  X(166, HoldStarted) X(167, HoldEnded) X(168, CallerReminded)                         \
  X(169, MajorProposed) X(170, MajorDecided) X(171, MajorReviewPlanned)                \
  X(180, IncidentCategorized)
// clang-format on

template <class F>
struct FactTag;
#define TOCSIN_FACT_TAG(tag, Type)                  \
  template <>                                       \
  struct FactTag<Type> {                            \
    static constexpr std::uint16_t value = tag;     \
    static constexpr std::string_view name = #Type; \
  };
TOCSIN_FACTS(TOCSIN_FACT_TAG)
#undef TOCSIN_FACT_TAG

// What this version can read. A new store is of the first format, and raised by FormatRaised before
// the first fact of a later one, so that the version before opens it as long as that is possible.
inline constexpr std::uint16_t fact_format = 6, first_fact_format = 1;

template <class F>
concept ConcernsIncident = requires(F f) {
  f.incident;
};

}  // namespace tocsin
