#include "daemon/cli/notify.hpp"

#include <systemd/sd-daemon.h>

#include <atomic>
#include <chrono>

namespace tocsin::cli {
namespace {

std::int64_t monotonic_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void notify_ready(const std::string& status) {
  sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
}

void notify_reloading() {
  sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_us())).c_str());
}

void notify_stopping() {
  sd_notify(0, "STOPPING=1");
}

void notify_alive() {
  static std::atomic<std::int64_t> last{0};
  const std::int64_t now = monotonic_us();
  std::int64_t before = last.load();
  if (now - before < 1'000'000 || !last.compare_exchange_strong(before, now)) return;
  sd_notify(0, "WATCHDOG=1");
}

void notify_patience(std::chrono::seconds patience) {
  std::uint64_t unit_us = 0;
  if (sd_watchdog_enabled(0, &unit_us) <= 0) return;
  const std::uint64_t us =
      patience.count() > 0 ? static_cast<std::uint64_t>(std::chrono::microseconds(patience).count())
                           : unit_us;
  sd_notify(0, ("WATCHDOG_USEC=" + std::to_string(us)).c_str());
}

std::vector<int> handed_over_sockets() {
  std::vector<int> out;
  const int count = sd_listen_fds(1);
  for (int i = 0; i < count; ++i) out.push_back(SD_LISTEN_FDS_START + i);
  return out;
}

}  // namespace tocsin::cli
