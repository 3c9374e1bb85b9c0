#pragma once
// Closed lists of the vocabulary. Each has name() for logs, labels and texts, and parse() back.
// The numeric values stand in facts for ever: append, never reorder.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tocsin {

// Splits "a, b, c" (the stringified enumerators) at compile time.
template <std::size_t N>
constexpr std::array<std::string_view, N> split_names(std::string_view list) {
  std::array<std::string_view, N> out{};
  std::size_t begin = 0;
  for (std::size_t i = 0; i < N; ++i) {
    std::size_t end = list.find(',', begin);
    if (end == std::string_view::npos) end = list.size();
    out[i] = list.substr(begin, end - begin);
    begin = end + 1;
    while (begin < list.size() && list[begin] == ' ') ++begin;
  }
  return out;
}

template <class E>
struct EnumTable;  // count and names of an enumeration declared below

// clang-format off
#define TOCSIN_ENUM(Name, ...)                                                              \
  enum class Name : std::uint8_t { __VA_ARGS__, count_ };                                   \
  template <> struct EnumTable<Name> {                                                      \
    static constexpr std::size_t count = static_cast<std::size_t>(Name::count_);            \
    static constexpr std::array<std::string_view, count> names =                            \
        split_names<count>(#__VA_ARGS__);                                                   \
  }
// clang-format on

template <class E>
concept Named = requires {
  EnumTable<E>::count;
};

template <Named E>
constexpr std::string_view name(E e) {
  const auto i = static_cast<std::size_t>(e);
  return i < EnumTable<E>::count ? EnumTable<E>::names[i] : std::string_view("invalid");
}
template <Named E>
constexpr std::optional<E> parse(std::string_view text) {
  for (std::size_t i = 0; i < EnumTable<E>::count; ++i)
    if (EnumTable<E>::names[i] == text) return static_cast<E>(i);
  return {};
}
template <Named E>
constexpr std::size_t index(E e) {
  return static_cast<std::size_t>(e);
}

// What became of an event; exactly one each (BND-2). Names are metric labels.
TOCSIN_ENUM(Disposition, incident_opened, correlated, reopened, duplicate, out_of_order,
            orphan_resolve, held_then_cleared, silenced, maintenance_suppressed, inhibited,
            flapping, informational, service_request, work_item, change_record, heartbeat,
            unmatched, counted_below_threshold, shed, rejected_auth, rejected_malformed,
            quarantined);

TOCSIN_ENUM(Severity, critical, error, warning, info);
TOCSIN_ENUM(EventClass, alert, request, change, heartbeat);
TOCSIN_ENUM(Priority, P1, P2, P3, P4, P5);
TOCSIN_ENUM(Criticality, mission_critical, business_critical, important, low);
TOCSIN_ENUM(CiMatch, exact, alias, matcher, discovered, none, group);
TOCSIN_ENUM(Origin, webhook, syslog, api, form, mail, phone, chat, self);

// A person opened it, by whatever way.
constexpr bool by_people(Origin origin) {
  return origin >= Origin::api && origin <= Origin::chat;
}

// An alert row. held: waits out its hold-down. tombstone: a resolve whose firing was never seen.
TOCSIN_ENUM(AlertState, held, firing, stale, resolved, tombstone);
TOCSIN_ENUM(IncidentState, new_, in_progress, on_hold, resolved, closed, cancelled);

// Why an alert belongs to the incident it is in (BND-7), in the order in which it is asked.
TOCSIN_ENUM(JoinReason, opened_it, same_fingerprint, same_ci_and_subcategory, same_ci_recently,
            reopened_same_fingerprint, reopened_same_ci_and_subcategory, same_pool, upstream,
            same_ci, same_reporter);
TOCSIN_ENUM(ReopenTrigger, alert, person);

// page: somebody must act. inform: no wake-up. recall: it is over. notice: about tocsin itself.
TOCSIN_ENUM(PageKind, page, inform, recall, notice);
TOCSIN_ENUM(PageState, waiting, in_flight);
TOCSIN_ENUM(PageEnd, delivered, undeliverable, cancelled);
TOCSIN_ENUM(AttemptOutcome, accepted, refused, unknown, not_sent);

// Why a page was requested.
TOCSIN_ENUM(WhyPage, step_due, repeat_due, policy_exhausted, nobody_to_page, next_channel, recalled,
            restored_prompt, monitoring_silent, priority_raised, drill, parent_resolved,
            override_review, caller_reminded, no_response, hold_over, major_proposed,
            major_accepted, sla_risk, sla_breach);
// Why a page or an attempt ended without delivery.
TOCSIN_ENUM(WhyEnded, accepted_by_channel, acknowledged, resolved, all_channels_failed, refused,
            channel_gone, attempts_exhausted, superseded, closed, passed_on, silenced,
            parent_speaks, decided);
// Why an attempt was settled as it was.
TOCSIN_ENUM(WhySettled, channel_answered, older_epoch, lease_expired, channel_gone);
TOCSIN_ENUM(WhyMoved, policy_changed, all_channels_failed);

// What a deadline is about; the order is the order at one and the same instant (TIM-4), but for
// those whose turn is another one: see turn_of().
TOCSIN_ENUM(DeadlineKind, page_lease, page_retry, alert_hold, escalation, verify, prompt,
            auto_close, alert_stale, alert_retire, replan, silence, mute_sweep, reassess, family,
            storm, flapping, override_over, window_sweep, sources_sweep, heartbeat, heartbeat_sweep,
            request_over, hold, major, clock);

// Values stand in facts, so that what came later has its turn by name: clocks come before steps of
// the escalation, the end of a hold after a recovery and before what closes by itself, a decision
// of a major incident after both.
constexpr std::size_t turn_of(DeadlineKind kind) {
  if (kind == DeadlineKind::clock) return 2 * index(DeadlineKind::alert_hold) + 1;
  if (kind == DeadlineKind::hold) return 2 * index(DeadlineKind::verify) + 1;
  if (kind == DeadlineKind::major) return 2 * index(DeadlineKind::prompt) + 1;
  return 2 * index(kind);
}

// waiting: no sign of life yet since it is expected. missed: it is silent, and an alert says so.
TOCSIN_ENUM(HeartbeatState, waiting, alive, missed);

// What somebody asks for: waits, is with a person, is done.
TOCSIN_ENUM(RequestState, open, handed_over, done);

// pending: its time has not come. expired: remembered for a while, so that people can look it up.
TOCSIN_ENUM(SilenceState, pending, active, expired);
// What an incident waits for while it is on hold (6.4).
TOCSIN_ENUM(HoldReason, awaiting_caller, awaiting_vendor, awaiting_change, awaiting_problem,
            awaiting_window, customer_deferred, observing_fix);
// Why it waits no longer (T06).
TOCSIN_ENUM(WhyHoldEnded, person, its_end, answered, new_alert, higher_severity, raised_to_P1,
            with_parent, major);

// Whether it is a major incident (8.2). Once accepted it stays so when it is resolved.
TOCSIN_ENUM(MajorState, none, candidate, accepted, rejected, demoted);
// Why it may be one: MI-C1 to MI-C7, or a person says so.
TOCSIN_ENUM(MajorCriterion, C1, C2, C3, C4, C5, C6, C7, manual);
// withdrawn: there is nothing to decide any more, since another incident speaks for it.
TOCSIN_ENUM(MajorDecision, accepted, rejected, demoted, withdrawn);
// What a person does about it.
TOCSIN_ENUM(MajorAct, propose, accept, reject, demote);

// silence: holds pages back. window: what begins inside it is no incident before its end.
TOCSIN_ENUM(SuppressionKind, silence, window);
TOCSIN_ENUM(WhyExpired, its_end, by_person, replaced);
// Why the paging of an incident goes on after it was held.
TOCSIN_ENUM(WhyResumed, silence_over, other_alert, inhibition_over);

// Why an incident is the child of another one (BND-8, BND-9, LCY-14), and why it is no more.
TOCSIN_ENUM(WhyRelated, late_root_cause, storm, person, moved);
TOCSIN_ENUM(WhyDetached, parent_resolved_child_firing, parent_is_over, person,
            parent_resolved_child_reported, parent_resolved_child_waits,
            parent_resolved_child_major);
// What is under way about the incidents and alerts that belong to one incident: those that are
// there already are gathered when it opens; its children end with it; they wait while it waits.
TOCSIN_ENUM(FamilyJob, none, gather, cascade, follow);
// Why a priority that a person had set does not count any more.
TOCSIN_ENUM(WhyUnlocked, expired, by_person);

// Why nobody is paged at all.
TOCSIN_ENUM(WhyPaused, restored);
// What a page waits for that is asked for and not sent.
TOCSIN_ENUM(WhyQueued, channel_full, paging_paused, channel_recovered, first_in_line);

// What is agreed: how soon somebody answers, and how soon it works again (6.1). Why what is planned
// for such a clock is what it is, and why it was over the time.
TOCSIN_ENUM(ClockKind, response, resolution);
TOCSIN_ENUM(WhyPlanned, opened, reprioritised, held, went_on, reopened, fires_again, recomputed,
            clock_stepped);
TOCSIN_ENUM(WhyBreached, due, reprioritised, recomputed);

// How an incident ended (9.1); the class is in closure_class().
TOCSIN_ENUM(ClosureCode, fixed_permanent, config_corrected, capacity_added, hardware_replaced,
            resolved_by_change, rolled_back, resolved_by_problem, resolved_by_supplier,
            resolved_by_user, restarted_or_failed_over, workaround_applied, known_error_workaround,
            auto_recovered, external_outage_ended, resolved_with_parent, duplicate, no_fault_found,
            as_designed_or_user_error, no_response_from_caller, false_positive, planned_maintenance,
            converted_to_request, handed_to_security);
TOCSIN_ENUM(ClosureClass, fixed, workaround, self, parent, duplicate, no_fault, invalid,
            transferred);
TOCSIN_ENUM(CauseCode, unknown, software_defect, configuration, change_induced, capacity, hardware,
            network, supplier, power_environment, human_error, data, security_event,
            certificate_or_licence, dependency_failure, monitoring_defect);

// At closing: what a person said of its category, beside what it was opened as (CAT-5).
TOCSIN_ENUM(CategoryReview, match, mismatch, unconfirmed);

// What the process reports of itself: the one before ended badly; an input is refused because
// processes died of it; the disk has little space, or so little that no alert is taken; an
// integration sends more than its quota.
TOCSIN_ENUM(Trouble, ended_badly, input_quarantined, little_space, no_space, over_quota);

// Roles that tokens carry (11.1); permissions follow from them.
TOCSIN_ENUM(Role, viewer, requester, service_desk, engineer, group_lead, incident_manager,
            major_incident_manager, comms_lead, problem_manager, service_owner,
            service_level_manager, process_owner, auditor, administrator, event_source);

constexpr ClosureClass closure_class(ClosureCode code) {
  switch (code) {
    case ClosureCode::restarted_or_failed_over:
    case ClosureCode::workaround_applied:
    case ClosureCode::known_error_workaround:
      return ClosureClass::workaround;
    case ClosureCode::auto_recovered:
    case ClosureCode::external_outage_ended:
      return ClosureClass::self;
    case ClosureCode::resolved_with_parent:
      return ClosureClass::parent;
    case ClosureCode::duplicate:
      return ClosureClass::duplicate;
    case ClosureCode::no_fault_found:
    case ClosureCode::as_designed_or_user_error:
    case ClosureCode::no_response_from_caller:
      return ClosureClass::no_fault;
    case ClosureCode::false_positive:
    case ClosureCode::planned_maintenance:
    case ClosureCode::converted_to_request:
      return ClosureClass::invalid;
    case ClosureCode::handed_to_security:
      return ClosureClass::transferred;
    default:
      return ClosureClass::fixed;
  }
}

// The word users see for a state; `new` is a keyword of the language.
constexpr std::string_view state_word(IncidentState s) {
  return s == IncidentState::new_ ? std::string_view("new") : name(s);
}

}  // namespace tocsin
