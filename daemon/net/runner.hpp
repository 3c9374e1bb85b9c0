#pragma once
// Users' programs that page people, run by a helper process: the daemon itself never forks. Many
// run at the same time, and none holds up another. Every request that was taken is answered exactly
// once through `done`; a program that is still there at its timeout is killed with all its
// children.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tocsin {

struct RunRequest {
  std::uint64_t id = 0;
  std::string command;                   // absolute; no shell sees it
  std::vector<std::string> arguments;    // behind the name
  std::vector<std::string> environment;  // NAME=value, and nothing else
  std::string input;                     // on its standard input
  int timeout_ms = 0;
};

struct RunResult {
  enum class Phase : std::uint8_t {
    not_run,     // certainly not; another time it may
    cannot_run,  // there is no such program, or it may not be run
    exited,      // `status` is its own word
    unknown,     // killed, or nobody saw its end: it may have done its work
  } phase = Phase::not_run;
  std::uint64_t id = 0;
  int status = 0;
  std::string output;  // the beginning of what it said, both outputs
  std::string error;   // unless it exited: why
};

struct RunnerOptions {
  std::string program = "/proc/self/exe";  // whose `helper run` is started
  std::size_t runs_max = 64;               // at the same time
};

class Runner {
 public:
  // `done` is called on the runner's thread; it must neither block nor throw.
  Runner(RunnerOptions options, std::function<void(RunResult)> done);
  ~Runner();  // stops

  enum class [[nodiscard]] Offer{taken, full};
  Offer offer(RunRequest request);  // any thread; full also after stop()
  void warm();                      // starts the helper now, and not with the first program

  // Starts nothing more, gives what runs `grace_ms` to end, answers everything. Blocks.
  void stop(int grace_ms = 0);

  std::uint64_t restarts() const;
  std::string trouble() const;  // why there is no helper; empty when all is well

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
