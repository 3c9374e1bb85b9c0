#include "daemon/journal/store_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "rules/model/planted.hpp"

namespace tocsin::store {
namespace {

std::string holder(int fd) {
  char text[32];
  const ssize_t size = ::pread(fd, text, sizeof text, 0);
  const std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto digits = std::find_if_not(pid.begin(), pid.end(),
                                       [](unsigned char c) { return std::isdigit(c) != 0; });
  return digits == pid.begin() ? "another process" : "process " + std::string(pid.begin(), digits);
}

}  // namespace

OpenTrouble StoreLock::take(const std::string& store_path, std::string& detail) {
  const std::string path = store_path + "/lock";
  file_ = File::open(path, O_RDWR | O_CREAT);
  if (!file_) {
    detail = "cannot open " + path + ": " + errno_text();
    return OpenTrouble::io;
  }
  if (::flock(file_.fd(), planted("store_not_locked") ? LOCK_UN : LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    detail = held ? "store " + store_path + " is in use by " + holder(file_.fd())
                  : "cannot lock " + path + ": " + errno_text();
    file_.close();
    return held ? OpenTrouble::locked : OpenTrouble::io;
  }
  // The id is a courtesy to whoever is refused; the lock holds without it, also on a full disk.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_.fd(), 0) == 0) (void)!::pwrite(file_.fd(), pid.data(), pid.size(), 0);
  return OpenTrouble::none;
}

}  // namespace tocsin::store
