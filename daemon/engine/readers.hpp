#pragma once
// Who reads waits here for a copy of the state. A copy is asked of the sequencer when somebody
// needs one, at most ten times a second, serves everybody who waits, and leaves when what it shows
// is durable. Owns the thread on which readers use their copies, so that none holds up a turn, and
// a lock of its own, which is taken last: no call from here comes back into the engine under it.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "daemon/engine/workers.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

class Readers {
 public:
  using Copy = std::shared_ptr<const Snapshot>;
  using Use = std::function<void(Copy)>;
  using Steady = std::chrono::steady_clock;

  // ---- any thread ----

  // A copy as new as frame `after`; nullptr when there is none.
  Copy fresh(std::uint64_t after) const;
  // `use` gets such a copy on the readers' thread, or nullptr when none came within a second.
  void wait(std::uint64_t after, Use use);
  bool waiting() const;
  bool came() const;  // somebody has begun to wait since the last serve()

  // ---- the loop's thread ----

  void start();
  // Whether a copy has to be taken now: somebody waits for one, and frame `head` is new enough.
  bool copy_wanted(std::uint64_t head, Steady::time_point now);
  void published(Copy copy, Steady::time_point now);
  // Gives what there is to those who wait; `last` sends everybody away.
  void serve(Steady::time_point now, bool last);
  // A copy that nobody can use any more keeps everything that was replaced since; it is taken down
  // where that holds up no turn.
  void forget_old(std::uint64_t head, Steady::time_point now);
  void stop();

 private:
  struct Waiting {
    std::uint64_t after;
    Use use;
    Steady::time_point until;
  };
  bool is_fresh(std::uint64_t after) const { return latest_ && latest_->globals.seq >= after; }

  mutable std::mutex mutex_;
  std::vector<Waiting> waiting_;
  bool came_ = false;
  Copy latest_;
  Steady::time_point latest_at_{};
  bool asked_ = false;  // a copy is on its way
  Steady::time_point asked_at_{};
  std::unique_ptr<WorkThread<std::function<void()>>> thread_;
};

}  // namespace tocsin
