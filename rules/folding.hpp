#pragma once
// One short function per fact, by subject, and no other logic: which of them is called is told by
// fold.cpp, what they do by the files fold_*.cpp. Nothing else includes this.

#include "rules/fold.hpp"

namespace tocsin {

// Friend of State: the only code that changes it.
struct Fold {
  State& s;
  Instant at;
  std::string_view bytes;
  bool ok = true;

  Globals& g() { return s.globals_; }

  // The row a fact speaks of; a fact about a row that is not there is not from this log.
  AlertRow* alert(const Fingerprint& f, std::uint32_t& slot) {
    slot = s.by_fingerprint_.find(f);
    if (slot == no_slot) return ok = false, nullptr;
    return &s.alerts_.change(slot);
  }
  IncidentRow* incident(IncidentNumber n, std::uint32_t& slot) {
    slot = s.incident_slot(n);
    if (slot == no_slot) return ok = false, nullptr;
    return &s.incidents_.change(slot);
  }
  // Changes a page through `how`, keeping the index of its channel right.
  template <class How>
  void page(PageId id, How&& how) {
    const std::uint32_t slot = s.page_slot(id);
    if (slot == no_slot) {
      ok = false;
      return;
    }
    s.index_page(s.pages_.at(slot), false);
    PageRow& row = s.pages_.change(slot);
    how(row);
    s.index_page(row, true);
    s.arm_page(slot);
  }
  // Changes an incident through `how`; every change is a revision and re-arms its deadlines.
  template <class How>
  void change(IncidentNumber n, How&& how) {
    std::uint32_t slot;
    IncidentRow* row = incident(n, slot);
    if (!row) return;
    const IncidentRow before = *row;
    how(*row);
    ++row->revision;
    if (before.is_down() != row->is_down()) s.index_down(*row, row->is_down());
    s.known_for_services_ += row->known_for_services();
    s.known_for_services_ -= before.known_for_services();
    s.arm_incident(slot, &before);
  }
  // Changes a silence through `how`, and re-arms its deadlines.
  template <class How>
  void silence(SilenceId id, How&& how) {
    const std::uint32_t slot = s.silence_slot(id);
    if (slot == no_slot) return void(ok = false);
    SilenceRow& row = s.silences_.change(slot);
    row.changed_at = at;
    how(row);
    s.arm_silence(slot);
  }

  // ---- fold_store.cpp ----
  void on(const StoreCreated&);
  void on(const FormatRaised&);
  void on(const EpochTaken&);
  void on(const ClockStepped&);
  void on(const ConfigApplied&);
  void on(const SourceNamed&);
  void on(const HistoryLost&);
  void on(const LossConfirmed&);
  void on(const PagingPaused&);
  void on(const PauseEnded&);
  void on(const LinkKeyMade&);
  void on(const ChannelForgotten&);
  void on(const Tallied&);
  void on(const ReplanAdvanced&);

  // ---- fold_alerts.cpp ----
  void on(const AlertOpened&);
  void on(const AlertChanged&);
  void on(const AlertAnnotated&);
  void on(const AlertRefreshed&);
  void on(const AlertStale&);
  void on(const AlertResolved&);
  void on(const AlertKept&);
  void on(const EventSetAside&) {}  // a record for `tocsin replay`; its tally counts it
  void on(const AlertForgotten&);
  void on(const AlertSuppressed&);
  void on(const WindowsAdvanced&);
  void on(const AlertInhibits&);
  void on(const SourcesAdvanced&);
  void count_in(AlertRow& row, bool firing, bool stale);
  void reword(AlertRow& row, Text text, std::string_view extra);
  void unmute(AlertRow& row);

  void on(const EventCounted&);
  void on(const CountForgotten&);

