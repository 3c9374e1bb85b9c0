#include "daemon/journal/copy.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "daemon/journal/crc32c.hpp"

namespace tocsin::store {
namespace {

namespace fs = std::filesystem;

std::string cannot(const std::string& what, const std::string& path) {
  return "cannot " + what + " " + path + ": " + errno_text();
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// A whole block, less only at the end of the file; -1: unreadable.
ssize_t read_block(int fd, std::string& block) {
  std::size_t got = 0;
  while (got < block.size()) {
    const ssize_t n = ::read(fd, block.data() + got, block.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(got);
}

// `each` sees every block and may say that it is wrong.
std::string pass(const std::string& from, const std::string& to,
                 const std::function<std::string(std::string_view)>& each,
                 const std::atomic<bool>& stop) {
  const File in = File::open(from, O_RDONLY | O_NOFOLLOW);
  if (!in) return cannot("read", from);
  File out;
  if (!to.empty()) {
    out = File::open(to, O_WRONLY | O_CREAT | O_EXCL);
    if (!out) return cannot("make", to);
  }
  (void)::posix_fadvise(in.fd(), 0, 0, POSIX_FADV_SEQUENTIAL);
  std::string block(copy_block_bytes, '\0');
  for (off_t at = 0;; at += static_cast<off_t>(copy_block_bytes)) {
    if (stop) return "stopped";
    const ssize_t n = read_block(in.fd(), block);
    if (n < 0) return cannot("read", from);
    if (n == 0) break;
    const std::string_view bytes(block.data(), static_cast<std::size_t>(n));
    if (std::string wrong = each(bytes); !wrong.empty()) return wrong;
    if (out && !write_all(out.fd(), bytes)) return cannot("write", to);
    // Written out as it goes: one large sync at the end would hold up the commits of a store on the
    // same disk.
    if (out) (void)::sync_file_range(out.fd(), at, n, SYNC_FILE_RANGE_WRITE);
    if (bytes.size() < copy_block_bytes) break;
  }
  if (out && ::fsync(out.fd()) != 0) return cannot("sync", to);
  return "";
}

}  // namespace

std::vector<std::string> list_files(const std::string& folder, std::string& why) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const auto status = it->symlink_status(error);
    if (error) break;
    if (fs::is_directory(status)) continue;
    const std::string name = it->path().lexically_relative(folder).string();
    if (!fs::is_regular_file(status)) why = folder + "/" + name + " is no file";
    names.push_back(name);
  }
  if (error) why = "cannot read " + folder + ": " + error.message();
  std::sort(names.begin(), names.end());
  return names;
}

std::string copy_file(const std::string& from, const std::string& to, ListedFile& file,
                      std::uint32_t& chain, const std::atomic<bool>& stop) {
  return pass(
      from, to,
      [&](std::string_view block) {
        chain = crc32c(chain, block);
        file.chain.push_back(chain);
        file.bytes += block.size();
        return std::string();
      },
      stop);
}

std::string check_file(const std::string& from, const std::string& to, const ListedFile& known,
                       std::uint32_t& chain, const std::atomic<bool>& stop) {
  std::size_t i = 0;
  std::uint64_t bytes = 0;
  const auto wrong = [&](const std::string& what) { return from + " " + what; };
  std::string problem = pass(
      from, to,
      [&](std::string_view block) -> std::string {
        chain = crc32c(chain, block);
        bytes += block.size();
        if (i >= known.chain.size() || bytes > known.bytes) return wrong("is longer than it was");
        if (chain == known.chain[i++]) return "";
        return wrong("is damaged between byte " + std::to_string(bytes - block.size()) + " and " +
                     std::to_string(bytes));
      },
      stop);
  if (!problem.empty()) return problem;
  if (i != known.chain.size() || bytes != known.bytes) return wrong("is shorter than it was");
  return "";
}

UnfinishedFolder::UnfinishedFolder(std::string name, std::string_view suffix)
    : name_(std::move(name)), path_(name_ + std::string(suffix)), lock_(path_ + ".lock") {}

UnfinishedFolder::~UnfinishedFolder() {
  if (!held_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  ::unlink(lock_.c_str());
}

// `leftover`: whoever had it did not come to an end.
std::string UnfinishedFolder::take_lock(bool& leftover) {
  held_ = File::open(lock_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);
  leftover = !held_ && errno == EEXIST;
  if (leftover) held_ = File::open(lock_, O_RDWR | O_NOFOLLOW);
  if (!held_) return cannot("make", lock_);
  if (::flock(held_.fd(), LOCK_EX | LOCK_NB) == 0) return "";
  held_.close();
  return "another process works on " + path_;
}

std::string UnfinishedFolder::begin() {
  struct stat st {};
  if (::lstat(name_.c_str(), &st) == 0) return name_ + " exists already";
  const bool there = ::lstat(path_.c_str(), &st) == 0;
  bool leftover = false;
  if (std::string why = take_lock(leftover); !why.empty()) return why;
  if (there && !leftover) {
    held_.close();
    ::unlink(lock_.c_str());
    return path_ + " exists, and is nothing that was left unfinished here";
  }
  std::error_code error;
  fs::remove_all(path_, error);
  if (::mkdir(path_.c_str(), 0700) != 0) return cannot("make", path_);
  return "";
}

std::string UnfinishedFolder::finish() {
  const std::string parent = fs::path(name_).parent_path().string();
  if (!sync_directory(path_)) return cannot("sync", path_);
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, name_.c_str(), RENAME_NOREPLACE) != 0)
    return cannot("give " + path_ + " the name", name_);
  ::unlink(lock_.c_str());
  held_.close();
  return sync_directory(parent.empty() ? "." : parent) ? "" : cannot("sync", parent);
}

}  // namespace tocsin::store
