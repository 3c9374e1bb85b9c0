// kill -9 at any change of any file, or at any time, again and again, also while the store recovers
// from the kill before. The history stands in memory that outlives the process that is killed.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>

#include "tests/store/calls.hpp"
#include "tests/store/life.hpp"
#include "tests/store/trial.hpp"

namespace tocsin::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kills_per_world = 100;
constexpr unsigned hung_s = 60;

// One life, to its end; it does not return.
[[noreturn]] void live(const std::string& folder, History& history, std::uint64_t seed,
                       std::uint64_t change, Counts& counts) {
  ::alarm(hung_s);
  try {
    if (change > 0) kill_at_change(folder, change, seed);
    Life life(folder, history, seed);
    (void)life.open_and_judge();
    life.work(200);
  } catch (const std::exception& error) {
    report_finding(counts, folder, error.what());
    ::_exit(1);
  }
  ::_exit(0);
}

// False: the world is over.
bool live_and_die(const std::string& folder, History& history, sim::Random& random,
                  Counts& counts) {
  constexpr std::int64_t depths[] = {40, 150, 500};
  const bool at_a_change = random.percent(75);
  const std::int64_t change = at_a_change ? 1 + random.below(random.one_of(depths)) : 0;
  const std::uint64_t seed = random.next();
  const pid_t pid = ::fork();
  if (pid == 0) live(folder, history, seed, static_cast<std::uint64_t>(change), counts);
  if (!at_a_change) {
    ::usleep(static_cast<useconds_t>(random.below(30'000)));
    ::kill(pid, SIGKILL);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  ++counts.lives;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    ++counts.ends;
    return true;
  }
  if (status == 0) {
    ++counts.clean_stops;
    return true;
  }
  if (WIFSIGNALED(status))
    report_finding(counts, folder, "ended by signal " + std::to_string(WTERMSIG(status)));
  return false;
}

}  // namespace

void try_kills(const Trial& trial, Counts& counts) {
  run_worlds(trial, counts, [&](std::uint64_t number) {
    const std::uint64_t seed = trial.seed * 1'000'000 + number;
    const std::string folder = trial.folder + "/kills-" + std::to_string(seed);
    fs::create_directories(folder);
    auto& history = shared<History>();
    sim::Random random(seed);
    bool well = true;
    for (int n = 0; n < kills_per_world && well; ++n)
      well = live_and_die(folder, history, random, counts);
    counts.frames += history.acked;
    counts.checkpoints += history.installed > 0;
    if (well) fs::remove_all(folder);
  });
}

}  // namespace tocsin::testing
