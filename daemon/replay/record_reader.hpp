#pragma once
// Facts of a log in, a record out. `from` is where the replay begins; facts before it tell what
// was there already. `head` is the state at the end of the log: what began before its oldest frame
// and still lives has its words there.
//
// One thread. Bounds: see Record.

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <map>
#include <string_view>

#include "daemon/replay/record.hpp"
#include "rules/model/codec.hpp"

namespace tocsin {

class RecordReader {
 public:
  RecordReader(const State& head, Instant from);

  // In order. False: it was enough.
  bool fact(const FactView& view);
  // `end` of the log. The reader may not be used any more.
  Record finish(Instant end);

 private:
  // An alert as the log tells it so far.
  struct Track {
    std::string_view text;
    Wall starts_at{};
    std::uint32_t last = no_event;   // its last event
    std::uint32_t known = no_event;  // among those that are known from before
    IncidentNumber incident;
    std::uint8_t source = 0;
    EventClass sent_as = EventClass::alert;
    bool firing = false;
    bool from_head = false;  // nothing but the state at the end knows how it began
  };
  using Key = Fingerprint;

  void on(const AlertOpened& f);
  void on(const AlertChanged& f);
  void on(const AlertAnnotated& f);
  void on(const AlertRefreshed& f);
  void on(const AlertStale& f);
  void on(const AlertResolved& f);
  void on(const AlertForgotten& f);
  void on(const AlertLinked& f);
  void on(const AlertRelinked& f);
  void on(const EventSetAside& f);
  void counted(Track& track, const EventSetAside& f);
  void on(const Tallied& f);
  void on(const SourceNamed& f);
  void on(const ClockStepped& f);
  void on(const SilenceCreated& f);
  void on(const WindowCreated& f);
  void on(const SilenceUpdated& f);
  void on(const SilenceExpired& f);
  void on(const IncidentAcknowledged& f);
  void on(const NoteAdded& f);
  void on(const IncidentResolved& f);
  void on(const IncidentClosed& f);
  void on(const IncidentReopened& f);
  void on(const DrillStarted& f);
  void on(const PriorityAdjusted& f);
  void on(const IncidentCategorized& f);
  void on(const PriorityOverridden& f);
  void on(const IncidentRelated& f);
  void on(const IncidentDetached& f);
  template <class F>
  void on(const F&) {}

  bool inside() const { return at_ >= from_; }
  std::string_view keep(std::string_view text);
  Track* track(const Key& alert);
  void begin();
  void fired_before(Track& track);
  void was_there(Track& track);
  void add(Track& track, RecordedEvent event);
  void linked(Track& track, IncidentNumber incident);
  void over_at(Track& track, Instant at);
  void silence(RecordedSilence::What what, SilenceId id, const RecordedSilence& words);
  void left_out(std::string_view what, IncidentNumber incident, Text by);
  void add_untouched();

  const State& head_;
  const Instant from_;
  Record out_;
  Instant at_{};
  bool begun_ = false;
  std::uint64_t text_bytes_ = 0;
  absl::flat_hash_map<Key, Track, U128Hash> tracks_;
  absl::flat_hash_set<std::string_view, TextHash, TextEqual> texts_;
  std::vector<RecordedEvent> known_;               // fired before the record begins
  std::map<SilenceId, RecordedSilence> silences_;  // alive, as they are
};

}  // namespace tocsin
