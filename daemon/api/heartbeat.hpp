#pragma once
// Tells a dead-man service outside that the daemon is well, by a GET every so often; silence is the
// alarm. A beat is sent only while nothing is known that a person should know, so the service also
// rings when the process lives and does not do its work. Owns a thread and a way out of its own:
// neither waits for channels, nor do they wait for it. The URL is a secret and is never shown.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "config/load.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/net/outbound.hpp"

namespace tocsin::api {

struct HeartbeatPorts {
  std::function<std::string()> not_well;  // why no beat may be sent; empty: all is well
  LogSink log;
  std::string user_agent;
};

class Heartbeat {
 public:
  struct Stats {
    std::atomic<std::uint64_t> sent{}, failed{}, withheld{};
    std::atomic<std::int64_t> answered_at_s{};  // Unix time of the newest that was taken; 0: none
  };

  explicit Heartbeat(HeartbeatPorts ports);
  ~Heartbeat();  // stops

  void use(HeartbeatTarget target);  // from now on; without a URL nothing is sent. Any thread.
  bool in_use() const;
  const Stats& stats() const { return stats_; }
  void stop();

 private:
  void run();
  void beat(const std::string& url);
  void answered(const OutboundResult& result);
  void say(bool well, const std::string& why);

  const HeartbeatPorts ports_;
  Stats stats_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  HeartbeatTarget target_;
  bool changed_ = false, stopping_ = false;
  std::atomic<int> said_{-1};  // whether the log was told last that beats arrive; -1: nothing yet
  std::unique_ptr<Outbound> outbound_;
  std::thread thread_;
};

}  // namespace tocsin::api
