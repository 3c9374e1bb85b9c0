#pragma once
// One life of the core on a store in memory: what the engine does with threads, a clock and a disk,
// done by hand and one step at a time. The sequencer, the journal, the recovery and the checkpoint
// are those of the daemon. Destroying a node without close() is a crash; the store is what
// survives.
//
// Owner: a scenario or a world of the simulator. One thread.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/engine/checkpoint.hpp"
#include "daemon/engine/recover.hpp"
#include "daemon/engine/sequencer.hpp"
#include "daemon/journal/crashing_journal.hpp"
#include "daemon/journal/memory_journal.hpp"

namespace tocsin::sim {

// What the machine says when a process starts.
struct Machine {
  std::int64_t boot_ms = 0;  // elapsed since boot
  Wall wall{};
  std::string boot = "boot-1";
};

using Compile = std::function<std::shared_ptr<const Settings>(const std::string& text)>;

class Node {
 public:
  // `cue` says where to crash; `random` gives 64 bits for frame ids and secrets.
  Node(MemoryStore& store, std::function<CrashAt(CrashStep)> cue,
       std::function<std::uint64_t()> random);

  // Steps 1 to 8 of an opening. A sentence when the process would not start.
  std::optional<std::string> open(const Machine& machine, const Compile& compile,
                                  std::shared_ptr<const Settings> wanted);
  // After open(), in place of a life: what `tocsin backup restore` does to a copied store.
  Append restore(const PauseForRestore& pause);
  // What the first turn decides: the epoch, a loss, the clock, the configuration.
  std::deque<Work> first_works(const Machine& machine,
                               const std::shared_ptr<const Settings>& wanted) const;

  Instant now(const Machine& machine) const;  // of the log's elapsed time
  // The step that the wall clock has made; nothing below two seconds.
  std::optional<StepClock> clock_step(const Machine& machine) const;

  Append append(const Turn& turn);
  // A checkpoint at the last turn; that has to be durable. True when it was installed.
  bool checkpoint();

  State state;
  Checkpointer checkpointer;
  MemoryJournal memory;
  CrashingJournal journal;
  Recovered found;
  std::unique_ptr<Sequencer> sequencer;
  std::uint64_t durable = 0;
  Marker marker;

 private:
  std::function<std::uint64_t()> random_;
  Instant base_at_{};
  std::int64_t base_boot_ms_ = 0;
};

}  // namespace tocsin::sim