  // ---- fold_incidents.cpp ----
  void on(const IncidentOpened&);
  void on(const DrillStarted&);
  void on(const AlertLinked&);
  void on(const AlertRelinked&);
  void on(const IncidentReopened&);
  void on(const PriorityChanged&);
  void on(const IncidentAcknowledged&);
  void on(const NoteAdded&);
  void on(const RecoverySeen&);
  void on(const VerifyFailed&);
  void on(const RestoredPrompted&);
  void on(const IncidentResolved&);
  void on(const IncidentClosed&);
  void on(const IncidentForgotten&);
  void on(const EscalationStepped&);
  void on(const StepHeld&);
  void on(const LoweringProposed&);
  void on(const ReassessmentPlanned&);
  void on(const PriorityAdjusted&);
  void on(const IncidentCategorized&);
  void on(const PriorityOverridden&);
  void on(const OverrideEnded&);
  void on(const PriorityCalculated&);
  void on(const IncidentRestricted&);
  void on(const ExposureConfirmed&);
  void on(const KnownErrorMatched&);
  template <class F>
  void prioritize(IncidentRow& incident, const F& fact);
  static void unlock(IncidentRow& incident);
  void on(const DeadlineMoved&);
  void on(const PagingHeld&);
  void on(const PagingResumed&);
  void on(const MutesAdvanced&);
  void on(const AlertReleased&);
  void on(const PagingInhibited&);
  void on(const InhibitionEnded&);
  void unhold(IncidentRow& row);
  void timeline(IncidentNumber n);
  void reword(IncidentRow& row, const IncidentWords& words);
  void start_cycle(IncidentRow& i, std::uint16_t cycle, Instant due);
  void retire_if_done(IncidentNumber n);

  // ---- fold_families.cpp ----
  void on(const StormWatched&);
  void on(const StormStarted&);
  void on(const StormChecked&);
  void on(const StormEnded&);
  void on(const StormJoined&);
  void on(const IncidentRelated&);
  void on(const IncidentDetached&);
  void on(const FamilyAdvanced&);
  void on(const AlertRefired&);
  void on(const AlertFlapping&);
  void began_to_fire(AlertState state, AlertState before);
  void count_flapping(IncidentNumber n, bool one_more);
  void keep_flaps(AlertRow& row, const FlapTimes& flaps);

  // ---- fold_holds.cpp ----
  void on(const HoldStarted&);
  void on(const HoldEnded&);
  void on(const CallerReminded&);
  void on(const MajorProposed&);
  void on(const MajorDecided&);
  void on(const MajorReviewPlanned&);
  void end_hold(IncidentRow& i);
  void withdraw(IncidentRow& i);
  void look_if_held(IncidentRow& i);

  // ---- fold_silences.cpp ----
  void on(const SilenceCreated&);
  void on(const WindowCreated&);
  void on(const SilenceUpdated&);
  void on(const SilenceStarted&);
  void on(const SilenceExpired&);
  void on(const SilenceForgotten&);
  void silences_follow_the_clock();
  void reassessments_follow_the_clock(std::int64_t by_ms);
  void reword(SilenceRow& row, const SilenceWords& words);

  // ---- fold_heartbeats.cpp ----
  void on(const HeartbeatAdded&);
  void on(const HeartbeatPlanned&);
  void on(const HeartbeatSeen&);
  void on(const HeartbeatExcused&);
  void on(const HeartbeatMissed&);
  void on(const HeartbeatRemoved&);
  void on(const HeartbeatsAdvanced&);
  template <class How>
  void heartbeat(Text name, How&& how);

  // ---- fold_requests.cpp ----
  void on(const RequestOpened&);
  void on(const RequestTaken&);
  void on(const RequestDone&);
  void on(const RequestForgotten&);
  void on(const IncidentReported&);
  void on(const RecoveryLeftToPeople&);
  void on(const IncidentConverted&);
  void on(const RequestConverted&);
  void remember(RecentReport report);
  template <class How>
  void request(RequestNumber n, How&& how);

  // ---- fold_clocks.cpp ----
  void on(const ClocksStarted&);
  void on(const ClockPlanned&);
  void on(const ClockWarned&);
  void on(const ClockBreached&);
  void on(const ClockEnded&);
  void on(const ClockTold&);
  void clock_runs_again(IncidentRow& incident);
  void children_are_answered(IncidentNumber parent);
  void untell(const PageRow& page);

  // ---- fold_pages.cpp ----
  void on(const PageRequested&);
  void on(const PageQueued&);
  void on(const AttemptStarted&);
  void on(const AttemptSettled&);
  void on(const PageEnded&);
  void forget_delivered(const PageRequested&);
  bool of_drill(IncidentNumber n) const;
  ChannelHealth* health_of(const std::string& channel);
  void channel_took(const std::string& channel);
  std::uint8_t channel_label(std::string_view channel);
  void forget_same_reader(const PageRow& kept);
};

}  // namespace tocsin
