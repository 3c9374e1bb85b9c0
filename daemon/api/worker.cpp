#include "daemon/api/worker.hpp"

#include "daemon/net/thread.hpp"

namespace tocsin::api {

Worker::Worker(const std::string& name, std::size_t jobs_max, Haste haste)
    : jobs_max_(jobs_max), thread_(net::start_thread(name, [this, haste] {
        if (haste == Haste::others_first) net::let_others_go_first();
        run();
      })) {}

Worker::~Worker() {
  stop();
}

bool Worker::post(Job job) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || jobs_.size() >= jobs_max_) return false;
  jobs_.push_back(std::move(job));
  more_.notify_one();
  return true;
}

void Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    more_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    more_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds dies outside the lock
    lock.lock();
  }
}

}  // namespace tocsin::api
