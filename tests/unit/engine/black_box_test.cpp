// What a process that ends badly leaves to the next one. The processes are real.

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "daemon/engine/black_box.hpp"

using namespace tocsin;
namespace fs = std::filesystem;

namespace {

constexpr Wall start{1'700'000'000'000};

class Box {
 public:
  Box() { fs::remove(path); }
  ~Box() { fs::remove(path); }

  // A process that has the box and lives its life in `life`; the status it ends with.
  int live(const std::function<void(BlackBox&)>& life, Wall at = start) const {
    const pid_t child = fork();
    if (child == 0) {
      std::signal(SIGABRT, SIG_DFL);
      std::signal(SIGSEGV, SIG_DFL);
      BlackBox box(path, "1.0", at);
      box.arm();
      life(box);
      box.ended();
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  }
  void crash_with(const Input& input, Wall at = start) const {
    live(
        [&input](BlackBox&) {
          const InHand hold(input);
          std::abort();
        },
        at);
  }
  BlackBox next(Wall at = start, const char* version = "1.0") const {
    return BlackBox(path, version, at);
  }

  const std::string path =
      (fs::temp_directory_path() / ("tocsin-box-" + std::to_string(getpid()))).string();
};

}  // namespace

TEST_CASE("a process that ended well leaves nothing") {
  const Box box;
  CHECK(box.live([](BlackBox& b) { b.started(); }) == 0);
  const BlackBox next = box.next();
  CHECK(next.remembers());
  CHECK(next.before().how.empty());
  CHECK(next.before().recent == 0);
}

TEST_CASE("a crash ends the process as it would have, and the next one knows by what") {
  const Box box;
  const int status = box.live([](BlackBox& b) {
    b.started();
    std::raise(SIGSEGV);
  });
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGSEGV);
  const BlackBox next = box.next();
  CHECK(next.before().how == "it crashed by SIGSEGV");
  CHECK_FALSE(next.before().while_starting);
  CHECK_FALSE(next.before().gave_up);
  CHECK(next.before().recent == 1);
}

TEST_CASE("a process that gave up says why; one that was killed says nothing") {
  const Box box;
  box.live([](BlackBox& b) {
    b.failing("frame 7: unknown");
    _exit(75);
  });
  box.live([](BlackBox& b) {
    CHECK(b.before().how == "frame 7: unknown");
    CHECK(b.before().gave_up);
    CHECK(b.before().while_starting);
    kill(getpid(), SIGKILL);
  });
  const BlackBox next = box.next();
  CHECK(next.before().how.empty());
  CHECK(next.before().recent == 1);  // the first of them
}

TEST_CASE("bad ends of the last ten minutes are counted") {
  const Box box;
  for (int i = 0; i < 20; ++i) box.crash_with({}, start + seconds(i));
  CHECK(box.next(start + seconds(20)).before().recent == BlackBox::ends_kept);
  CHECK(box.next(start + minutes(11)).before().recent == 0);
}

TEST_CASE("an input that was in hand at two crashes is quarantined, and no other") {
  const Box box;
  const Input poison{InputKind::alert, 4711}, harmless{InputKind::alert, 4712};
  box.crash_with(poison);
  {
    const BlackBox once = box.next();
    CHECK_FALSE(once.quarantined(poison));
    REQUIRE(once.before().suspects.size() == 1);
    CHECK(once.before().suspects[0].kind == InputKind::alert);
  }
  box.crash_with(harmless);
  box.crash_with(poison);
  const BlackBox next = box.next();
  CHECK(next.quarantined(poison));
  CHECK_FALSE(next.quarantined(harmless));
  CHECK_FALSE(next.quarantined({InputKind::page, 4711}));
}

TEST_CASE("an input is taken again after a day, and by another version at once") {
  const Input poison{InputKind::command, 1};
  const Box box;
  box.crash_with(poison);
  box.crash_with(poison);
  CHECK(box.next().quarantined(poison));
  CHECK(box.next(start + hours(23)).quarantined(poison));
  SECTION("a day") {
    CHECK_FALSE(box.next(start + hours(24)).quarantined(poison));
  }
  SECTION("a version") {
    CHECK_FALSE(box.next(start, "1.1").quarantined(poison));
  }
}

TEST_CASE("what is in hand is the newest of a thread, until it is put down") {
  const Box box;
  const Input outer{InputKind::body, 0, "a body"}, inner{InputKind::alert, 3};
  for (int i = 0; i < 2; ++i)
    box.live([&](BlackBox&) {
      const InHand hold(outer);
      { const InHand more(inner); }
      std::abort();
    });
  const BlackBox next = box.next();
  CHECK(next.quarantined(outer));
  CHECK_FALSE(next.quarantined(inner));
}

TEST_CASE("the same report with another time is the same input") {
  const Input first{InputKind::body, 0, R"({"at":"2026-08-01T10:00:00Z","text":"down"})"};
  const Input again{InputKind::body, 0, R"({"at":"2026-08-01T10:01:30.5Z","text":"down"})"};
  const Input other{InputKind::body, 0, R"({"at":"2026-08-01T10:00:00Z","text":"up"})"};
  CHECK(Input{InputKind::body, 0, "12:00:59"}.hash() == Input{InputKind::body, 0, "7:1:3"}.hash());
  CHECK(first.hash() != other.hash());
  CHECK(first.hash() != again.hash());  // a dot more is no digit
}

TEST_CASE("a watchdog that aborts the process is told what the deciding thread was at") {
  const Box box;
  const Input poison{InputKind::deadline, 99};
  for (int i = 0; i < 2; ++i)
    box.live([&](BlackBox&) {
      BlackBox::watch_this_thread();
      const InHand hold(poison);
      kill(getpid(), SIGABRT);
      pause();
    });
  CHECK(box.next().quarantined(poison));
}

TEST_CASE("a box that another process has, or that cannot be written, forgets at the end") {
  const Box box;
  const BlackBox first = box.next();
  CHECK(first.remembers());
  CHECK_FALSE(box.next().remembers());
  BlackBox nowhere("/proc/none/black_box", "1.0", start);
  CHECK_FALSE(nowhere.remembers());
  nowhere.told(start);
  CHECK(nowhere.told_at() == start);
}

TEST_CASE("a file that is none of ours is begun anew") {
  const Box box;
  const std::string junk(4096, '\xff');
  FILE* file = std::fopen(box.path.c_str(), "w");
  std::fwrite(junk.data(), 1, junk.size(), file);
  std::fclose(file);
  const BlackBox next = box.next();
  CHECK(next.remembers());
  CHECK(next.before().how.empty());
  CHECK(next.told_at() == Wall{});
}

TEST_CASE("when administrators were told is known to the next process, however this one ends") {
  const Box box;
  box.live([](BlackBox& b) {
    b.told(start + seconds(5));
    kill(getpid(), SIGKILL);
  });
  CHECK(box.next().told_at() == start + seconds(5));
}
