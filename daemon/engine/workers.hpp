#pragma once
// The threads beside the sequencer's: one appends frames, one writes checkpoints, and on one
// readers use the copies that they asked for, so that none of them holds up a turn.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "daemon/engine/checkpoint.hpp"
#include "daemon/engine/sequencer.hpp"

namespace tocsin {

// A thread that works off jobs in order. offer() never blocks; `work` runs on the thread. Who wants
// one job at a time asks idle() first: so at most one frame is in flight, and at most one
// checkpoint is being written.
template <class Job>
class WorkThread {
 public:
  explicit WorkThread(std::function<void(Job&&)> work)
      : work_(std::move(work)), thread_([this] { run(); }) {}
  ~WorkThread() { stop(); }
  bool idle() const {
    std::lock_guard lock(mutex_);
    return jobs_.empty() && !busy_;
  }
  void offer(Job job) {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    changed_.notify_one();
  }
  // Finishes what was offered, then ends the thread.
  void stop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return !jobs_.empty() || stopping_; });
      if (jobs_.empty()) return;
      std::optional<Job> job(std::move(jobs_.front()));
      jobs_.pop_front();
      busy_ = true;
      lock.unlock();
      work_(std::move(*job));
      job.reset();  // what it holds, a snapshot say, must not outlive its use
      lock.lock();
      busy_ = false;
    }
  }
  std::function<void(Job&&)> work_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool busy_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tocsin
