// Real processes: a second one is refused by name, and one that is killed at any time loses
// nothing. The other process is this program again, running one of the two cases at the
// end, which do nothing unless they are told where.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>

#include "tests/unit/journal/worlds.hpp"

using namespace tocsin;
using namespace tocsin::testing;
namespace fs = std::filesystem;

namespace {

constexpr const char* path_variable = "TOCSIN_TEST_STORE";
constexpr int pipe_fd = 9;  // where the child reports

struct Child {
  pid_t pid = 0;
  int reports = -1;

  Child(const std::string& store, const char* test_case) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    pid = ::fork();
    if (pid == 0) {
      ::setenv(path_variable, store.c_str(), 1);
      ::dup2(ends[1], pipe_fd);
      const int null = ::open("/dev/null", O_RDWR);
      ::dup2(null, 1);
      ::execl("/proc/self/exe", "unit_journal", test_case, nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    reports = ends[0];
  }
  ~Child() { ::close(reports); }

  // Until there are that many bytes, or the child has ended.
  std::string read(std::size_t bytes = SIZE_MAX) const {
    std::string all;
    char buffer[4096];
    for (ssize_t n = 0; all.size() < bytes && (n = ::read(reports, buffer, sizeof buffer)) > 0;)
      all.append(buffer, static_cast<std::size_t>(n));
    return all;
  }
  void wait_for_a_report() const {
    char byte;
    REQUIRE(::read(reports, &byte, 1) == 1);
  }
  int end(int signal) const {
    if (signal != 0) ::kill(pid, signal);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status;
  }
};

void report(std::uint64_t seq) {
  if (::write(pipe_fd, &seq, sizeof seq) != sizeof seq) ::_exit(4);
}

// The state machine of these tests: each frame sets or deletes one of 300 rows.
std::pair<std::string, std::optional<std::string>> change_of(std::uint64_t seq) {
  std::mt19937_64 random(seq);
  const std::string key = "row/" + std::to_string(random() % 300);
  if (random() % 5 == 0) return {key, std::nullopt};
  return {key, "frame " + std::to_string(seq) + std::string(random() % 400, 'x')};
}

void fold(Rows& state, std::uint64_t seq) {
  const auto [key, value] = change_of(seq);
  if (value)
    state[key] = *value;
  else
    state.erase(key);
}

RocksOptions options_for_kills(const std::string& path) {
  RocksOptions options = RocksWorld::small();
  options.path = path;
  return options;
}

void check_after_kill(const std::string& path, std::uint64_t acked) {
  const auto journal = make_rocks_journal(options_for_kills(path));
  const OpenResult opened = journal->open();
  INFO(opened.detail);
  REQUIRE(opened.trouble == OpenTrouble::none);
  REQUIRE(opened.head >= acked);
  REQUIRE(opened.head <= acked + 1);  // at most the one in flight
  REQUIRE(opened.marker.seq <= opened.head);

  Rows expected;
  for (std::uint64_t seq = 1; seq <= opened.marker.seq; ++seq) fold(expected, seq);
  REQUIRE(rows(*journal) == expected);
  if (opened.marker.seq > 0)
    REQUIRE(opened.marker.body == "body of " + std::to_string(opened.marker.seq));

  const std::vector<std::uint64_t> left = frames(*journal, 0);
  if (opened.head > 0) {
    REQUIRE(left.back() == opened.head);
    REQUIRE(left.size() == left.back() - left.front() + 1);
    REQUIRE(left.front() <= opened.marker.trimmed_to + 1);
  }
  REQUIRE(fs::is_empty(path + "/checkpoint"));
  journal->close();
}

}  // namespace

TEST_CASE("a second process is refused by the name of the first", "[process]") {
  TempDirectory directory;
  const std::string path = directory.path() + "/store";
  const Child holder(path, "journal child: holds the store");
  holder.wait_for_a_report();
  const auto second = make_rocks_journal(options_for_kills(path));
  const OpenResult refused = second->open();
  CHECK(refused.trouble == OpenTrouble::locked);
  CHECK(refused.detail == "store " + path + " is in use by process " + std::to_string(holder.pid));
  holder.end(SIGKILL);
  const auto third = make_rocks_journal(options_for_kills(path));
  CHECK(third->open().trouble == OpenTrouble::none);
  third->close();
}

TEST_CASE("twenty kills during appends and checkpoints lose nothing", "[process]") {
  TempDirectory directory;
  const std::string path = directory.path() + "/store";
  std::mt19937 random(20);
  std::uint64_t acked = 0;
  std::uint64_t checkpoint = 0;
  for (int round = 0; round < 20; ++round) {
    const Child child(path, "journal child: appends and checkpoints");
    std::string reports = child.read((12 + random() % 100) * 8);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000));
    const int status = child.end(SIGKILL);
    REQUIRE(WIFSIGNALED(status));  // it was working when it was killed
    reports += child.read();
    if (reports.size() >= 8) std::memcpy(&acked, reports.data() + reports.size() / 8 * 8 - 8, 8);
    INFO("round " << round << ", acknowledged " << acked);
    check_after_kill(path, acked);
    const auto journal = make_rocks_journal(options_for_kills(path));
    const OpenResult opened = journal->open();
    checkpoint = opened.marker.seq;
    acked = opened.head;  // a frame in flight that arrived counts from now on
    journal->close();
  }
  CHECK(acked > 200);
  CHECK(checkpoint > 50);
}

TEST_CASE("journal child: holds the store", "[child]") {
  const char* const path = std::getenv(path_variable);
  if (path == nullptr) return;
  const auto journal = make_rocks_journal(options_for_kills(path));
  if (journal->open().trouble != OpenTrouble::none) ::_exit(3);
  report(0);
  for (;;) ::pause();
}

TEST_CASE("journal child: appends and checkpoints", "[child]") {
  const char* const path = std::getenv(path_variable);
  if (path == nullptr) return;
  const auto journal = make_rocks_journal(options_for_kills(path));
  const OpenResult opened = journal->open();
  if (opened.trouble != OpenTrouble::none) ::_exit(3);
  Changes dirty;
  const auto take = [&](std::uint64_t seq) {
    auto [key, value] = change_of(seq);
    dirty.insert_or_assign(std::move(key), std::move(value));
  };
  for (std::uint64_t seq = opened.marker.seq + 1; seq <= opened.head; ++seq) take(seq);

  Marker last = opened.marker;
  std::atomic<bool> installing = false;
  std::thread installer;
  const std::uint64_t epoch = opened.head_epoch + 1;
  for (std::uint64_t seq = opened.head + 1;; ++seq) {
    if (append(*journal, seq, epoch) != Append::ok) ::_exit(5);
    report(seq);
    take(seq);
    if (seq % 16 != 0 || installing) continue;
    if (installer.joinable()) installer.join();
    const Marker marker = marker_at(*journal, seq, last);
    last = marker;
    installing = true;
    installer = std::thread([&, marker, rows = std::exchange(dirty, {})] {
      if (install(*journal, rows, marker) != Install::installed) ::_exit(6);
      installing = false;
    });
  }
}
