#include "daemon/helper/run_worker.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <list>
#include <string>
#include <vector>

#include "daemon/net/helper_frame.hpp"

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 does not say so itself
}

namespace tocsin::helper {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t output_bytes_max = 2'048;
constexpr std::size_t fixed_fields = 5;  // id, timeout, command, input, number of arguments

struct Program {
  std::string id;
  pid_t pid = 0;  // and its process group
  int handle = -1, input = -1, output = -1;
  std::string to_say, said;
  Clock::time_point deadline;
  bool timed_out = false, ended = false;
};

void close_one(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

struct Pipe {
  int ends[2] = {-1, -1};
  bool open() { return pipe2(ends, O_CLOEXEC) == 0; }
  ~Pipe() {
    close_one(ends[0]);
    close_one(ends[1]);
  }
  // Ours from now on, and it never blocks.
  int take(int which) {
    const int fd = ends[which];
    ends[which] = -1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
  }
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

// 0, or the errno that says why not.
int spawn(const std::string& command, std::vector<std::string> arguments,
          std::vector<std::string> environment, int input, int output, pid_t& pid) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&files, input, 0);
  posix_spawn_file_actions_adddup2(&files, output, 1);
  posix_spawn_file_actions_adddup2(&files, output, 2);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawn_file_actions_addchdir_np(&files, "/");
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  arguments.insert(arguments.begin(), command);
  const auto argv = pointers(arguments), envp = pointers(environment);
  const int error =
      posix_spawn(&pid, command.c_str(), &files, &attributes, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return error;
}

// Another time there may be room.
bool passes(int error) {
  return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE ||
         error == ETXTBSY;
}

class Worker {
 public:
  explicit Worker(int socket) : socket_(socket) {}
  ~Worker() {
    for (Program& program : programs_) finish(program);
  }

  int run() {
    while (open_) {
      wait();
      for (Program& program : programs_) look_after(program);
      programs_.remove_if([](const Program& p) { return p.ended; });
      hear();
    }
    return 0;
  }

 private:
  void wait() {
    std::vector<pollfd> events{{socket_, POLLIN, 0}};
    auto until = Clock::now() + std::chrono::seconds(60);
    for (const Program& p : programs_) {
      events.push_back({p.handle, POLLIN, 0});
      events.push_back({p.input, POLLOUT, 0});
      events.push_back({p.output, POLLIN, 0});
      if (!p.timed_out) until = std::min(until, p.deadline);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    poll(events.data(), events.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
  }

  void hear() {
    HelperFrame frame;
    for (;;) {
      const auto read = read_frame(socket_, frames_, frame, Clock::now());
      if (read == FrameResult::timeout) return;
      std::size_t arguments = 0;
      int timeout_ms = 0;
      if (read != FrameResult::ok || !understood(frame, arguments, timeout_ms)) {
        open_ = false;
        return;
      }
      start(frame, arguments, timeout_ms);
    }
  }

  static bool understood(const HelperFrame& frame, std::size_t& arguments, int& timeout_ms) {
    const auto number = [](const std::string& text, auto& out) {
      return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc();
    };
    return frame.kind == HelperFrame::Kind::run && frame.fields.size() >= fixed_fields &&
           number(frame.fields[1], timeout_ms) && number(frame.fields[4], arguments) &&
           arguments <= frame.fields.size() - fixed_fields;
  }

  void start(const HelperFrame& frame, std::size_t arguments, int timeout_ms) {
    const auto& f = frame.fields;
    const auto first = f.begin() + fixed_fields, last = first + static_cast<long>(arguments);
    Pipe input, output;
    Program program;
    program.id = f[0];
    if (!input.open() || !output.open()) return say(program.id, "later", errno, strerror(errno));
    const int error =
        spawn(f[2], {first, last}, {last, f.end()}, input.ends[0], output.ends[1], program.pid);
    if (error != 0)
      return say(program.id, passes(error) ? "later" : "refused", error, strerror(error));
    program.handle = pidfd_open(program.pid, 0);
    program.input = input.take(1);
    program.output = output.take(0);
    program.to_say = f[3];
    program.deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
    programs_.push_back(std::move(program));
  }

  void look_after(Program& p) {
    feed(p);
    listen(p);
    if (!p.timed_out && Clock::now() >= p.deadline) {
      p.timed_out = true;
      kill(-p.pid, SIGKILL);
    }
    siginfo_t gone{};
    waitid(P_PID, static_cast<id_t>(p.pid), &gone, WEXITED | WNOHANG | WNOWAIT);
    if (gone.si_pid == 0) return;
    listen(p);
    const int status = finish(p);
    if (p.timed_out) return say(p.id, "timeout", 0, p.said);
    if (WIFSIGNALED(status)) return say(p.id, "signal", WTERMSIG(status), p.said);
    say(p.id, "exited", WEXITSTATUS(status), p.said);
  }

  static void feed(Program& p) {
    while (p.input >= 0 && !p.to_say.empty()) {
      const ssize_t n = write(p.input, p.to_say.data(), p.to_say.size());
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0) break;  // it does not listen, which is its right
      p.to_say.erase(0, static_cast<std::size_t>(n));
    }
    close_one(p.input);
  }

  static void listen(Program& p) {
    char buffer[4096];
    // One that never stops has its turn, and the others theirs.
    for (int turn = 0; p.output >= 0 && turn < 16; ++turn) {
      const ssize_t n = read(p.output, buffer, sizeof buffer);
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) return close_one(p.output);
      const std::size_t room = output_bytes_max - p.said.size();
      p.said.append(buffer, std::min(room, static_cast<std::size_t>(n)));
    }
  }

  // The group is killed while its leader, dead or not, still holds its number.
  static int finish(Program& p) {
    int status = 0;
    kill(-p.pid, SIGKILL);
    while (waitpid(p.pid, &status, 0) < 0 && errno == EINTR) {
    }
    for (int* fd : {&p.handle, &p.input, &p.output}) close_one(*fd);
    p.ended = true;
    return status;
  }

  void say(const std::string& id, const char* how, int number, const std::string& text) {
    const HelperFrame frame{HelperFrame::Kind::ended, {id, how, std::to_string(number), text}};
    if (write_frame(socket_, frame, Clock::now() + std::chrono::seconds(5)) != FrameResult::ok)
      open_ = false;
  }

  const int socket_;
  bool open_ = true;
  HelperFrames frames_;
  std::list<Program> programs_;
};

}  // namespace

int run_worker(int socket) {
  return Worker(socket).run();
}

}  // namespace tocsin::helper
