#pragma once
// One helper process as the daemon sees it: started by posix_spawn, because a process with threads
// and an open store must not fork; spoken to over a socket pair; ended with certainty. It is the
// same program again, with an empty environment, no descriptor but its socket, and no signal
// blocked. Owned and used by one thread.

#include <string>

#include "daemon/net/helper_frame.hpp"

namespace tocsin::net {

struct HelperProgram {
  std::string path = "/proc/self/exe";  // works while the file is replaced by an upgrade, too
  std::string role;                     // what `tocsin helper` is told to be
};

// How it ended.
struct HelperEnd {
  int signal = 0;  // 0: by itself
  int code = 0;    // then this
};

class HelperProcess {
 public:
  explicit HelperProcess(HelperProgram program) : program_(std::move(program)) {}
  ~HelperProcess() { end(); }
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;

  // Empty: it runs and has said hello. Otherwise why not, and nothing runs.
  std::string start(int within_ms = 5'000);
  bool runs() const { return pid_ > 0; }
  // It has gone, or says what nobody asked: both mean that it is to be ended.
  bool idle_and_well() const;
  FrameResult ask(const HelperFrame& question, HelperFrame& answer, FrameDeadline deadline);
  int fd() const { return fd_; }
  HelperFrames& frames() { return frames_; }

  // One that is ending already may do so by itself for `grace_ms`; then it is killed.
  HelperEnd end(int grace_ms = 0);

 private:
  std::string spawn(int socket);

  HelperProgram program_;
  int pid_ = 0;
  int fd_ = -1;
  HelperFrames frames_;
};

}  // namespace tocsin::net
