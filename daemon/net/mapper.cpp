#include "daemon/net/mapper.hpp"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "daemon/net/helper_process.hpp"
#include "daemon/net/thread.hpp"

namespace tocsin {
namespace {

using Clock = std::chrono::steady_clock;
using net::HelperProcess;

constexpr int workers = 2;
constexpr auto look_every = std::chrono::seconds(1);  // whether an idle helper is still there
constexpr std::chrono::milliseconds back_off_min(100), back_off_max(10'000);
constexpr int end_grace_ms = 500;
// A helper that has done so much makes room for a fresh one, whatever its library leaks.
constexpr int documents_of_a_life = 10'000;

struct Job {
  HelperFrame question;
  std::size_t bytes = 0;
  std::function<void(MapResult, const HelperFrame&)> done;
};

// One helper and when it may be started again.
struct Worker {
  Worker(const std::string& program, std::size_t n) : process({program, "map"}), number(n) {}
  HelperProcess process;
  const std::size_t number;
  bool started_once = false;
  int documents = 0;
  Clock::time_point start_at{};
  Clock::duration back_off = back_off_min;
  std::string trouble;
};

MapResult of_end(const net::HelperEnd& end) {
  using Outcome = MapResult::Outcome;
  switch (end.signal) {
    case 0:  // nobody tells it to end while it has a document
      return {Outcome::failed, "it ended its process"};
    case SIGPROF:
      return {Outcome::timeout, "it ran for too long"};
    case SIGABRT:  // how libjq answers when there is no memory
      return {Outcome::failed, "it ran out of memory"};
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
      return {Outcome::failed, "it broke its process, by signal " + std::to_string(end.signal)};
    default:
      return {Outcome::unavailable, "the helper process was ended from outside"};
  }
}

MapResult of_answer(const HelperFrame& answer) {
  using Outcome = MapResult::Outcome;
  const bool one = answer.fields.size() == 1;
  if (answer.kind == HelperFrame::Kind::mapped && one) return {Outcome::mapped, answer.fields[0]};
  if (answer.kind == HelperFrame::Kind::failed && one) return {Outcome::failed, answer.fields[0]};
  if (answer.kind == HelperFrame::Kind::faults)
    return {Outcome::failed,
            answer.fields.size() > 2 ? "it does not compile: " + answer.fields[2] : ""};
  return {Outcome::unavailable, "the helper process spoke out of turn"};
}

}  // namespace

struct Mapper::Impl {
  explicit Impl(MapperOptions o) : options(std::move(o)) {}

  MapperOptions options;
  Stats stats;

  mutable std::mutex mutex;
  std::condition_variable more;
  std::map<std::string, std::deque<Job>> waiting;  // by source
  std::string last_served;
  std::deque<Job> first;  // of the daemon itself
  std::size_t count = 0, bytes = 0;
  bool wanted = false, stopping = false;
  std::array<std::string, workers> troubles;

  std::array<std::thread, workers> threads;

