#include "daemon/net/runner.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <deque>
#include <map>
#include <mutex>
#include <new>
#include <thread>

#include "daemon/net/helper_process.hpp"
#include "daemon/net/thread.hpp"

namespace tocsin {
namespace {

using Clock = std::chrono::steady_clock;
using Phase = RunResult::Phase;

constexpr auto look_every = std::chrono::seconds(1);
constexpr std::chrono::milliseconds back_off_min(100), back_off_max(10'000);
constexpr std::chrono::milliseconds write_within(1'000);
// The helper kills in time; when it does not even say so, it is the helper that hangs.
constexpr std::chrono::milliseconds helper_patience(2'000);
constexpr int end_grace_ms = 1'000;  // in which the helper kills what it runs

HelperFrame frame_of(const RunRequest& request) {
  HelperFrame out{HelperFrame::Kind::run,
                  {std::to_string(request.id), std::to_string(request.timeout_ms), request.command,
                   request.input, std::to_string(request.arguments.size())}};
  out.fields.insert(out.fields.end(), request.arguments.begin(), request.arguments.end());
  out.fields.insert(out.fields.end(), request.environment.begin(), request.environment.end());
  return out;
}

template <class Number>
bool number(const std::string& text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// {id, how, number, output}
bool read_ended(const HelperFrame& frame, RunResult& out) {
  if (frame.kind != HelperFrame::Kind::ended || frame.fields.size() != 4 ||
      !number(frame.fields[0], out.id) || !number(frame.fields[2], out.status))
    return false;
  const std::string& how = frame.fields[1];
  out.output = frame.fields[3];
  if (how == "exited") out.phase = Phase::exited;
  if (how == "signal") out.phase = Phase::unknown, out.error = "ended by signal " + frame.fields[2];
  if (how == "timeout") out.phase = Phase::unknown, out.error = "killed at its timeout";
  if (how == "refused") out.phase = Phase::cannot_run, out.error = "cannot run: " + out.output;
  if (how == "later") out.phase = Phase::not_run, out.error = "cannot run now: " + out.output;
  return how == "exited" || !out.error.empty();
}

}  // namespace

struct Runner::Impl {
  Impl(RunnerOptions o, std::function<void(RunResult)> d)
      : options(std::move(o)), done(std::move(d)), process({options.program, "run"}) {}

  RunnerOptions options;
  std::function<void(RunResult)> done;
  int wake = -1;  // eventfd
  std::atomic<std::uint64_t> restarts{0};
  std::atomic<Clock::time_point> stop_at{Clock::time_point::max()};

  mutable std::mutex mutex;  // guards the next five
  std::deque<RunRequest> inbox;
  std::size_t count = 0;  // in the inbox and running
  bool wanted = false, stopping = false;
  std::string trouble;

  // The runner thread's own.
  net::HelperProcess process;
  bool started_once = false;
  Clock::time_point start_at{};
  std::chrono::milliseconds back_off = back_off_min;
  std::map<std::uint64_t, Clock::time_point> running;  // id -> when it must have been heard of

  std::thread thread;

  void run();
  void look_after();
  void begin(const RunRequest& request);
  void hear();
  void lose(const char* why);
  void answer(RunResult result);
  void pause();
};

void Runner::Impl::run() {
  for (;;) {
    std::deque<RunRequest> taken;
    bool stop = false, needed = false;
    {
      const std::lock_guard lock(mutex);
      taken.swap(inbox);
      stop = stopping, needed = wanted;
    }
    if (!stop && (needed || started_once || !taken.empty())) look_after();
    for (const RunRequest& request : taken) {
      if (stop)
        answer({Phase::not_run, request.id, 0, "", "stopping"});
      else
        begin(request);
    }
    hear();
    if (stop && (running.empty() || Clock::now() >= stop_at.load())) break;
    pause();
  }
  lose("the daemon stopped before its end");
}

void Runner::Impl::look_after() {
  const auto overdue = [now = Clock::now()](const auto& one) { return one.second <= now; };
  if (std::any_of(running.begin(), running.end(), overdue)) lose("the helper process hangs");
  if (process.runs() || Clock::now() < start_at) return;
  if (started_once) ++restarts;
  started_once = true;
  std::string problem = process.start();
  back_off = problem.empty() ? back_off_min : std::min(back_off * 2, back_off_max);
  start_at = problem.empty() ? Clock::time_point{} : Clock::now() + back_off;
  const std::lock_guard lock(mutex);
  trouble = std::move(problem);
}

void Runner::Impl::begin(const RunRequest& request) {
  if (!process.runs()) {
    std::string why;
    {
      const std::lock_guard lock(mutex);
      why = trouble;
    }
    return answer({Phase::not_run, request.id, 0, "", "there is no helper process: " + why});
  }
  const auto now = Clock::now();
  // A frame that did not leave whole is not run.
  if (write_frame(process.fd(), frame_of(request), now + write_within) != FrameResult::ok) {
    answer({Phase::not_run, request.id, 0, "", "the helper process does not listen"});
    return lose("the helper process ended");
  }
  running[request.id] = now + std::chrono::milliseconds(request.timeout_ms) + helper_patience;
}

void Runner::Impl::hear() {
  while (process.runs()) {
    HelperFrame frame;
    RunResult result;
    const auto read = read_frame(process.fd(), process.frames(), frame, Clock::now());
    if (read == FrameResult::timeout) return;
    if (read != FrameResult::ok || !read_ended(frame, result) || running.erase(result.id) == 0)
      return lose("the helper process ended");
    answer(std::move(result));
  }
}

// What runs now ends unheard.
void Runner::Impl::lose(const char* why) {
  process.end(end_grace_ms);
  for (const auto& [id, by] : running) answer({Phase::unknown, id, 0, "", why});
  running.clear();
}

void Runner::Impl::answer(RunResult result) {
  {
    const std::lock_guard lock(mutex);
    --count;
  }
  done(std::move(result));
}

void Runner::Impl::pause() {
  auto until = Clock::now() + look_every;
  if (!process.runs() && started_once) until = std::min(until, start_at);
  for (const auto& [id, by] : running) until = std::min(until, by);
  until = std::min(until, stop_at.load());
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd events[] = {{wake, POLLIN, 0}, {process.fd(), POLLIN, 0}};  // -1 is looked over
  poll(events, 2, static_cast<int>(std::max<std::int64_t>(left, 0)));
  std::uint64_t rung = 0;
  if (events[0].revents) [[maybe_unused]]
    const ssize_t n = read(wake, &rung, sizeof rung);
}

Runner::Runner(RunnerOptions options, std::function<void(RunResult)> done)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(done))) {
  impl_->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (impl_->wake < 0) throw std::bad_alloc();
  impl_->thread = net::start_thread("tocsin-run", [impl = impl_.get()] { impl->run(); });
}

Runner::~Runner() {
  stop();
  close(impl_->wake);
}

Runner::Offer Runner::offer(RunRequest request) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping || impl_->count >= impl_->options.runs_max) return Offer::full;
    ++impl_->count;
    impl_->inbox.push_back(std::move(request));
  }
  eventfd_write(impl_->wake, 1);
  return Offer::taken;
}

void Runner::warm() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->wanted = true;
  }
  eventfd_write(impl_->wake, 1);
}

void Runner::stop(int grace_ms) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->stop_at = Clock::now() + std::chrono::milliseconds(grace_ms);
  }
  eventfd_write(impl_->wake, 1);
  if (impl_->thread.joinable()) impl_->thread.join();
}

std::uint64_t Runner::restarts() const {
  return impl_->restarts;
}

std::string Runner::trouble() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->trouble;
}

}  // namespace tocsin
