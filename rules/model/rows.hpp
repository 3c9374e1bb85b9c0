#pragma once
// The rows of the state: plain data plus one pointer to an immutable byte string each. A reader
// copies a row before it decides anything, since the next fact may move it.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/alert.hpp"
#include "rules/model/enums.hpp"
#include "rules/model/ids.hpp"
#include "rules/model/time.hpp"

namespace tocsin {

// Immutable bytes behind a row. Allocated once, freed when neither the state nor a snapshot needs
// it.
struct Blob {
  std::uint32_t size;
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view view() const { return {data(), size}; }
};
const Blob* make_blob(std::string_view first, std::string_view second = {},
                      std::string_view third = {}, std::string_view fourth = {});
void free_blob(const Blob* blob);

// When an alert began to fire, the newest last; kept for those that do so again and again
// (BND-10).
struct FlapTimes {
  static constexpr std::size_t max = 16;
  Instant quiet_due = never;  // it is flapping until then
  std::uint8_t count = 0;
  Instant at[max]{};
  void add(Instant t);  // the oldest is forgotten when there is no room
  // Those at or after `from`.
  std::size_t since(Instant from) const;
};

// The window that keeps an alert from being an incident, in words.
struct MutedBy {
  std::string_view window, owner, reason, change;
};
std::string pack_muted(const MutedBy& by);
// Keys of inhibition: u64 each.
std::vector<std::uint64_t> unpack_keys(std::string_view packed);
std::string pack_keys(const std::vector<std::uint64_t>& keys);
std::string pack_extra(std::string_view muted_bytes, std::string_view keys);
MutedBy unpack_muted(std::string_view packed);  // a view of it; nothing when it is empty

// One de-duplicated condition. Blob: fingerprint (16), serial (8), u16 size of the CI, CI,
// FlapTimes as u8 count, quiet_due, times (when the highest bit of that size is set), what its
// flags say (muted: u16 size, packed MutedBy; inhibits: u16 size, keys of u64), packed text.
struct AlertRow {
  const Blob* blob = nullptr;
  Instant due = never;  // held: end of hold-down; firing: stale; else: forgotten
  Wall starts_at{};
  Wall ends_at{};           // resolved and tombstone only
  Instant seen_at{};        // first receipt
  Instant changed_at{};     // last fact about it
  IncidentNumber incident;  // 0 while held, and for tombstones
  AlertState state = AlertState::firing;
  Severity severity = Severity::error;
  std::uint8_t source = 0;
  std::uint8_t flags = 0;
  static constexpr std::uint8_t time_suspect = 1, counted_firing = 2, counted_stale = 4,
                                flapping = 8;
  // Held by a maintenance window until `due`: its event was disposed of, and it has no incident.
  static constexpr std::uint8_t muted = 16;
  // It keeps others from paging while it fires: see rules/model/inhibit.hpp.
  static constexpr std::uint8_t inhibits = 32;

  Fingerprint fingerprint() const;
  AlertSerial serial() const;
  std::string_view ci() const;
  AlertText text() const;
  FlapTimes flaps() const;
  Instant quiet_due() const { return flags & flapping ? flaps().quiet_due : never; }
  MutedBy muted_by() const;              // nothing when it is not muted
  std::string_view muted_bytes() const;  // packed
  std::string_view keys() const;         // of what it inhibits, 8 bytes each
  std::string extra() const;             // the bytes of both
  bool fires() const { return state == AlertState::firing; }

