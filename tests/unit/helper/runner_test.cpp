// Users' programs, run by a real helper process: each ends with one answer, whatever it does.

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "daemon/net/runner.hpp"

using namespace tocsin;
using Phase = RunResult::Phase;
using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

namespace {

class World {
 public:
  explicit World(RunnerOptions options = {TOCSIN_BINARY, 64})
      : folder(fs::temp_directory_path() / ("tocsin-run-" + std::to_string(getpid()))),
        runner(std::move(options), [this](RunResult result) {
          const std::lock_guard lock(mutex_);
          results_.push_back(std::move(result));
          changed_.notify_all();
        }) {
    fs::create_directories(folder);
  }
  ~World() {
    runner.stop();
    fs::remove_all(folder);
  }

  std::string script(const std::string& name, const std::string& text) {
    const std::string path = folder / name;
    std::ofstream(path) << "#!/bin/sh\n" << text;
    chmod(path.c_str(), 0755);
    return path;
  }
  RunRequest request(const std::string& command, int timeout_ms = 20'000) {
    RunRequest out;
    out.id = next_++;
    out.command = command;
    out.timeout_ms = timeout_ms;
    return out;
  }
  void offer(RunRequest r) { REQUIRE(runner.offer(std::move(r)) == Runner::Offer::taken); }
  RunResult run(RunRequest r) {
    offer(std::move(r));
    return wait(1).at(0);
  }
  // The next `count` answers, in the order in which they came.
  std::vector<RunResult> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(30), [&] { return results_.size() >= count; });
    REQUIRE(results_.size() >= count);
    const auto end = results_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<RunResult> out(results_.begin(), end);
    results_.erase(results_.begin(), end);
    return out;
  }

  fs::path folder;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<RunResult> results_;
  std::uint64_t next_ = 1;

 public:
  Runner runner;
};

