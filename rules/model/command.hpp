#pragma once
// Every input, in the imperative. A command carries all that deciding needs besides state,
// settings, sightings and the time. Owned by whoever made it until the turn that takes it is
// released.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/model/alert.hpp"
#include "rules/model/enums.hpp"
#include "rules/model/ids.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

// What can be said about an alert without the state: made by prepare() on the I/O thread, valid for
// the settings named by `config`. The views live in the batch or in the settings.
struct Prepared {
  Fingerprint fingerprint;
  AlertText text;
  std::string_view ci;  // id of the CI; empty: none
  CiMatch ci_match = CiMatch::none;
  std::shared_ptr<const std::string> group;  // what `ci` names, where it is a group of alerts
  Severity severity = Severity::error;
  EventClass event_class = EventClass::alert;
  EventClass sent_as = EventClass::alert;  // before a rule said otherwise
  std::int32_t rule = -1;                  // index into settings.rules of the first match; -1: none
  bool resolved = false;                   // over, at or before it was received
  bool time_suspect = false;               // the sender's clock is not to be believed (TIM-6)
  std::int32_t heartbeat = -1;  // index into settings.heartbeats: it says that this one is silent
  Wall starts_at{};
  Wall until{};  // resolved: when it ended; else: stale when not seen again by then
};

struct ReceiveAlert {
  const Prepared* alert = nullptr;
  std::uint8_t source = 0;  // slot of the integration in the state
  Wall received_at{};
};

// A channel's answer to an attempt, or the shell's word that nothing was sent.
struct SettleAttempt {
  PageId page;
  std::uint16_t attempt = 0;
  Epoch epoch;
  AttemptOutcome outcome = AttemptOutcome::unknown;
  std::string detail;  // for people, at most 200 bytes, no secrets
  Span retry_after{};  // as the channel asked; 0: our own back-off
};

// Who acts: a person proven by a token, or the operator at the machine.
struct Actor {
  std::string person;
  std::uint32_t roles = 0;  // bit per Role
  bool may(Role r) const { return roles >> index(r) & 1u; }
};

struct AcknowledgeIncident {
  IncidentNumber incident;
  Actor by;
  std::string via;  // api, cli, link
};
// Whoever holds the link of a page presses its button.
struct AcknowledgeByLink {
  std::string token;
};
struct NoteIncident {
  IncidentNumber incident;
  Actor by;
  std::string text;
};
struct ResolveIncident {
  IncidentNumber incident;
  Actor by;
  std::optional<ClosureCode> code;
  std::optional<CauseCode> cause;
  std::string note;
  bool force = false;    // although a member alert still fires (CLO-3)
  std::string category;  // "storage/filesystem": what it was; empty: nobody says
};
// A person says what it is about, or that what the daemon found is right (CAT-4).
struct CategorizeIncident {
  IncidentNumber incident;
  Actor by;
  std::string category;  // "storage/filesystem"
  std::string reason;
};
struct CloseIncident {
  IncidentNumber incident;
  Actor by;
  std::string reason{};  // of a major incident: why nobody reviews it
};

// It waits for somebody or something (T05), until an end: a time, or so long from now; neither: as
// long as it may.
struct HoldIncident {
  IncidentNumber incident;
  Actor by;
  std::optional<HoldReason> reason;
  std::string note, reference, question;
  Wall until{};
  Span lasts{};
};
struct ResumeIncident {
  IncidentNumber incident;
  Actor by;
};
struct DecideMajor {
  IncidentNumber incident;
  Actor by;
  MajorAct act = MajorAct::propose;
  std::string reason, business_impact;
};

// From here on `parent` speaks for the incident; none: it speaks for itself again.
struct LinkIncident {
  IncidentNumber incident, parent;
  Actor by;
};
// A person knows better by one level (PRI-7): the calculated levels are moved by -1, 0 or 1 from
// here on, until somebody moves them again. Not given: as it is.
struct AdjustPriority {
  IncidentNumber incident;
  Actor by;
  std::optional<int> impact_by, urgency_by;
  std::string reason;
};
// The priority is theirs, whatever is calculated (PRI-8). No priority: it is ours again.
struct OverridePriority {
  IncidentNumber incident;
  Actor by;
  std::optional<Priority> priority;
  Span lasts{};  // 0: until somebody ends it
  std::string reason;
};

// A silence; or, with the UUID of one that is known, its update as Alertmanager does it: changed
// matchers, a changed start or a past one make a new silence and expire the old one.
struct SetSilence {
  Actor by;
  Fingerprint uuid;      // zero: a new one
  std::string matchers;  // packed, see rules/model/silence.hpp
  std::string created_by, comment;
  Wall starts_at{}, ends_at{};  // in the past: from now
};
struct ExpireSilence {
  Actor by;
  Fingerprint uuid;
};

// A maintenance window that is open once. `cis` are ids or names of CIs; with `dependents`, also of
// what hard-depends on them now. It covers what fits both, where both are given.
struct AddWindow {
  Actor by;
  std::vector<std::string> cis;
  bool dependents = false;
  std::string matchers;  // packed
  std::string owner, reason, change;
  Wall starts_at{}, ends_at{};  // a start in the past: from now
};
struct EndWindow {
  Actor by;
  Fingerprint uuid;
};