 private:
  std::string_view behind_flaps() const;
};
static_assert(sizeof(AlertRow) == 56);
const Blob* make_alert_blob(Fingerprint fingerprint, AlertSerial serial, std::string_view ci,
                            std::string_view text, const FlapTimes& flaps = {},
                            std::string_view extra = {});

// The words of an incident, in the order of its blob.
struct IncidentWords {
  std::string_view title, ci, ci_class, service, environment, category, subcategory, symptom, group,
      owner, summary, runbook, category_rule, resolution_note, resolved_by;
  // While it is inhibited: by which rule, and the keys that have to end. Not in the blob otherwise.
  std::string_view inhibited_by, inhibited_keys;
  // Where it opened about one; not in the blob otherwise.
  std::string_view known_error, workaround;
  // Who reported it, with '\n' between; not in the blob otherwise.
  std::string_view watchers;
  // When its clock of resolution stood still, see unpack_pauses(); not in the blob otherwise.
  std::string_view pauses;
  // While it is on hold: why, the number of what it waits for, what the caller is asked, and who
  // put it there. Of a major incident: what it does to the business, and who leads. Not in the blob
  // otherwise.
  std::string_view hold_note, hold_reference, hold_question, hold_by, business_impact, manager;
  // What people say that it is about: "storage/filesystem". Empty: as it was opened, and not in the
  // blob.
  std::string_view said_category;
};
// Of an incident: what people say, or what it was opened as.
std::pair<std::string_view, std::string_view> category_now(const IncidentWords& words);
// It stood still in [from, to); never: it stands still now. In order, none touches the next.
struct Pause {
  Instant from{}, to = never;
};
std::vector<Pause> unpack_pauses(std::string_view packed);
std::string pack_pauses(const std::vector<Pause>& pauses);
// One more, wherever it lies. Of too many the shortest counts as if it had run: a clock that is
// wrong is wrong against us.
inline constexpr std::size_t pauses_max = 64;
void add_pause(std::vector<Pause>& pauses, Pause pause);
inline constexpr std::size_t watchers_max = 64;  // further reports are counted only
std::vector<std::string_view> unpack_watchers(std::string_view packed);

// What is shown of one to those who may not read it.
inline constexpr std::string_view restricted_title = "restricted incident";

// The clock of an agreement about one incident (rules/clocks.hpp).
struct ClockRow {
  Span target{};                // working time of its calendar; 0: there is no such clock
  Instant due = never;          // never: it stands still
  Instant next_due = never;     // of the next percentage
  Instant planned_at{};         // with these dates
  Instant breached_at = never;  // the first time, for whatever priority (SLA-12)
  Instant ended_at = never;
  Span elapsed{};  // once it has ended
  // Percent of the target: what comes next, what is on record, what people were told of.
  std::uint8_t next = 0, passed = 0, told = 0;
  std::array<std::uint8_t, EnumTable<Priority>::count> told_as{};  // the same, when it was another
  WhyPlanned why = WhyPlanned::opened;
  Priority priority = Priority::P3, breached_as = Priority::P3;
  bool exists() const { return target.ms > 0; }
  bool runs() const { return target.ms > 0 && ended_at == never; }
};

// One incident. Times are of the log unless they are Wall.
struct IncidentRow {
  const Blob* blob = nullptr;
  IncidentNumber number;
  std::uint32_t revision = 0;
  Instant opened_at{};
  Instant acknowledged_at = never;
  Instant resolved_at = never;
  Instant cycle_at{};            // start of the escalation cycle
  Instant escalate_due = never;  // next step of the escalation
  Instant verify_due = never;    // all alerts are clear; recovery counts from then
  Instant prompt_due = never;    // asked the owner to confirm the recovery
  Instant close_due = never;
  Wall occurred_at{};
  Wall restored_at{};               // provisional while it is not resolved
  std::uint32_t alerts_firing = 0;  // firing or stale
  std::uint32_t alerts_stale = 0;
  std::uint32_t alerts_total = 0;
  std::uint32_t events = 0;
  std::uint32_t timeline = 0;     // entries written
  std::uint32_t cycle_pages = 0;  // pages requested in this cycle
  std::uint16_t cycle = 1;
  std::uint16_t step = 0;  // next step to take
  std::uint16_t repeat = 0;
  std::uint16_t reopened = 0;
  IncidentNumber recurrence_of;
  IncidentState state = IncidentState::new_;
  Severity severity = Severity::error;  // highest ever among its alerts
  std::uint8_t impact = 3, urgency = 3;
  Priority priority = Priority::P3;
  CiMatch ci_match = CiMatch::none;
  Origin origin = Origin::webhook;
  ClosureCode code = ClosureCode::fixed_permanent;  // once resolved
  CauseCode cause = CauseCode::unknown;
  bool resolved_by_daemon = false;
  bool monitoring_silent = false;  // a member is stale: silence is not health
  bool needs_review = false;
  bool prompted = false;
  bool self = false;   // about tocsin itself
  bool drill = false;  // a test page, not an incident
  PageId links_from;   // links of older pages act no more
  // Everything that fires in it is silenced: its escalation waits until then (never: it is not
  // held). `held_by` is the silence that is over first.
  Instant held_until = never;
  SilenceId held_by;
  Instant reassess_due = never;  // of the priority: service hours begin or end
  IncidentNumber parent;         // speaks for it
  Instant child_since = never;
  FamilyJob family_job = FamilyJob::none;
  std::uint32_t family_next = 0;  // where the job goes on
  Instant family_due = never;
  std::uint32_t alerts_flapping = 0;
  std::uint32_t storm = 0;  // in which it was opened; 0: in none
  // What people said of the priority (5.4). Locked: it is theirs until `lock_due`; impact, urgency
  // and `calculated` are what it would be. Else the calculated levels are moved by `..._by`.
  bool locked = false;
  Priority calculated = Priority::P3;
  Instant lock_due = never;
  std::int8_t impact_by = 0, urgency_by = 0;
  bool restricted = false;    // not everybody may read it
  bool exposed = false;       // data was exposed, and that is confirmed
  bool eased = false;         // the workaround of its known error is automated
  std::uint32_t reports = 0;  // of people; while there are any, people say whether it is over
  RequestNumber request;      // what it became, when it was none
  // On hold since then, until its end; `hold_due`: of the next reminder, or that end.
  Instant hold_since = never, hold_until = never, hold_due = never;
  std::uint16_t holds = 0;  // so often
  HoldReason hold_reason = HoldReason::awaiting_caller;
  std::uint8_t hold_reminders = 0;  // sent
  bool hold_follows = false;        // with its parent
  bool hold_resolves = false;       // nobody has answered at its end: it is over
  // Whether it is a major incident. `major_due`: a candidate is decided then; else it is looked at
  // again whether it is one. `major_refused`: a bit for each criterion that makes it none any more.
  MajorState major = MajorState::none;
  MajorCriterion major_criterion = MajorCriterion::C1;
  std::uint8_t major_refused = 0;
  Instant major_due = never;
  bool category_confirmed = false;  // by a person
  ClockRow response, resolution;
  // Of one that has clocks, as they count: when it seemed to be over, and the latest end of what
  // fired in it.
  Instant restored_on = never, last_end{};

