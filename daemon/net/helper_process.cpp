#include "daemon/net/helper_process.hpp"

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 does not say so itself
}

namespace tocsin::net {
namespace {

constexpr int helper_socket = 3;  // where the helper finds its end

// posix_spawn's two objects, freed whatever happens.
struct Spawning {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  Spawning() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  ~Spawning() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
};

// The daemon blocks signals that its helpers are to hear, and ignores SIGPIPE.
void hear_signals(posix_spawnattr_t& attributes) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

std::string in_words(const HelperEnd& end) {
  return end.signal ? "it was ended by signal " + std::to_string(end.signal)
                    : "it ended with " + std::to_string(end.code);
}

}  // namespace

std::string HelperProcess::spawn(int socket) {
  Spawning spawning;
  auto& files = spawning.files;
  hear_signals(spawning.attributes);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, socket, helper_socket);
  posix_spawn_file_actions_addclosefrom_np(&files, helper_socket + 1);
  std::string name = "tocsin", verb = "helper", role = program_.role;
  char* const arguments[] = {name.data(), verb.data(), role.data(), nullptr};
  char* const no_environment[] = {nullptr};
  const int error = posix_spawn(&pid_, program_.path.c_str(), &files, &spawning.attributes,
                                arguments, no_environment);
  if (error == 0) return "";
  pid_ = 0;
  return program_.path + ": " + std::strerror(error);
}

std::string HelperProcess::start(int within_ms) {
  end();
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    return std::string("no socket: ") + std::strerror(errno);
  fd_ = sockets[0];
  std::string problem = spawn(sockets[1]);
  close(sockets[1]);
  if (problem.empty()) {
    HelperFrame hello;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(within_ms);
    const auto result = read_frame(fd_, frames_, hello, deadline);
    if (result == FrameResult::ok && hello.kind == HelperFrame::Kind::hello) return "";
    problem = result == FrameResult::closed ? in_words(end(100)) : "it did not say that it is up";
  }
  end();
  return problem;
}

bool HelperProcess::idle_and_well() const {
  pollfd state{fd_, POLLIN, 0};
  return runs() && poll(&state, 1, 0) == 0;
}

FrameResult HelperProcess::ask(const HelperFrame& question, HelperFrame& answer,
                               FrameDeadline deadline) {
  const auto sent = write_frame(fd_, question, deadline);
  return sent == FrameResult::ok ? read_frame(fd_, frames_, answer, deadline) : sent;
}

HelperEnd HelperProcess::end(int grace_ms) {
  HelperEnd out;
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  frames_ = {};
  if (pid_ <= 0) return out;
  if (const int handle = grace_ms > 0 ? pidfd_open(pid_, 0) : -1; handle >= 0) {
    pollfd gone{handle, POLLIN, 0};
    poll(&gone, 1, grace_ms);
    close(handle);
  }
  kill(pid_, SIGKILL);  // of what has ended already, it changes nothing
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  if (WIFSIGNALED(status)) out.signal = WTERMSIG(status);
  if (WIFEXITED(status)) out.code = WEXITSTATUS(status);
  return out;
}

}  // namespace tocsin::net
