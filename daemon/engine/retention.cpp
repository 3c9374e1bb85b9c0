#include "daemon/engine/retention.hpp"

#include <pthread.h>

#include <future>

#include "rules/story.hpp"

namespace tocsin {
namespace {

constexpr auto first_walk = std::chrono::seconds(10);  // after the start
constexpr auto between_slices = std::chrono::seconds(1);
constexpr auto between_walks = std::chrono::hours(1);
constexpr auto answer_within = std::chrono::seconds(30);

}  // namespace

Retention::Retention(Engine& engine, Journal& journal, LogSink log)
    : engine_(engine), journal_(journal), log_(std::move(log)) {}
Retention::~Retention() {
  stop();
}

void Retention::start() {
  thread_ = std::thread([this] { run(); });
}

void Retention::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Retention::run() {
  pthread_setname_np(pthread_self(), "tocsin-retain");
  std::chrono::milliseconds pause = first_walk;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, pause, [this] { return stopping_; })) {
    lock.unlock();
    pause = slice() ? between_slices : std::chrono::milliseconds(between_walks);
    lock.lock();
  }
}

// False when the walk is at its end.
bool Retention::slice() {
  const auto settings = engine_.settings();
  const auto snapshot = settings ? engine_.read_now() : nullptr;
  if (!snapshot || settings->keep_incidents == Span{}) return false;
  const Instant now = snapshot->globals.instant(engine_.wall_now());
  Slice found = next(now - settings->keep_incidents, snapshot->globals.next_incident);
  asked_ += found.incidents.size();
  if (!found.incidents.empty()) {
    // One slice at a time: the next one is not read before this one is durable.
    auto done = std::make_shared<std::promise<void>>();
    auto durable = done->get_future();
    if (engine_.offer(ForgetIncidents{std::move(found.incidents)},
                      [done](const Answer&, std::uint64_t) { done->set_value(); }) == Offer::taken)
      durable.wait_for(answer_within);
  }
  if (!found.more && asked_ > 0)
    log_(LogLevel::info, "retention",
         std::to_string(std::exchange(asked_, 0)) + " closed incidents are forgotten");
  return found.more;
}

Retention::Slice Retention::next(Instant over_before, IncidentNumber end) {
  Slice out;
  for (std::size_t blocks = 0; blocks < blocks_max; ++blocks, ++block_) {
    if (block_ > end.value / 256) {
      block_ = 0;
      return out;
    }
    if (!look_at(block_, over_before, out)) break;  // full: the rest of the block comes next
  }
  out.more = true;
  return out;
}

// Numbers are big endian, so those of a block share all bytes of their keys but the last.
bool Retention::look_at(std::uint64_t block, Instant over_before, Slice& out) {
  std::string prefix = row_key(closed_prefix, block << 8);
  prefix.pop_back();
  std::size_t timeline = 0;
  for (const ClosedIncident& closed : out.incidents) timeline += closed.timeline;
  bool room = true;
  journal_.scan_rows(prefix, [&](std::string_view, std::string_view value) {
    const auto found = read_archived(value);
    if (!found) return true;
    const IncidentRow& row = found->row;
    const Instant over = row.resolved_at == never ? row.opened_at : row.resolved_at;
    if (over > over_before) return true;
    timeline += row.timeline;
    room =
        out.incidents.empty() || (out.incidents.size() < incidents_max && timeline <= timeline_max);
    if (room) out.incidents.push_back({row.number, over, row.timeline});
    return room;
  });
  return room;
}

}  // namespace tocsin
