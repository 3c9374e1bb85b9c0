#pragma once
// Attempts on their way out: encodes each order for its channel, has it printed, written or sent,
// and settles it exactly once, by its deadline at the latest. Never blocks the thread that hands it
// orders.
//
// After the deadline has spoken (unknown), a channel's `accepted` is still passed on, since it
// spares a person the second page; anything else that comes late is dropped.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "connectors/registry.hpp"
#include "daemon/api/delivery_stats.hpp"
#include "daemon/api/local_delivery.hpp"
#include "daemon/api/worker.hpp"
#include "daemon/engine/in_hand.hpp"
#include "daemon/net/outbound.hpp"
#include "daemon/net/runner.hpp"
#include "rules/model/command.hpp"
#include "rules/model/page.hpp"

namespace tocsin::api {

struct SenderPorts {
  std::function<void(SettleAttempt)> settle;
  std::function<Wall()> wall_now;
  std::function<Outbound::Offer(OutboundRequest)> http;
  std::function<Runner::Offer(RunRequest)> run;
  int terminal = 1;  // descriptor that `print` goes to
  std::function<bool(const Input&)> quarantined = [](const Input&) { return false; };
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

class Sender {
 public:
  explicit Sender(SenderPorts ports);
  ~Sender();

  void send(const std::vector<SendOrder>& orders);
  void http_done(OutboundResult result);  // what Outbound says
  void run_done(RunResult result);        // what Runner says

  // The process is about to end. What is handed over from here on is neither sent nor settled: the
  // next epoch settles it and sends it again.
  void hold();
  // Finishes what is queued locally; what is with the network then is settled by the next epoch.
  void stop();
  const DeliveryStats& stats() const { return stats_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Pending {
    SettleAttempt outcome;  // of whom; the rest is filled in at the end
    const ChannelKind* kind = nullptr;
    std::string kind_name;
    Clock::time_point started, deadline;
    bool late = false;  // settled by its deadline
  };
  struct Outcome {
    AttemptOutcome outcome;
    std::string detail;
    Span retry_after{};
  };

  void start(const SendOrder& order);
  void perform(std::uint64_t id, Delivery delivery, const SendOrder& order, Span left);
  void perform_remote(std::uint64_t id, Delivery delivery, const SendOrder& order, Span left);
  void perform_run(std::uint64_t id, Delivery delivery, int timeout_ms);
  void perform_local(std::uint64_t id, Delivery delivery);
  void read_answer(std::uint64_t id, int status, std::string_view said, Outcome& outcome);
  void finish(std::uint64_t id, Outcome outcome);
  void watch();

  SenderPorts ports_;
  DeliveryStats stats_;
  Worker files_{"tocsin-mailbox", 4096}, prints_{"tocsin-print", 4096};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<std::uint64_t, Pending> pending_;
  std::uint64_t next_id_ = 1;
  bool holding_ = false;
  bool stopping_ = false;
  std::thread watch_;
};

}  // namespace tocsin::api
