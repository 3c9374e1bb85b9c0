#include "daemon/engine/auditor.hpp"

#include <pthread.h>

namespace tocsin {

// One look may fall into the moment in which a machine comes back from a pause; somebody is woken
// for what is still so at the next.
constexpr int looks_to_report = 2;
constexpr auto behind = 3 * audit_every;

Auditor::Auditor(Engine& engine, LogSink log) : engine_(engine), log_(std::move(log)) {}
Auditor::~Auditor() {
  stop();
}

std::shared_ptr<const Auditor::Look> Auditor::last() const {
  std::lock_guard lock(mutex_);
  return last_;
}

std::string Auditor::not_well() const {
  const auto look = last();
  if (!look) return "the laws were not looked at yet";
  if (std::chrono::steady_clock::now() - look->at > behind) return "the auditor is behind";
  if (!look->audit.intact()) return "a law does not hold: " + look->audit.broken.front();
  if (look->audit.no_channel_takes) return "a page is owed, and no channel takes it";
  const Engine::Health health = engine_.health();
  if (health.paused) return "paging is paused: the store was restored";
  return health.ready && health.accepting ? "" : health.why;
}

void Auditor::start() {
  thread_ = std::thread([this] { run(); });
}

void Auditor::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Auditor::run() {
  pthread_setname_np(pthread_self(), "tocsin-auditor");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, audit_every, [this] { return stopping_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

void Auditor::look() {
  auto look = std::make_shared<Look>();
  const auto settings = engine_.settings();
  if (const auto snapshot = engine_.read_now(); snapshot && settings) {
    look->audit = audit(*snapshot, *settings, engine_.health().durable,
                        snapshot->globals.instant(engine_.wall_now()));
    look->seen = true;
  } else {
    look->audit.broken.emplace_back("held: the core gave no copy of its state within 1 s");
  }
  look->at = std::chrono::steady_clock::now();
  judge(*look);
  std::lock_guard lock(mutex_);
  last_ = std::move(look);
}

void Auditor::judge(const Look& look) {
  for (const std::string& sentence : look.audit.broken)
    log_(LogLevel::error, "law_broken", sentence);
  broken_in_a_row_ = look.audit.intact() ? 0 : broken_in_a_row_ + 1;
  if (broken_in_a_row_ > 0 && broken_in_a_row_ < looks_to_report) return;
  const std::string now = look.audit.intact() ? "" : look.audit.broken.front();
  // The figures in a sentence change; whether there is one is what counts.
  if (reported_ != "?" && reported_.empty() == now.empty()) return;
  if (engine_.offer(ReportAudit{now}) == Offer::taken) reported_ = now;
}

}  // namespace tocsin
