// A disk that refuses to sync the write-ahead log, or RocksDB's list of its files. The library's
// fdatasync is ours here: a symbol of the program goes before the one of the C library.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "tests/unit/journal/worlds.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

std::atomic<const char*> failing = nullptr;  // part of the names of files that are not synced
std::atomic<int> spared = 0;                 // so many are synced first
std::atomic<int> refused = 0;

bool is_failing(int fd) {
  const char* part = failing;
  if (!part) return false;
  char path[512];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), path, sizeof path);
  return size > 0 && std::string_view(path, static_cast<std::size_t>(size)).find(part) !=
                         std::string_view::npos;
}

}  // namespace

extern "C" int fdatasync(int fd) {
  if (is_failing(fd) && spared-- <= 0) {
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
  failing = ".log";
  CHECK(append(world.journal(), 6) == Append::unknown);
  failing = nullptr;
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

TEST_CASE("a checkpoint whose installation could not be synced leaves a store that opens",
          "[error]") {
  const bool clean = GENERATE(false, true);
  spared = GENERATE(0, 1);  // the numbers of the files are reserved first, then they are taken in
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 5);
  refused = 0;
  failing = "/MANIFEST-";
  CHECK(install(world.journal(), {{"a", "1"}}, marker_at(world.journal(), 5)) == Install::failed);
  failing = nullptr;
  CHECK(refused == 1);
  CHECK(append(world.journal(), 6) == Append::unknown);
  if (clean)
    world.journal().close();
  else
    world.crash();

  // RocksDB may have written that it took the files in, or not: all of it counts, or nothing.
  const OpenResult opened = world.start();
  REQUIRE(opened.trouble == OpenTrouble::none);
  CHECK((opened.marker.seq == 0 || opened.marker.seq == 5));
  CHECK(rows(world.journal()).size() == (opened.marker.seq == 5 ? 1 : 0));
  CHECK(frames(world.journal(), 1).size() >= 5);
  CHECK(install(world.journal(), {{"a", "2"}}, marker_at(world.journal(), 5)) ==
        Install::installed);
}
