#include "tests/store/trial.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

namespace tocsin::testing {
namespace {

constexpr std::uint64_t findings_max = 20;
constexpr unsigned hung_s = 120;

std::string ended_by(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
    return "nothing happened for " + std::to_string(hung_s) + " s";
  if (WIFSIGNALED(status)) return "ended by signal " + std::to_string(WTERMSIG(status));
  return "ended with " + std::to_string(WEXITSTATUS(status));
}

// Who stops the parent stops all of it.
void end_with_parent() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

}  // namespace

void* shared_memory(std::size_t bytes) {
  void* const at =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) std::abort();
  return at;
}

void report_finding(Counts& counts, const std::string& where, const std::string& what) {
  ++counts.findings;
  std::printf("FINDING in %s: %s\n", where.c_str(), what.c_str());
  std::fflush(stdout);
}

bool in_child(Counts& counts, const std::string& where, const std::function<void()>& world) {
  std::fflush(stdout);
  const pid_t pid = ::fork();
  if (pid == 0) {
    end_with_parent();
    ::alarm(hung_s);
    try {
      world();
    } catch (const std::exception& error) {
      report_finding(counts, where, error.what());
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status == 0) return true;
  const bool said = WIFEXITED(status) && WEXITSTATUS(status) == 1;
  if (!said) report_finding(counts, where, ended_by(status));
  return false;
}

void run_worlds(const Trial& trial, Counts& counts,
                const std::function<void(std::uint64_t number)>& world) {
  std::vector<pid_t> workers;
  auto& next = shared<std::atomic<std::uint64_t>>();
  for (std::uint64_t job = 0; job < trial.jobs; ++job) {
    const pid_t pid = ::fork();
    if (pid != 0) {
      workers.push_back(pid);
      continue;
    }
    end_with_parent();
    while (counts.ends < trial.ends && counts.findings < findings_max) {
      world(++next);
      ++counts.worlds;
    }
    ::_exit(0);
  }
  for (const pid_t pid : workers) ::waitpid(pid, nullptr, 0);
}

}  // namespace tocsin::testing
