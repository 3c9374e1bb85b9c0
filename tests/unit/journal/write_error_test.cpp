// A disk that refuses to sync the write-ahead log. The library's fdatasync is ours here: a symbol
// of the program goes before the one of the C library.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "tests/unit/journal/worlds.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

std::atomic<bool> failing = false;
std::atomic<int> refused = 0;

bool is_write_ahead_log(int fd) {
  char path[512];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), path, sizeof path);
  return size > 0 && std::string_view(path, static_cast<std::size_t>(size)).ends_with(".log");
}

}  // namespace

extern "C" int fdatasync(int fd) {
  if (failing && is_write_ahead_log(fd)) {
    ++refused;
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

TEST_CASE("after a refused sync the outcome is unknown and nothing is tried again", "[error]") {
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 5);
  refused = 0;
  failing = true;
  CHECK(append(world.journal(), 6) == Append::unknown);
  failing = false;
  CHECK(refused == 1);
  CHECK(append(world.journal(), 6) == Append::unknown);
  CHECK(append(world.journal(), 7) == Append::unknown);
  CHECK(install(world.journal(), {{"a", "1"}}, marker_at(world.journal(), 5)) == Install::failed);
  CHECK(frames(world.journal(), 1).size() == 5);
  CHECK(world.said().find("the store failed") != std::string::npos);
  world.crash();

  // The refused frame may be there; its writer finds out by appending it again.
  const OpenResult opened = world.start();
  CHECK(opened.trouble == OpenTrouble::none);
  CHECK((opened.head == 5 || opened.head == 6));
  CHECK(append(world.journal(), 6) == Append::ok);
  CHECK(frames(world.journal(), 1).size() == 6);
  CHECK(rows(world.journal()).empty());
}
