#pragma once
// Pages the administrators when the process cannot go on: its store does not open or takes nothing,
// or the process keeps dying. It knows the configuration and no state, so nothing that it does is
// recorded: it says one fixed thing, to those who can mend it, every five minutes until it is over.
//
// Administrators are the people of the role `administrator`, without one the catch-all. Each is
// told by the first of their channels that takes it. Owned by the composition root; any thread.
// Until say() is called it is nothing but memory: no thread, no way out.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/api/sender.hpp"
#include "daemon/engine/engine.hpp"
#include "rules/model/settings.hpp"

namespace tocsin::api {

struct LastGaspPorts {
  LogSink log;
  std::string user_agent = "tocsin";
  std::string host;  // where the store is
  std::function<Wall()> wall_now;
  // When somebody was last told, kept for the next process: a restart is no reason to tell again.
  std::function<Wall()> told_at = [] { return Wall{}; };
  std::function<void(Wall)> told = [](Wall) {};
};

struct LastGaspTimes {
  Span every = minutes(5);   // between two rounds of which one reached somebody
  Span again = seconds(30);  // after one that reached nobody
};

class LastGasp {
 public:
  explicit LastGasp(LastGaspPorts ports, LastGaspTimes times = {});
  ~LastGasp();  // stops

  // Whom to tell, from the next round on. Without settings: whoever reads the terminal.
  void use(std::shared_ptr<const Settings> settings);
  // What is the matter, in a few words, and its details; empty: it is over.
  void say(const std::string& what, const std::string& detail = {});
  // Whether a round has reached somebody, or none is due yet, within `wait`.
  bool told_within(std::chrono::milliseconds wait);
  std::uint64_t pages() const;  // that a channel took
  void stop();

 private:
  struct Recipient {
    std::string person, email;
    std::vector<std::string> channels;  // in the order in which they are tried
    std::size_t next = 0;               // the next of them
    bool waiting = false;               // for the answer of the one before
  };
  struct Ways;  // out of the process; made for the first round

  void run();
  bool round(std::unique_lock<std::mutex>& lock);
  bool tell(std::unique_lock<std::mutex>& lock, std::vector<Recipient> recipients);
  void attempt(std::unique_lock<std::mutex>& lock, std::size_t number);
  bool hear(const SettleAttempt& outcome);
  SendOrder order_for(const Recipient& to, std::size_t number) const;
  Span due_in() const;

  const LastGaspPorts ports_;
  const LastGaspTimes times_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const Settings> settings_;
  std::string what_, detail_;
  Wall since_{}, round_at_{};
  std::chrono::steady_clock::time_point due_{};
  std::uint64_t pages_ = 0;
  bool stopping_ = false;

  std::uint64_t round_ = 0;  // counts up, so that an answer is known to be of an earlier one
  std::vector<Recipient> recipients_;
  std::vector<SettleAttempt> outcomes_;
  std::unique_ptr<Ways> ways_;
  std::thread thread_;
};

}  // namespace tocsin::api
