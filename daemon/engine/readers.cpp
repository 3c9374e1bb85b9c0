#include "daemon/engine/readers.hpp"

#include <utility>

namespace tocsin {
namespace {

constexpr auto copy_every = std::chrono::milliseconds(100);
constexpr auto copy_kept = std::chrono::seconds(1);
constexpr auto patience = std::chrono::seconds(1);

}  // namespace

Readers::Copy Readers::fresh(std::uint64_t after) const {
  std::lock_guard lock(mutex_);
  return is_fresh(after) ? latest_ : nullptr;
}
void Readers::wait(std::uint64_t after, Use use) {
  std::lock_guard lock(mutex_);
  waiting_.push_back({after, std::move(use), Steady::now() + patience});
  came_ = true;
}
bool Readers::waiting() const {
  std::lock_guard lock(mutex_);
  return !waiting_.empty();
}
bool Readers::came() const {
  std::lock_guard lock(mutex_);
  return came_;
}

void Readers::start() {
  thread_ = std::make_unique<WorkThread<std::function<void()>>>(
      [](std::function<void()>&& call) { call(); });
}

bool Readers::copy_wanted(std::uint64_t head, Steady::time_point now) {
  std::lock_guard lock(mutex_);
  came_ = false;
  bool wanted = false;
  for (const Waiting& w : waiting_) wanted |= !is_fresh(w.after) && w.after <= head;
  if (!wanted || asked_ || now - asked_at_ < copy_every) return false;
  asked_ = true;
  asked_at_ = now;
  return true;
}

void Readers::published(Copy copy, Steady::time_point now) {
  std::lock_guard lock(mutex_);
  latest_ = std::move(copy);
  latest_at_ = now;
  asked_ = false;
}

void Readers::serve(Steady::time_point now, bool last) {
  std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](Waiting& w) {
    const bool fresh = is_fresh(w.after);
    if (!fresh && now < w.until && !last) return false;
    thread_->offer([use = std::move(w.use), copy = fresh ? latest_ : nullptr] { use(copy); });
    return true;
  });
}

void Readers::forget_old(std::uint64_t head, Steady::time_point now) {
  std::lock_guard lock(mutex_);
  if (!latest_ || now - latest_at_ < copy_kept || latest_->globals.seq >= head) return;
  thread_->offer([old = std::exchange(latest_, nullptr)] {});
}

void Readers::stop() {
  thread_->stop();
}

}  // namespace tocsin
