#pragma once
// The running core: owns the sequencer, its thread, the committer, the checkpoint thread and the
// clock. Made by main; every other part of the body talks to it through the calls below, from any
// thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/engine/in_hand.hpp"
#include "daemon/journal/journal.hpp"
#include "rules/model/command.hpp"
#include "rules/model/page.hpp"
#include "rules/model/settings.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

enum class LogLevel { debug, info, warning, error };
using LogSink = std::function<void(LogLevel, std::string_view event, std::string_view detail)>;

TOCSIN_ENUM(BackupState, none, running, done, failed);

enum class [[nodiscard]] Offer{taken, full, stopping};

// One request of a sender on its way through the core. Filled by the I/O thread.
struct AlertsRequest {
  std::shared_ptr<AlertBatch> batch;
  std::vector<Prepared> prepared;  // same order as batch->alerts; views into batch and settings
  std::shared_ptr<const Settings> settings;  // that `prepared` was made with
  std::uint8_t source = 0;
  Wall received_at{};
  // What is told to the sender beside that it is stored: filled by the sequencer before `done`.
  struct Told {
    std::vector<RequestNumber> requests;  // of events that ask for something
    std::size_t shed = 0;                 // there was no room for what they ask for
  };
  std::shared_ptr<Told> told;  // null: nobody wants to know

  // Called once, when every alert's disposition is durable (also when nothing was written).
  std::function<void(bool stored, std::uint64_t seq)> done;

  // Has a critical alert or an end in it: such a request is the last to be refused for want of
  // room.
  bool urgent() const;
};

struct EngineOptions {
  // Alerts waiting, all requests together. What is not urgent finds less room, so that urgent ones
  // are taken while it is refused, and wait behind a quarter of a second of it at most. All keep
  // the order they came in: an end never overtakes its fire. One source has three quarters of
  // either room at most: who floods is refused while the others are taken.
  std::size_t inbox_alerts_max = 100'000;
  std::size_t inbox_ordinary_max = 25'000;
  std::size_t inbox_commands_max = 10'000;
  Span checkpoint_every = seconds(10);
  std::size_t tail_bytes_max = 64u << 20;
  std::size_t tail_facts_max = 250'000;
  std::string version = "0";
  std::vector<ReportTrouble> troubles;  // what is known about the process when it starts
};

struct EnginePorts {
  Journal* journal = nullptr;
  // Compiles a stored configuration text; nullptr when this version cannot read it.
  std::function<std::shared_ptr<const Settings>(const std::string& text)> compile;
  // Durable attempts on their way out. Must answer every one through settle().
  std::function<void(std::vector<SendOrder>)> send;
  LogSink log;
  std::function<void()> alive;  // after a completed turn, at least every 5 s: feeds the watchdog
  std::function<void(const std::string& why)> failing;  // right before the process ends itself
  // Inputs that are not taken any more: processes before this one died of them. May be empty.
  std::function<bool(const Input&)> quarantined;
  // What is wanted at the start, together with what only the stored text has: CIs that were
  // imported. nullptr: the two do not fit, and the stored configuration is used. May be empty.
  std::function<std::shared_ptr<const Settings>(std::shared_ptr<const Settings> wanted,
                                                const std::string& stored)>
      complete;
};

struct StartResult {
  bool ok = false;
  bool locked = false;
  bool store_lost = false;  // it cannot be opened or written as it is; trying again may help
  std::string message;      // why not, or what was found
  bool history_lost = false;
  bool stored_config = false;  // runs on the configuration of the store, the file was not usable
};

class Engine {
 public:
  Engine(EngineOptions options, EnginePorts ports);
  ~Engine();

  // Opens the journal, recovers, takes the epoch, applies `wanted` (nullptr: the file is broken;
  // the stored configuration is used if there is one) and starts the threads.
  StartResult start(std::shared_ptr<const Settings> wanted);

  Offer offer(AlertsRequest request);
  Offer offer(Command command, std::function<void(const Answer&, std::uint64_t seq)> done = {});
  // Whoever brings one is told; it is never decided. Commands are asked about by offer().
  bool quarantined(const Input& input) const;
  void settle(SettleAttempt outcome);  // never refused: an outcome is owed
  void count_rejected(std::uint8_t source, Disposition disposition, std::uint32_t count);

  // A consistent copy of all tables, at least as new as everything durable now (who wrote, reads
  // what was written) and as the frame `after`, for which it waits up to 1 s; nullptr when that did
  // not come. Copies are shared and made at most ten times a second, so a reader may wait 100 ms.
  void read(std::uint64_t after, std::function<void(std::shared_ptr<const Snapshot>)> use);
  // Blocking form, for tools and tests.
  std::shared_ptr<const Snapshot> read_now(std::uint64_t after = 0);
  // An archived row of an incident (timeline, closed incident): the snapshot's pending entries
  // first, then the disk.
  std::optional<std::string> archived(const Snapshot& snapshot, IncidentNumber incident,
                                      const std::string& key) const;
  // All its archived rows whose key starts with `prefix`, by key: a whole timeline in one pass.
  std::map<std::string, std::string> archived_under(const Snapshot& snapshot,
                                                    IncidentNumber incident,
                                                    const std::string& prefix) const;

  std::shared_ptr<const Settings> settings() const;  // in force
  Fingerprint secret() const;
  std::uint8_t source_slot(std::string_view name) const;  // the collecting slot when unknown
  Wall wall_now() const;

  struct Health {
    bool ready = false;
    bool history_lost = false;
    bool paused = false;  // nobody is paged before a person resumes it: the store was restored
    Wall backup_at{};     // from this backup
    std::uint64_t backup_seq = 0;
    bool accepting = false;  // false: below the floor, tail too long, stopping
    std::string why;
    bool stuck = false;  // the store takes nothing of what is decided: see stuck_writes.hpp
    std::uint64_t durable = 0, checkpoint = 0, epoch = 0;
    std::size_t inbox = 0;
  };
  Health health() const;
  StoreMemory store_memory() const;

  // A backup into a folder that does not exist, on threads of its own; `full` while one is made.
  Offer back_up(std::string folder);
  struct Backup {  // the last one
    BackupState state = BackupState::none;
    std::string folder, digest, message;
    Wall started_at{}, ended_at{};
    std::uint64_t frame = 0, files = 0, bytes = 0;
    Wall good_at{};  // when one was last good
  };
  Backup backup() const;

  // Stops taking, finishes what is in hand, writes a last checkpoint, closes the journal.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