  bool on_hold() const { return state == IncidentState::on_hold; }
  // What it is about does not work.
  bool is_down() const {
    return priority == Priority::P1 && unresolved() && restored_at.ms == 0 && !self && !drill;
  }
  bool is_major() const { return major == MajorState::accepted; }
  // Managers know of it because many services are down, or have said that it is none for that.
  bool known_for_services() const {
    const bool is = major == MajorState::candidate || is_major();
    return unresolved() && ((is && major_criterion == MajorCriterion::C2) ||
                            (major_refused >> static_cast<int>(MajorCriterion::C2) & 1));
  }
  // People say whether it is over, and nobody else does.
  bool left_to_people() const { return reports > 0 || is_major(); }
  IncidentWords words() const;
  bool unresolved() const { return state < IncidentState::resolved; }
  ClockRow& clock(ClockKind kind) { return kind == ClockKind::response ? response : resolution; }
  const ClockRow& clock(ClockKind kind) const {
    return kind == ClockKind::response ? response : resolution;
  }
  // SLA-8: it may be over. Who has to answer is asked on when that is left to people.
  bool provisional(ClockKind kind) const {
    return unresolved() &&
           (verify_due != never || prompted || (kind == ClockKind::resolution && restored_at.ms));
  }
  // When the next of its clocks is to be looked at.
  Instant clock_due() const;
};
const Blob* make_incident_blob(const IncidentWords& words);

// An obligation to tell somebody. Blob: u16 size of the person, person, channel.
struct PageRow {
  const Blob* blob = nullptr;
  PageId id;
  PageKey key;
  Instant requested_at{};
  Instant due = never;  // in flight: lease ends; waiting: try again; delivered: never
  Epoch epoch;          // of the attempt in flight
  IncidentNumber incident;
  std::uint16_t cycle = 1, step = 0, repeat = 0;
  std::uint16_t attempt = 0;  // started so far
  PageKind kind = PageKind::page;
  PageState state = PageState::waiting;
  WhyPage why = WhyPage::step_due;
  Priority priority = Priority::P3;
  bool delivered = false;         // kept until its incident closes: who is to hear of the recovery
  std::uint8_t channel_rank = 0;  // how many of the person's channels were tried before
  bool told_to_wait = false;      // by the channel, until `due`

