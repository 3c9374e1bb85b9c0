#pragma once
// Commands of persons and channels that wait for their turn, and by when that has to be. What
// nobody waits for, such as an attempt that failed and is to be made again, goes with the next
// frame that is made anyway: a frame of its own would have to be synced, and a page that comes
// meanwhile would wait for that. Order is kept: patience moves the turn, not a command in it.
// Not locked: the engine's `mutex` is held.

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include "daemon/engine/sequencer.hpp"

namespace tocsin {

class CommandLane {
 public:
  using Steady = std::chrono::steady_clock;

  void push(Work work, Steady::time_point by) {
    by_ = waiting_.empty() ? by : std::min(by_, by);
    waiting_.push_back(std::move(work));
  }

  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  Steady::time_point by() const { return empty() ? Steady::time_point::max() : by_; }
  bool due(Steady::time_point now) const { return by() <= now; }

  std::deque<Work> take() { return std::exchange(waiting_, {}); }

 private:
  std::deque<Work> waiting_;
  Steady::time_point by_{};  // the earliest that any of them asked for
};

}  // namespace tocsin