  void work(std::size_t number);
  bool take(Job& out, Clock::time_point until);
  bool take_next(Job& out);
  void look_after(Worker& worker);
  void start(Worker& worker);
  MapResult ask(Worker& worker, const HelperFrame& question, HelperFrame& answer);
  MapResult ask_once(Worker& worker, const HelperFrame& question, HelperFrame& answer);
  void answer(Job& job, MapResult result, const HelperFrame& raw);
};

// The next source behind the one that was served last.
bool Mapper::Impl::take_next(Job& out) {
  if (!first.empty()) {
    out = std::move(first.front());
    first.pop_front();
    return true;
  }
  if (waiting.empty()) return false;
  auto it = waiting.upper_bound(last_served);
  if (it == waiting.end()) it = waiting.begin();
  last_served = it->first;
  out = std::move(it->second.front());
  it->second.pop_front();
  if (it->second.empty()) waiting.erase(it);
  --count;
  bytes -= out.bytes;
  return true;
}

// False: there is none by then. What waits when it is to stop is taken, too.
bool Mapper::Impl::take(Job& out, Clock::time_point until) {
  std::unique_lock lock(mutex);
  while (!stopping) {
    if (take_next(out)) return true;
    if (more.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  return take_next(out);
}

void Mapper::Impl::start(Worker& worker) {
  if (worker.started_once) ++stats.restarts;
  worker.started_once = true;
  worker.documents = 0;
  worker.trouble = worker.process.start();
  {
    const std::lock_guard lock(mutex);
    troubles[worker.number] = worker.trouble;
  }
  if (worker.trouble.empty()) {
    worker.back_off = back_off_min;
    return;
  }
  worker.start_at = Clock::now() + worker.back_off;
  worker.back_off = std::min<Clock::duration>(worker.back_off * 2, back_off_max);
}

// Before each document, after one that broke it, and once a second.
void Mapper::Impl::look_after(Worker& worker) {
  if (worker.process.runs() && worker.documents >= documents_of_a_life) {
    worker.process.end(end_grace_ms);
    worker.started_once = false;  // this one is no mishap
  }
  if (worker.process.runs() && !worker.process.idle_and_well()) worker.process.end();
  if (!worker.process.runs() && Clock::now() >= worker.start_at) start(worker);
}

// A helper that somebody else ended is no word on the document: the next one gets it.
MapResult Mapper::Impl::ask(Worker& worker, const HelperFrame& question, HelperFrame& answer) {
  MapResult result = ask_once(worker, question, answer);
  if (result.outcome == MapResult::Outcome::unavailable && worker.trouble.empty())
    result = ask_once(worker, question, answer);
  return result;
}

MapResult Mapper::Impl::ask_once(Worker& worker, const HelperFrame& question, HelperFrame& answer) {
  look_after(worker);
  if (!worker.process.runs())
    return {MapResult::Outcome::unavailable, "there is no helper process: " + worker.trouble};
  ++worker.documents;
  const auto deadline = Clock::now() + std::chrono::milliseconds(options.wall_ms);
  const auto result = worker.process.ask(question, answer, deadline);
  if (result == FrameResult::ok) {
    MapResult said = of_answer(answer);
    if (said.outcome == MapResult::Outcome::unavailable) worker.process.end();
    return said;
  }
  answer = {};
  if (result == FrameResult::closed) return of_end(worker.process.end(end_grace_ms));
  worker.process.end();
  if (result == FrameResult::timeout)
    return {MapResult::Outcome::timeout,
            "there was no answer for " + std::to_string(options.wall_ms) + " ms"};
  return {MapResult::Outcome::unavailable, "the helper process could not be understood"};
}

void Mapper::Impl::answer(Job& job, MapResult result, const HelperFrame& raw) {
  if (job.question.kind == HelperFrame::Kind::map)
    ++stats.outcomes[static_cast<std::size_t>(result.outcome)];
  job.done(std::move(result), raw);
}

void Mapper::Impl::work(std::size_t number) {
  Worker worker(options.program, number);
  for (;;) {
    Job job;
    const auto look_at = Clock::now() + look_every;
    const bool taken = take(job, worker.trouble.empty() ? look_at : worker.start_at);
    bool stop = false, needed = false;
    {
      const std::lock_guard lock(mutex);
      stop = stopping, needed = wanted;
    }
    if (stop && !taken) return;
    if (stop) {
      answer(job, {MapResult::Outcome::unavailable, "stopping"}, {});
      continue;
    }
    if (taken) {
      HelperFrame raw;
      MapResult result = ask(worker, job.question, raw);
      answer(job, std::move(result), raw);
    }
    if (worker.started_once || needed) look_after(worker);
  }
}

Mapper::Mapper(MapperOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
  for (std::size_t i = 0; i < workers; ++i)
    impl_->threads[i] = net::start_thread("tocsin-map", [impl = impl_.get(), i] { impl->work(i); });
}

Mapper::~Mapper() {
  stop();
}

Mapper::Offer Mapper::offer(const std::string& source, std::shared_ptr<const std::string> program,
                            std::string document, std::function<void(MapResult)> done) {
  Job job;
  job.bytes = document.size();
  job.question = {HelperFrame::Kind::map, {*program, std::move(document)}};
  job.done = [done = std::move(done)](MapResult result, const HelperFrame&) {
    done(std::move(result));
  };
  const std::lock_guard lock(impl_->mutex);
  const bool room = impl_->count < impl_->options.documents_max &&
                    impl_->bytes + job.bytes <= impl_->options.waiting_bytes_max;
  if (impl_->stopping || !room) {
    ++impl_->stats.full;
    return Offer::full;
  }
  ++impl_->count;
  impl_->bytes += job.bytes;
  impl_->waiting[source].push_back(std::move(job));
  impl_->more.notify_one();
  return Offer::taken;
}

std::vector<ProgramFault> Mapper::compile(const std::string& program, std::string& unavailable) {
  std::promise<std::pair<MapResult, HelperFrame>> said;
  Job job;
  job.question = {HelperFrame::Kind::compile, {program}};
  job.done = [&said](MapResult result, const HelperFrame& raw) {
    said.set_value({std::move(result), raw});
  };
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) return unavailable = "stopping", std::vector<ProgramFault>{};
    impl_->first.push_back(std::move(job));
    impl_->more.notify_one();
  }
  const auto [result, raw] = said.get_future().get();
  if (result.outcome == MapResult::Outcome::unavailable)
    return unavailable = result.text, std::vector<ProgramFault>{};
  if (raw.kind != HelperFrame::Kind::faults) return {{1, 1, "compiling it failed: " + result.text}};
  std::vector<ProgramFault> out;
  const auto number = [](const std::string& text) {
    int value = 1;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  for (std::size_t i = 0; i + 2 < raw.fields.size(); i += 3)
    out.push_back({number(raw.fields[i]), number(raw.fields[i + 1]), raw.fields[i + 2]});
  return out;
}

void Mapper::warm() {
  const std::lock_guard lock(impl_->mutex);
  impl_->wanted = true;
  impl_->more.notify_all();
}

void Mapper::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->more.notify_all();
  }
  for (std::thread& thread : impl_->threads)
    if (thread.joinable()) thread.join();
}

const Mapper::Stats& Mapper::stats() const {
  return impl_->stats;
}

std::string Mapper::trouble() const {
  const std::lock_guard lock(impl_->mutex);
  for (const std::string& trouble : impl_->troubles)
    if (!trouble.empty()) return trouble;
  return "";
}

}  // namespace tocsin
