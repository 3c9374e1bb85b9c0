#pragma once
// What the connections of one I/O thread share: its io_context, the list of them, one timer for all
// their deadlines, and the mailbox through which other threads answer. Internal to the server.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "daemon/net/origins.hpp"
#include "daemon/net/server.hpp"

namespace tocsin::net {

class Connection;
using Clock = std::chrono::steady_clock;

// How a Reply finds its thread. Outlives it: after close() whatever is posted is dropped.
class Mailbox {
 public:
  explicit Mailbox(boost::asio::io_context& context) : context_(&context) {}

  template <class F>
  void post(F&& f) {
    const std::lock_guard lock(mutex_);
    if (context_ != nullptr) boost::asio::post(*context_, std::forward<F>(f));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
  }

 private:
  std::mutex mutex_;
  boost::asio::io_context* context_;
};

class IoThread {
 public:
  IoThread();

  boost::asio::io_context& context() { return context_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }

  void start(int number);
  void finish();  // from another thread: no more connections will come; ends when the last is gone
  bool inside() const { return std::this_thread::get_id() == thread_.get_id(); }

  // The rest is called on the thread itself.
  void add(Connection& connection);
  void remove(Connection& connection);
  // A connection moved its deadline. Moving it later costs nothing: the timer finds out when it
  // fires.
  void watch(Clock::time_point deadline) {
    if (deadline < armed_) arm(deadline);
  }

  // Connections whose header is not whole, of each origin, the oldest first. Beyond the limit a new
  // one ends the oldest.
  struct Waiter {
    Connection* connection;
    Clock::time_point since;
  };
  using Waiting = std::list<Waiter>::iterator;
  void waits(Connection& connection, const ServerOptions& options);
  void no_longer_waits(Connection& connection);

  template <class F>
  void for_each(F&& f) {
    // A copy: what is called may remove itself.
    const std::vector<Connection*> now = connections_;
    for (Connection* connection : now) f(*connection);
  }
  const std::string& date();  // of an answer; made once a second

 private:
  void arm(Clock::time_point when);
  void sweep();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::steady_timer timer_;
  Clock::time_point armed_ = Clock::time_point::max();
  std::vector<Connection*> connections_;
  std::unordered_map<Origin, std::list<Waiter>> waiting_;
  std::shared_ptr<Mailbox> mailbox_;
  std::int64_t date_second_ = -1;
  std::string date_;
  std::thread thread_;
};

}  // namespace tocsin::net
