#include "daemon/engine/clock.hpp"

#include <time.h>

#include <algorithm>
#include <fstream>

namespace tocsin {
namespace {

std::int64_t read_ms(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return std::int64_t{t.tv_sec} * 1000 + t.tv_nsec / 1'000'000;
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace

std::int64_t Clock::boot_ms() const {
  return read_ms(CLOCK_BOOTTIME);
}
Wall Clock::wall() const {
  return {read_ms(CLOCK_REALTIME)};
}
Instant Clock::now() const {
  return base_at_ + Span{std::max<std::int64_t>(0, boot_ms() - base_boot_ms_)};
}

void Clock::resume(const Globals& g) {
  boot_ = boot_id();
  base_boot_ms_ = boot_ms();
  if (g.seq == 0) {
    base_at_ = {wall().ms};  // a new store counts from the wall clock of its first second
  } else if (!boot_.empty() && boot_ == g.boot && base_boot_ms_ >= g.boot_ms) {
    base_at_ = later(g.at, g.boot_at + Span{base_boot_ms_ - g.boot_ms});
  } else {
    const std::int64_t away = wall().ms - g.wall(g.at).ms;
    base_at_ = g.at + Span{std::clamp<std::int64_t>(away, 0, hours(24).ms)};
  }
}

}  // namespace tocsin