  std::string_view person() const;
  std::string_view channel() const;
};
const Blob* make_page_blob(std::string_view person, std::string_view channel);

// One silence, or one maintenance window that people made (rules/intake/windows.hpp). Blob: the
// words in their order; the last two only where they say something.
struct SilenceWords {
  std::string_view by, created_by, comment, ended_by, matchers;  // a window: owner, reason
  std::string_view cis, change;  // of a window: ids with '\n' between, number of a change
};
struct SilenceRow {
  const Blob* blob = nullptr;
  SilenceId id;
  Fingerprint uuid;
  Wall starts_at{}, ends_at{};
  Instant starts_due{}, ends_due{};  // it covers [starts_due, ends_due)
  Instant created_at{}, changed_at{};
  Instant forget_due = never;  // expired only
  SilenceId replaces;
  SilenceState state = SilenceState::pending;
  WhyExpired why_expired = WhyExpired::its_end;
  SuppressionKind kind = SuppressionKind::silence;

  SilenceWords words() const;
  bool covers(Instant at) const {
    return state != SilenceState::expired && starts_due <= at && at < ends_due;
  }
  Instant due() const {  // of its next change
    if (state == SilenceState::expired) return forget_due;
    return state == SilenceState::pending ? earlier(starts_due, ends_due) : ends_due;
  }
};
const Blob* make_silence_blob(const SilenceWords& words);

// A heartbeat that is expected, and its dead-man timer (rules/heartbeats.hpp). Blob: its name.
struct HeartbeatRow {
  const Blob* blob = nullptr;
  HeartbeatId id;
  Instant since{};      // its silence is counted from here: as far as is on record
  Instant due = never;  // it is missed then; never: it is missed
  Instant missed_at = never;
  Span every{}, bound{};  // between two signs of life; of a silence that is no news
  Fingerprint alert;      // missed: what fires for it
  HeartbeatState state = HeartbeatState::waiting;
  bool seen = false;     // ever; else `since` is when it began to be expected
  bool excused = false;  // a start of ours has given it more time, in this silence

  std::string_view name() const { return blob->view(); }
};

// Something that somebody asks for (rules/requests.hpp). Blob: the words in their order.
struct RequestWords {
  std::string_view title, text, ci;
  std::string_view reporter, by;  // who asks, and who wrote it down; of an event: nobody
  std::string_view taken_by, done_by, note;
};
struct RequestRow {
  const Blob* blob = nullptr;
  RequestNumber number;
  Fingerprint key;   // of the event or of the report that it came with
  Wall starts_at{};  // as its sender says; 0: it does not say
  Instant opened_at{};
  Instant taken_at = never, done_at = never;
  Instant forget_due = never;  // done only
  RequestState state = RequestState::open;
  std::uint8_t source = 0;
  IncidentNumber incident;  // what it became, when it was none; or what it was before

  // Of those that were incidents. No event and no report has such a key.
  static Fingerprint key_of(IncidentNumber was) { return {UINT64_MAX, was.value}; }
  bool was_incident() const { return key.high == UINT64_MAX; }
  RequestWords words() const;
};
const Blob* make_request_blob(const RequestWords& words);

// The sizes inside a blob that comes from outside stay inside it.
bool whole_alert_blob(std::string_view bytes, std::uint8_t flags = 0);
bool whole_page_blob(std::string_view bytes);

}  // namespace tocsin
