#include "daemon/api/heartbeat.hpp"

#include <pthread.h>

#include <algorithm>
#include <ctime>

namespace tocsin::api {
namespace {

constexpr int timeout_ms = 10'000;  // of one beat; the shortest interval is as long

constexpr Span again_after = seconds(10);

OutboundOptions options_of(const std::string& user_agent) {
  OutboundOptions out;
  out.transfers_max = 4;
  out.mails_max = 1;
  out.queue_max = 4;
  out.queue_timeout_ms = timeout_ms;
  out.body_bytes_max = 1024;
  out.user_agent = user_agent;
  return out;
}

}  // namespace

Heartbeat::Heartbeat(HeartbeatPorts ports)
    : ports_(std::move(ports)),
      outbound_(
          std::make_unique<Outbound>(options_of(ports_.user_agent),
                                     [this](const OutboundResult& result) { answered(result); })),
      thread_([this] { run(); }) {}

Heartbeat::~Heartbeat() {
  stop();
}

void Heartbeat::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  outbound_->stop();
}

void Heartbeat::use(HeartbeatTarget target) {
  std::lock_guard lock(mutex_);
  if (target == target_) return;
  target_ = std::move(target);
  changed_ = true;
  wake_.notify_all();
}

bool Heartbeat::in_use() const {
  std::lock_guard lock(mutex_);
  return !target_.url.empty();
}

void Heartbeat::run() {
  pthread_setname_np(pthread_self(), "tocsin-heart");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_ = false;
    const HeartbeatTarget target = target_;
    lock.unlock();
    if (!target.url.empty()) beat(target.url);
    lock.lock();
    const auto awake = [this] { return stopping_ || changed_; };
    if (target.url.empty()) {
      wake_.wait(lock, awake);
      continue;
    }
    // One that did not get through is tried again before the service rings.
    const auto pause = said_ == 0 ? std::min(target.every, again_after) : target.every;
    wake_.wait_for(lock, std::chrono::milliseconds(pause.ms), awake);
  }
}

void Heartbeat::beat(const std::string& url) {
  if (const std::string why = ports_.not_well(); !why.empty()) {
    ++stats_.withheld;
    return say(false, "no heartbeat is sent: " + why);
  }
  OutboundRequest request;
  request.destination = request.kind = "heartbeat";
  request.url = url;
  request.method = "GET";
  request.total_timeout_ms = timeout_ms;
  ++stats_.sent;
  if (outbound_->offer(std::move(request)) == Outbound::Offer::taken) return;
  ++stats_.failed;
  say(false, "the heartbeat was not taken: earlier ones have no answer yet");
}

void Heartbeat::answered(const OutboundResult& result) {
  if (result.phase == OutboundResult::Phase::answered && result.status / 100 == 2) {
    stats_.answered_at_s = std::time(nullptr);
    return say(true, "the dead-man service takes heartbeats");
  }
  ++stats_.failed;
  say(false, "the dead-man service did not take a heartbeat: " +
                 (result.phase == OutboundResult::Phase::answered
                      ? "status " + std::to_string(result.status)
                      : result.error));
}

// Changes only: a service that is down for a night is one line.
void Heartbeat::say(bool well, const std::string& why) {
  if (said_.exchange(well) == static_cast<int>(well)) return;
  ports_.log(well ? LogLevel::info : LogLevel::warning, well ? "heartbeat" : "heartbeat_missing",
             why);
}

}  // namespace tocsin::api