// A sign of life, by name.
struct PingHeartbeat {
  std::string name;
  std::uint8_t source = 0;
};

// A person says that something is broken, or asks for something.
struct ReportByPerson {
  Actor by;
  std::string reporter;  // empty: who sends it
  std::string text;
  std::string ci;  // id or alias; empty: they do not know
  bool request = false;
  Origin via = Origin::api;
  IncidentNumber incident{};  // they say more about this one; 0: it finds its place
};
// A person has it from here on; it is done.
struct TakeRequest {
  RequestNumber request;
  Actor by;
};
struct FinishRequest {
  RequestNumber request;
  Actor by;
  std::string note;
};

// An incident that is a wish becomes a request, and a request that is none an incident.
struct ConvertIncident {
  IncidentNumber incident;
  Actor by;
  std::string note;
};
struct ConvertRequest {
  RequestNumber request;
  Actor by;
};

struct ApplyConfig {
  std::shared_ptr<const Settings> settings;
  std::string why;  // start, reload
  // Hash of the settings that these were made from: others may be in force by now, and then these
  // are not taken. Empty: whatever is in force.
  std::string made_from{};
};
struct StepClock {
  std::int64_t by_ms = 0;
  std::string reason;
};
struct TakeEpoch {
  Epoch epoch;
  std::string version;
  std::string boot;  // which boot of the machine, and what its clock said
  std::int64_t boot_ms = 0;
  Fingerprint secret;  // random; becomes the secret of the store if it has none yet
  LinkKey link_key;    // random; signs links if there is no key yet
};
// Another slice of the attempts that older epochs left in flight.
struct SettleOlderEpochs {};
struct DeclareLoss {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string why;
};
struct ConfirmLoss {
  Actor by;
};
// Events that never reached a decision (bad token, bad body), counted by the I/O threads.
struct CountRejected {
  std::uint8_t source = 0;
  Disposition disposition = Disposition::rejected_malformed;
  std::uint32_t count = 0;
};
// The store was copied from a backup; the tool that did it writes this as its last frame.
struct PauseForRestore {
  std::uint64_t history = 0;  // random, not 0
  std::uint64_t backup_seq = 0;
  Wall backup_at{}, restored_at{};
};
struct ResumePaging {
  Actor by;
};
struct RotateLinkKey {
  Actor by;
  LinkKey key;  // random
};
// A page to all channels of a person, or to one channel, to see whether it arrives.
struct StartDrill {
  Actor by;
  std::string target;  // id of a person or name of a channel; "person:x", "channel:x" when both
};
// What the auditor found in a running daemon; empty: the laws hold.
struct ReportAudit {
  std::string broken;
};
// Something about the process itself that a person should know; empty: it is over, or is not so.
struct ReportTrouble {
  Trouble what{};
  std::string sentence;
  std::string about{};  // over_quota: the integration
};
// Closed incidents that were found on the disk, to be forgotten when their time is over.
struct ClosedIncident {
  IncidentNumber number;
  Instant over_at{};           // resolved; a drill: opened
  std::uint32_t timeline = 0;  // entries
};
struct ForgetIncidents {
  std::vector<ClosedIncident> incidents;
};
struct FlushTallies {};
struct Tick {};

using Command =
    std::variant<ReceiveAlert, SettleAttempt, AcknowledgeIncident, NoteIncident, ResolveIncident,
                 CloseIncident, SetSilence, ExpireSilence, ApplyConfig, StepClock, TakeEpoch,
                 SettleOlderEpochs, DeclareLoss, ConfirmLoss, CountRejected, AcknowledgeByLink,
                 RotateLinkKey, StartDrill, PauseForRestore, ResumePaging, ReportAudit,
                 ReportTrouble, ForgetIncidents, LinkIncident, AdjustPriority, OverridePriority,
                 AddWindow, EndWindow, PingHeartbeat, ReportByPerson, TakeRequest, FinishRequest,
                 ConvertIncident, ConvertRequest, CategorizeIncident, HoldIncident, ResumeIncident,
                 DecideMajor, FlushTallies, Tick>;

// What the person or program that sent the command is told. Rendered by the API.
struct Answer {
  enum class Code : std::uint8_t {
    done,     // written, or already so (LCY-2)
    already,  // was true before; nothing written
    not_found,
    illegal_transition,  // 409
    forbidden,           // 403
    invalid,             // 422, `fields` says what
    reason_required,     // 422
    shed,                // 503
    expired,             // 410: the link was ours, and acts no more
  };
  Code code = Code::done;
  IncidentNumber incident;
  std::uint32_t revision = 0;
  RequestNumber request;
  bool restricted = false;  // what is said of the incident is not for everybody
  std::string id;           // of a silence or a window: its UUID
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields;
  Disposition disposition = Disposition::duplicate;  // of an alert
  std::string by;                                    // already: who did it
  Wall at{};                                         // and when
};

}  // namespace tocsin
