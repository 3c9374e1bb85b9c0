#include "daemon/journal/space.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/journal/files.hpp"
#include "rules/model/planted.hpp"

namespace tocsin::store {

Space::Space(std::string directory, const SpaceLimits& limits, JournalLog log)
    : directory_(std::move(directory)),
      ballast_(directory_ + "/ballast"),
      limits_(limits),
      log_(std::move(log)) {}

void Space::prepare() {
  const std::lock_guard hold(mutex_);
  held_ = has_ballast();
  measure();
  if (held_ && free_ < limits_.ballast_bytes && !planted("ballast_kept")) release_ballast();
}

Room Space::room() {
  const std::lock_guard hold(mutex_);
  if (std::chrono::steady_clock::now() - measured_ >= std::chrono::seconds(1)) measure();
  // Bad news must not rest on an estimate.
  if (estimated_ && (judge() > room_ || free_ < limits_.floor_bytes)) measure();
  keep_ballast();
  const Room before = std::exchange(room_, judge());
  if (room_ > before)
    log_(room_ == Room::low ? log_level::warning : log_level::error,
         directory_ + ": " + std::to_string(free_ >> 20) + " MiB free of " +
             std::to_string(total_ >> 20));
  return room_;
}

std::uint64_t Space::low() const {
  return std::max(std::min(limits_.warn_bytes, total_ / 100 * limits_.warn_percent),
                  limits_.floor_bytes);
}

// As if the ballast were there, so that giving it up does not look like recovery.
std::uint64_t Space::free_beside_ballast() const {
  const std::uint64_t missing = held_ ? 0 : limits_.ballast_bytes;
  return free_ > missing ? free_ - missing : 0;
}

Room Space::judge() const {
  const std::uint64_t free = free_beside_ballast();
  if (free_ < limits_.last_bytes && !planted("last_reserve_written")) return Room::none;
  if (free < limits_.floor_bytes) return Room::floor;
  return free < low() ? Room::low : Room::plenty;
}

// A floor above the warning, so that history is gone before anybody is warned, or woken, for it.
std::uint64_t Space::owed_by_history() {
  const std::lock_guard hold(mutex_);
  if (planted("history_kept_on_a_full_disk")) return 0;
  const std::uint64_t mark = low() + limits_.floor_bytes, free = free_beside_ballast();
  return mark > free ? mark - free : 0;
}

void Space::wrote(std::uint64_t bytes) {
  const std::lock_guard hold(mutex_);
  free_ -= std::min(free_, bytes);
  estimated_ = true;
}

bool Space::fits(std::uint64_t bytes) {
  const std::lock_guard hold(mutex_);
  measure();
  return free_ >= limits_.last_bytes && free_ - limits_.last_bytes >= bytes;
}

void Space::measure() {
  struct statvfs disk {};
  if (::statvfs(directory_.c_str(), &disk) != 0) return;  // keeps the last figures
  free_ = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  total_ = std::uint64_t{disk.f_blocks} * disk.f_frsize;
  measured_ = std::chrono::steady_clock::now();
  estimated_ = false;
}

void Space::keep_ballast() {
  if (limits_.ballast_bytes == 0) return;
  if (held_ && free_ < limits_.floor_bytes) release_ballast();
  // Made again only when there is room for it twice, so that it does not come and go.
  if (!held_ && free_ >= limits_.floor_bytes + 2 * limits_.ballast_bytes) make_ballast();
}

bool Space::has_ballast() const {
  struct stat info {};
  return ::stat(ballast_.c_str(), &info) == 0 && info.st_size > 0;
}

void Space::release_ballast() {
  ::unlink(ballast_.c_str());
  held_ = false;
  log_(log_level::error, "little space on " + directory_ + ": the ballast file was given up");
  measure();
}

void Space::make_ballast() {
  const File file = File::open(ballast_, O_WRONLY | O_CREAT | O_TRUNC);
  const int error =
      file ? ::posix_fallocate(file.fd(), 0, static_cast<off_t>(limits_.ballast_bytes)) : errno;
  held_ = error == 0;
  if (!held_) {
    errno = error;
    log_(log_level::warning, "cannot make the ballast " + ballast_ + ": " + errno_text());
    ::unlink(ballast_.c_str());
  }
  measure();
}

}  // namespace tocsin::store