std::string contents(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

template <class Condition>
bool soon(const Condition& condition) {
  const auto until = Clock::now() + std::chrono::seconds(10);
  while (Clock::now() < until) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

}  // namespace

TEST_CASE("a program gets its arguments, its input and its environment, and nothing else") {
  World world;
  setenv("TOCSIN_TEST_SECRET", "not for programs", 1);
  RunRequest r =
      world.request(world.script("show", R"--(echo "$#|$1|$2|$(pwd)|$(cat)"; env | sort)--"));
  r.arguments = {"a b", "$(id); *"};
  r.environment = {"A=1", "PATH=/usr/bin:/bin"};
  r.input = "{\"x\":1}";
  const RunResult result = world.run(r);
  CHECK(result.phase == Phase::exited);
  CHECK(result.status == 0);
  CHECK(result.output.starts_with("2|a b|$(id); *|/|{\"x\":1}\n"));
  CHECK(result.output.find("A=1\n") != std::string::npos);
  CHECK(result.output.find("secret") == std::string::npos);
  CHECK(result.output.find("SECRET") == std::string::npos);
}

TEST_CASE("the exit code is its word") {
  World world;
  for (const int code : {0, 1, 75, 255}) {
    const RunResult result = world.run(world.request(
        world.script("exit", "echo out; echo err >&2; exit " + std::to_string(code))));
    CHECK(result.phase == Phase::exited);
    CHECK(result.status == code);
    CHECK(result.output == "out\nerr\n");
  }
}

TEST_CASE("what cannot run says why") {
  World world;
  const RunResult none = world.run(world.request("/nonexistent/program"));
  CHECK(none.phase == Phase::cannot_run);
  CHECK(none.error == "cannot run: No such file or directory");
  std::ofstream(world.folder / "data") << "no program";
  CHECK(world.run(world.request(world.folder / "data")).phase == Phase::cannot_run);
}

TEST_CASE("input that nobody reads and output that never ends hold up nobody") {
  World world;
  RunRequest deaf = world.request(world.script("deaf", "exit 3"));
  deaf.input.assign(1u << 20, 'x');
  CHECK(world.run(deaf).status == 3);
  RunRequest flood = world.request(world.script("flood", "exec yes"), 300);
  world.offer(flood);
  const RunResult quick = world.run(world.request(world.script("quick", "exit 4")));
  CHECK(quick.status == 4);
  const RunResult end = world.wait(1).at(0);
  CHECK(end.phase == Phase::unknown);
  CHECK(end.error == "killed at its timeout");
  CHECK(end.output.size() == 2048);
}

TEST_CASE("at its timeout the whole group dies") {
  World world;
  const std::string pids = world.folder / "pids";
  const RunResult result = world.run(world.request(
      world.script("tree", "sleep 600 & echo $! >" + pids + "; trap '' TERM; sleep 600"), 500));
  CHECK(result.phase == Phase::unknown);
  const int child = std::stoi(contents(pids));
  CHECK(soon([child] { return kill(child, 0) != 0; }));
}

TEST_CASE("what a program leaves behind ends with it") {
  World world;
  const std::string pids = world.folder / "pids";
  const auto started = Clock::now();
  const RunResult result =
      world.run(world.request(world.script("leave", "sleep 600 & echo $! >" + pids + "; exit 0")));
  CHECK(result.phase == Phase::exited);
  CHECK(Clock::now() - started < std::chrono::seconds(15));  // its pipe is still open
  const int child = std::stoi(contents(pids));
  CHECK(soon([child] { return kill(child, 0) != 0; }));
}

TEST_CASE("a program that is killed is unknown") {
  World world;
  const RunResult result = world.run(world.request(world.script("die", "kill -9 $$")));
  CHECK(result.phase == Phase::unknown);
  CHECK(result.error == "ended by signal 9");
}

TEST_CASE("many run side by side, and there is a limit") {
  World world({TOCSIN_BINARY, 8});
  const std::string wait = world.script("wait", "sleep 0.3");
  for (int i = 0; i < 8; ++i) world.offer(world.request(wait));
  CHECK(world.runner.offer(world.request(wait)) == Runner::Offer::full);
  const auto started = Clock::now();
  for (const RunResult& result : world.wait(8)) CHECK(result.status == 0);
  CHECK(Clock::now() - started < std::chrono::seconds(10));
  world.offer(world.request(wait));
  world.wait(1);
}

TEST_CASE("a helper that dies leaves its programs unknown, and the next one runs") {
  World world;
  const std::string pid = world.folder / "pid";
  // The parent of a program is the helper.
  world.offer(world.request(world.script("parent", "echo $PPID >" + pid + "; sleep 600")));
  REQUIRE(soon([&] { return contents(pid).ends_with('\n'); }));
  kill(std::stoi(contents(pid)), SIGKILL);
  const RunResult lost = world.wait(1).at(0);
  CHECK(lost.phase == Phase::unknown);
  CHECK(lost.error == "the helper process ended");
  CHECK(world.run(world.request(world.script("next", "exit 0"))).phase == Phase::exited);
  CHECK(world.runner.restarts() == 1);
}

TEST_CASE("without a helper nothing is run, and that is said") {
  World world({"/nonexistent/tocsin", 8});
  const RunResult result = world.run(world.request("/bin/true"));
  CHECK(result.phase == Phase::not_run);
  CHECK(result.error.find("/nonexistent/tocsin") != std::string::npos);
  CHECK_FALSE(world.runner.trouble().empty());
}

TEST_CASE("the end waits for what runs, and answers the rest") {
  World world;
  const std::string begun = world.folder / "begun";
  world.offer(world.request(world.script("short", "sleep 0.3")));
  world.offer(world.request(world.script("long", "echo $$ >" + begun + "; sleep 600")));
  REQUIRE(soon([&] { return contents(begun).ends_with('\n'); }));
  world.runner.stop(1'000);
  const auto results = world.wait(2);
  CHECK(results[0].phase == Phase::exited);
  CHECK(results[1].phase == Phase::unknown);
  const int left = std::stoi(contents(begun));
  CHECK(soon([left] { return kill(left, 0) != 0; }));
  CHECK(world.runner.offer(world.request("/bin/true")) == Runner::Offer::full);
}
