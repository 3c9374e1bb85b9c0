#pragma once
// The threads beside the sequencer's: one appends frames, one writes checkpoints, each with a
// single slot, so at most one frame is in flight and at most one checkpoint is being written; and
// one on which readers render what they asked for, so that no reader holds up a turn.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "daemon/engine/checkpoint.hpp"
#include "daemon/engine/sequencer.hpp"

namespace tocsin {

// A thread with one slot. offer() never blocks; `work` runs on the thread.
template <class Job>
class SingleSlot {
 public:
  explicit SingleSlot(std::function<void(Job&&)> work)
      : work_(std::move(work)), thread_([this] { run(); }) {}
  ~SingleSlot() { stop(); }
  bool idle() const {
    std::lock_guard lock(mutex_);
    return !job_ && !busy_;
  }
  // Only when idle.
  void offer(Job job) {
    std::lock_guard lock(mutex_);
    job_.emplace(std::move(job));
    changed_.notify_one();
  }
  // Finishes the job in hand, takes no other.
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
      changed_.wait(lock, [this] { return job_ || stopping_; });
      if (!job_) return;
      Job job = std::move(*job_);
      job_.reset();
      busy_ = true;
      lock.unlock();
      work_(std::move(job));
      lock.lock();
      busy_ = false;
    }
  }
  std::function<void(Job&&)> work_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Job> job_;
  bool busy_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

class ReaderThread {
 public:
  ReaderThread() : thread_([this] { run(); }) {}
  ~ReaderThread() { stop(); }
  void offer(std::function<void()> call) {
    std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
    changed_.notify_one();
  }
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
      changed_.wait(lock, [this] { return !calls_.empty() || stopping_; });
      if (calls_.empty()) return;
      auto call = std::move(calls_.front());
      calls_.pop_front();
      lock.unlock();
      call();
      call = nullptr;  // a snapshot must not outlive its use
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> calls_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tocsin
