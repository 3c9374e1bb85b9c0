#pragma once
// The daemon without a body: settings, a clock that only its user moves, and whatever is to be
// heard and done at which time. The sequencer, the journal, the recovery and the checkpoint are
// those of the daemon, on a store in memory; channels answer at once, as they are told to. `tocsin
// test` runs what users expect of their configuration with it, and a replay what was recorded.
//
// Owner: whoever rehearses. One thread. Nothing leaves it, and nothing is read: no clock, no file,
// no chance. The same calls give the same facts. Nobody sets the clock, so wall time is all that is
// asked for and told.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/model/alert.hpp"
#include "rules/model/command.hpp"
#include "rules/model/page.hpp"
#include "rules/model/state.hpp"
#include "rules/story.hpp"

namespace tocsin {

// How a channel answers an attempt, and after how long.
struct ChannelReply {
  AttemptOutcome outcome = AttemptOutcome::accepted;
  Span after{};
  std::string detail;
};

struct RehearsalOptions {
  Wall start{};
  // Keys the fingerprints. A replay takes that of the store it reads.
  Fingerprint secret{1, 1};
  // A state to begin with, as rows of a checkpoint: keys and values. Nothing given: an empty store.
  std::vector<std::pair<std::string, std::string>> rows;
  // Whoever never asks for a timeline() has no log: what happened is dropped as it is told.
  bool keeps_stories = true;
  // Every fact as it is written, in order. The view lives as long as the call.
  std::function<void(const FactView&)> fact;
  // Every attempt as it leaves. Nothing given: each is accepted at once.
  std::function<ChannelReply(const SendOrder&, Wall at)> channel;
};

// The same, where nobody does anything: no heartbeat is ever missed, since nobody pings, and a
// record has those that were, like any other alert; requests have no bound, since nobody finishes
// them.
std::shared_ptr<const Settings> without_people(std::shared_ptr<const Settings> settings);

// What became of one event. No disposition: it is held back, and has none yet.
struct Heard {
  std::optional<Disposition> disposition;
  Fingerprint alert;
  IncidentNumber incident;  // none: it is in none
};

class Rehearsal {
 public:
  Rehearsal(std::shared_ptr<const Settings> settings, RehearsalOptions options);
  ~Rehearsal();

  Wall now() const;
  const State& state() const;
  std::shared_ptr<const Snapshot> snapshot();
  const std::shared_ptr<const Settings>& settings() const;

  // Everything that is due before `to` happens, and it is `to`. What is due at that very instant
  // comes after what is given then, as it does in service (TIM-4); finish() does that, too.
  void advance(Wall to);
  void finish(Wall to);
  // When something happens by itself, at the earliest.
  std::optional<Wall> next_due() const;

  // Now. `integration` that the settings do not know counts with those that have no place.
  std::vector<Heard> receive(const AlertBatch& batch, std::string_view integration);
  // Another time than now, of an event that was recorded with the time of its receipt.
  std::vector<Heard> receive(const AlertBatch& batch, std::string_view integration,
                             Wall received_at);
  // Events that ended before a decision: counted.
  void reject(std::string_view integration, Disposition disposition, std::uint32_t count = 1);
  Answer give(Command command);
  void apply(std::shared_ptr<const Settings> settings);  // as a reload does

  // The story of an incident, from its first entry on.
  std::vector<TimelineEntry> timeline(IncidentNumber incident);
  // A law that is broken now; slow, so nobody asks it but tests.
  std::optional<std::string> broken() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
