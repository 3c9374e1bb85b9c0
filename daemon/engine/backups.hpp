#pragma once
// The backups of a running store, one at a time. Somebody asks; the loop freezes the store where no
// frame is on its way, on the thread that appends; the rest is done on a thread of its own. Has a
// lock of its own, which is taken last.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/engine/backup.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/engine/workers.hpp"

namespace tocsin {

class Backups {
 public:
  // Before anything else. `wall` may be called by any thread.
  void start(Journal& journal, std::string version, LogSink log, std::function<Wall()> wall);

  // ---- any thread ----
  Offer ask(std::string folder);  // `full` while one is made
  Engine::Backup last() const;

  // ---- the loop's thread ----
  bool wanted() const;                    // the store has to be frozen
  FrozenStore moment(const State& state,  // of a turn boundary, at which everything is durable
                     std::shared_ptr<const Snapshot> snapshot);
  void stop();  // gives up what is not whole

  // ---- the thread that appends ----
  void freeze(FrozenStore store);

 private:
  void write(FrozenStore&& store, std::string why);

  Journal* journal_ = nullptr;
  std::string version_;
  LogSink log_;
  std::function<Wall()> wall_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  bool wanted_ = false;
  Engine::Backup last_;
  std::unique_ptr<WorkThread<std::function<void()>>> thread_;
};

}  // namespace tocsin
