#pragma once
// The thread that hears connections, of all TCP and TLS listeners: one coroutine each, which reads,
// cuts into lines, hands them on, and reads on when they are settled. Internal to the syslog
// listeners.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "connectors/in/syslog/framing.hpp"
#include "daemon/net/io_thread.hpp"
#include "daemon/net/origins.hpp"
#include "daemon/net/stream.hpp"
#include "daemon/net/syslog_counters.hpp"

namespace tocsin::net {

class SyslogTcp;

class SyslogConnection : public std::enable_shared_from_this<SyslogConnection> {
 public:
  SyslogConnection(boost::asio::ip::tcp::socket socket, Origin origin, std::shared_ptr<Tls> tls,
                   std::size_t endpoint, SyslogTcp& home);
  // To the end, on the thread of the connections.
  static boost::asio::awaitable<void> run(std::shared_ptr<SyslogConnection> connection);
  void stop();   // reads nothing more; ends when what it handed on is settled
  void abort();  // at once
  SyslogProtocol protocol() const { return lines_.protocol; }
  Origin origin() const { return origin_; }

 private:
  template <class T>
  using Task = boost::asio::awaitable<T>;

  Task<SyslogEnd> serve();
  Task<bool> handshake();
  Task<SyslogEnd> read();  // until one side has enough
  Task<void> hand_on();    // what was cut, and waits until it is settled
  void collect(std::string_view line);
  std::function<void()> settled();
  void set_deadline(Clock::time_point when);

  Origin origin_;
  Stream stream_;
  SyslogTcp& home_;
  SyslogFraming framing_;
  std::unique_ptr<char[]> buffer_;  // of one read
  std::string text_;                // of the lines that were cut: they outlive the framing's views
  std::vector<std::size_t> ends_;   // of each line, in text_
  SyslogLines lines_;
  Clock::time_point line_began_{};
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer settled_;
  bool expired_ = false;
  bool stopping_ = false;
  bool aborted_ = false;
};

class SyslogTcp {
 public:
  SyslogTcp(const SyslogOptions& options, const SyslogPorts& ports, SyslogCounters& counters);
  ~SyslogTcp() { stop(std::chrono::milliseconds(0)); }
  SyslogTcp(const SyslogTcp&) = delete;
  SyslogTcp& operator=(const SyslogTcp&) = delete;

  // Before start(). The descriptor listens, is non-blocking, and owned from here on.
  void add(int fd, bool v6, std::size_t endpoint);
  void start();
  void stop(std::chrono::milliseconds wait);

 private:
  friend class SyslogConnection;
  struct Listener {
    boost::asio::ip::tcp::acceptor acceptor;
    std::size_t endpoint;
  };
  boost::asio::awaitable<void> accept(Listener& listener);
  void admit(boost::asio::ip::tcp::socket socket, std::size_t endpoint);
  void refuse(SyslogCounters::Protocol& own, Origin origin);  // that was let in already
  void gone(SyslogConnection& connection);
  void tell_if_empty();
  const SyslogEndpoint& endpoint(std::size_t i) const { return options_.endpoints[i]; }

  const SyslogOptions& options_;
  const SyslogPorts& ports_;
  SyslogCounters& counters_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::shared_ptr<Mailbox> mailbox_;  // how `settled` finds its thread
  boost::asio::steady_timer pause_;   // of accepting, when descriptors have run out
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::set<SyslogConnection*> connections_;
  Origins origins_;  // of them
  int handshakes_ = 0;
  std::size_t accepting_ = 0;
  bool stopping_ = false;
  bool told_ = false;
  std::promise<void> empty_;  // kept when stopping and the last connection is gone
  std::thread thread_;
};

}  // namespace tocsin::net
