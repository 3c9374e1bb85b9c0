#pragma once
// One connection of the server: a coroutine that reads a request, asks the handler, writes the
// answer, until one side has enough. Lives on one I/O thread and is touched by no other; an answer
// from another thread comes through that thread's mailbox. Internal to the server.

#include <algorithm>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "daemon/net/io_thread.hpp"
#include "daemon/net/origins.hpp"
#include "daemon/net/request_parser.hpp"
#include "daemon/net/response_head.hpp"
#include "daemon/net/server.hpp"
#include "daemon/net/stream.hpp"

namespace tocsin::net {

struct Counters {
  using Counter = std::atomic<std::uint64_t>;
  Counter accepted{0}, refused{0}, accept_failures{0}, requests{0}, malformed{0}, too_large{0};
  Counter too_slow{0}, shed{0}, replies_dropped{0}, replies_late{0}, handshakes_failed{0};
};

// What the connections of all threads share. Outlives them.
struct Shared {
  ServerOptions options;
  Server::Handler handler;
  Counters counters;
  std::atomic<bool> draining{false};
  std::atomic<std::size_t> bodies_bytes{0};
  std::function<void(bool refused, Origin origin)> closed;  // a connection has ended
};

// Received and not yet parsed bytes, contiguous, of limited capacity. Small until a read has filled
// it: a connection that trickles or is idle takes little.
class InBuffer {
 public:
  explicit InBuffer(std::size_t capacity)
      : room_(std::min<std::size_t>(capacity, 1u << 10)),
        bytes_(new char[room_]),
        capacity_(capacity) {}

  const char* data() const { return bytes_.get() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  bool full() const { return size() == capacity_; }
  void consume(std::size_t n) {
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  boost::asio::mutable_buffer space() {
    if (begin_ > 0) {
      std::memmove(bytes_.get(), data(), size());
      end_ -= begin_;
      begin_ = 0;
    }
    if (filled_ && room_ < capacity_) grow();
    return {bytes_.get() + end_, room_ - end_};
  }
  void received(std::size_t n) {
    end_ += n;
    filled_ = end_ == room_;
  }

 private:
  void grow() {
    room_ = std::min(4 * room_, capacity_);
    std::unique_ptr<char[]> more(new char[room_]);
    std::memcpy(more.get(), bytes_.get(), end_);
    bytes_ = std::move(more);
    filled_ = false;
  }

  std::size_t room_;
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_, begin_ = 0, end_ = 0;
  bool filled_ = false;  // by the last read
};

// A suspended coroutine, whatever the type of what continues it.
struct Waiter {
  virtual ~Waiter() = default;
  virtual void resume() = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, Origin origin, std::shared_ptr<Tls> tls,
             IoThread& io, Shared& shared);

  // To the end, on the connection's own thread. `refused`: says 503 and closes.
  static boost::asio::awaitable<void> run(std::shared_ptr<Connection> connection, bool refused);

  // From a Reply, through the mailbox. Nothing: the Reply died uncalled.
  void answer(std::uint64_t serial, std::optional<HttpResponse> response);
  Clock::time_point deadline() const { return deadline_; }
  void expire();  // the deadline has passed
  void drain();   // closes if idle
  void abort();

  Origin origin() const { return origin_; }

  std::size_t slot = 0;  // place in IoThread's list
  // Place among those of its origin that have not sent a whole header, if it is one of them.
  std::optional<IoThread::Waiting> waiting;

 private:
  template <class T>
  using Task = boost::asio::awaitable<T>;
  enum class Read { ok, closed, late, bad, header_too_large, body_too_large, shed };

  Task<void> serve();
  Task<void> refuse();
  Task<bool> exchange();
  Task<Read> read_header();
  Task<Read> read_body(HttpRequest& request);
  Task<Read> read_sized(std::string& body, std::size_t length);
  Task<Read> read_chunked(std::string& body);
  Task<std::size_t> read_some(boost::asio::mutable_buffer into);  // 0: see read_failure()
  Read read_failure() const { return expired_ ? Read::late : Read::closed; }

  std::optional<HttpResponse> objection(const HttpRequest& request) const;
  HttpResponse refusal_of(Read why);

  Task<void> ask(HttpRequest& request);  // hands it on, fills answer_
  Reply make_reply();
  Task<void> wait_for_answer();  // to what has just been asked; none: the server stops
  void resume();

  Task<bool> send(HttpResponse& response, bool head_only, bool keep);
  Task<bool> stream(HttpResponse& response, BodyForm form);
  void order_piece(const std::shared_ptr<HttpResponse>& response);
  Task<bool> write(boost::asio::const_buffer first, boost::asio::const_buffer second = {});
  Task<void> linger();
  void set_deadline(std::chrono::milliseconds from_now) { set_deadline(Clock::now() + from_now); }
  void set_deadline(Clock::time_point when);
  void body_has(std::size_t bytes);  // moves its deadline

  Origin origin_;
  Stream stream_;
  IoThread& io_;
  Shared& shared_;
  RequestParser parser_;
  InBuffer in_;
  std::string out_;

  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point body_began_{};
  bool expired_ = false;
  bool aborted_ = false;
  bool idle_ = false;  // waits for the first byte of a request
  bool first_ = true;  // no request read yet

  std::uint64_t serial_ = 0;  // of the request that is with the handler; a late Reply names another
  std::optional<HttpResponse> answer_;
  std::unique_ptr<Waiter> waiter_;  // the coroutine, while it waits for answer_
};

}  // namespace tocsin::net
