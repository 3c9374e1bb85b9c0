#include "daemon/net/io_thread.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <ctime>

#include "daemon/net/connection.hpp"
#include "daemon/net/response_head.hpp"
#include "daemon/net/thread.hpp"

namespace tocsin::net {

IoThread::IoThread()
    : guard_(boost::asio::make_work_guard(context_)),
      timer_(context_),
      mailbox_(std::make_shared<Mailbox>(context_)) {}

void IoThread::start(int number) {
  thread_ = start_thread("tocsin-io" + std::to_string(number), [this] { context_.run(); });
}

void IoThread::finish() {
  boost::asio::post(context_, [this] { timer_.cancel(); });
  mailbox_->close();
  guard_.reset();
  if (thread_.joinable()) thread_.join();
}

void IoThread::add(Connection& connection) {
  connection.slot = connections_.size();
  connections_.push_back(&connection);
}

void IoThread::remove(Connection& connection) {
  Connection* last = connections_.back();
  connections_[connection.slot] = last;
  last->slot = connection.slot;
  connections_.pop_back();
}

void IoThread::waits(Connection& connection, const ServerOptions& options) {
  if (connection.waiting) return;
  const Clock::time_point now = Clock::now();
  auto& waiters = waiting_[connection.origin()];
  connection.waiting = waiters.insert(waiters.end(), {&connection, now});
  const auto most =
      static_cast<std::size_t>(std::max(1, options.waiting_per_address_max / options.io_threads));
  if (waiters.size() > most && now - waiters.front().since >= options.crowded)
    waiters.front().connection->expire();
}

void IoThread::no_longer_waits(Connection& connection) {
  if (!connection.waiting) return;
  const auto waiters = waiting_.find(connection.origin());
  waiters->second.erase(*connection.waiting);
  connection.waiting.reset();
  if (waiters->second.empty()) waiting_.erase(waiters);
}

void IoThread::arm(Clock::time_point when) {
  armed_ = when;
  timer_.expires_at(when);  // ends the wait before it, if there is one
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec) sweep();
  });
}

void IoThread::sweep() {
  armed_ = Clock::time_point::max();
  const Clock::time_point now = Clock::now();
  Clock::time_point next = Clock::time_point::max();
  for (Connection* connection : connections_) {
    if (connection->deadline() <= now) connection->expire();
    if (connection->deadline() < next) next = connection->deadline();
  }
  if (next != Clock::time_point::max()) arm(next);
}

const std::string& IoThread::date() {
  const std::int64_t second = std::time(nullptr);
  if (second != date_second_) {
    date_second_ = second;
    date_ = http_date(second);
  }
  return date_;
}

}  // namespace tocsin::net
