#include "daemon/net/syslog_tcp.hpp"

#include <netinet/tcp.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "daemon/net/thread.hpp"
#include "rules/model/planted.hpp"

// As in connection.cpp, every co_await is a statement of its own.

namespace tocsin::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_bytes = 64u << 10;  // so much of a connection is unsettled at most
constexpr milliseconds accept_pause{100};
constexpr milliseconds again_at_last{500};
constexpr milliseconds end_deadline{2'000};  // for saying the end of TLS
// A peer that is gone without a word is noticed within two minutes.
constexpr int probe_after_s = 60, probe_every_s = 15, probes = 4;

void keep_alive(tcp::socket& socket) {
  error_code ec;
  socket.set_option(asio::socket_base::keep_alive(true), ec);
  const auto set = [&](int name, int value) {
    setsockopt(socket.native_handle(), IPPROTO_TCP, name, &value, sizeof value);
  };
  set(TCP_KEEPIDLE, probe_after_s), set(TCP_KEEPINTVL, probe_every_s), set(TCP_KEEPCNT, probes);
}

SyslogEnd end_of(SyslogFraming::Failure failure) {
  switch (failure) {
    case SyslogFraming::Failure::none:
      return SyslogEnd::closed;
    case SyslogFraming::Failure::bad_length:
      return SyslogEnd::bad_length;
    case SyslogFraming::Failure::too_long:
      return SyslogEnd::too_long;
    case SyslogFraming::Failure::cut_off:
      return SyslogEnd::cut_off;
  }
  return SyslogEnd::bad_length;
}

}  // namespace

// ---- one connection ----

SyslogConnection::SyslogConnection(tcp::socket socket, Origin origin, std::shared_ptr<Tls> tls,
                                   std::size_t endpoint, SyslogTcp& home)
    : origin_(origin),
      stream_(std::move(socket), std::move(tls)),
      home_(home),
      framing_(home.options_.line_bytes_max, home.endpoint(endpoint).framing),
      buffer_(new char[read_bytes]),
      deadline_(home.context_),
      settled_(home.context_) {
  lines_.protocol = home.endpoint(endpoint).protocol;
  lines_.endpoint = endpoint;
}

asio::awaitable<void> SyslogConnection::run(std::shared_ptr<SyslogConnection> connection) {
  SyslogConnection& self = *connection;
  SyslogEnd why = SyslogEnd::stopping;
  try {
    why = co_await self.serve();
    if (self.stream_.encrypted() && why != SyslogEnd::handshake_failed && !self.aborted_) {
      self.set_deadline(Clock::now() + end_deadline);
      co_await self.stream_.end();
    }
  } catch (const std::exception&) {
    // Out of memory: this connection ends, the others go on.
  }
  self.deadline_.cancel();
  self.stream_.close();
  count(self.home_.counters_.of(self.protocol()).ends[index(why)]);
  self.home_.gone(self);
}

SyslogConnection::Task<SyslogEnd> SyslogConnection::serve() {
  const bool secured = co_await handshake();
  if (!secured) co_return stopping_ ? SyslogEnd::stopping : SyslogEnd::handshake_failed;
  const SyslogEnd why = co_await read();
  const bool broken =
      why == SyslogEnd::bad_length || why == SyslogEnd::too_long || why == SyslogEnd::cut_off;
  if (broken) home_.ports_.broken(protocol(), stream_.peer(), why);
  co_return why;
}

SyslogConnection::Task<bool> SyslogConnection::handshake() {
  if (!stream_.encrypted()) co_return true;
  ++home_.handshakes_;
  set_deadline(Clock::now() + home_.options_.handshake_deadline);
  const bool secured = co_await stream_.handshake();
  --home_.handshakes_;
  co_return secured;
}

SyslogConnection::Task<SyslogEnd> SyslogConnection::read() {
  const auto each = [this](std::string_view line) { collect(line); };
  while (!stopping_) {
    // Bytes that trickle do not put off the end of a line that has begun.
    const bool inside = framing_.waiting() > 0;
    set_deadline(inside ? line_began_ + home_.options_.frame_deadline
                        : Clock::now() + home_.options_.idle_deadline);
    const asio::mutable_buffer space(buffer_.get(), read_bytes);
    const std::size_t n = co_await stream_.read_some(space);
    if (n == 0 && stopping_) break;
    if (n == 0 && expired_) co_return inside ? SyslogEnd::stalled : SyslogEnd::idle;
    const auto failure = n > 0 ? framing_.feed({buffer_.get(), n}, each) : framing_.end(each);
    const bool begins = !inside || !ends_.empty();
    co_await hand_on();
    if (begins) line_began_ = Clock::now();
    if (n == 0 || failure != SyslogFraming::Failure::none) co_return end_of(failure);
  }
  co_return SyslogEnd::stopping;
}

void SyslogConnection::collect(std::string_view line) {
  text_ += line;
  ends_.push_back(text_.size());
}

SyslogConnection::Task<void> SyslogConnection::hand_on() {
  if (ends_.empty()) co_return;
  lines_.lines.clear();
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    lines_.lines.push_back({std::string_view(text_).substr(begin, end - begin), stream_.peer()});
    begin = end;
  }
  SyslogCounters& counters = home_.counters_;
  SyslogCounters::Protocol& own = counters.of(protocol());
  count(counters.unsettled_bytes, text_.size());
  Taken taken = home_.ports_.take(lines_, settled());
  if (taken == Taken::full) count(own.waits);
  // To be read once more is work: the longer there is no room, the seldomer it is asked for.
  for (auto pause = home_.options_.again_after; taken == Taken::full && !aborted_;
       pause = std::min(2 * pause, again_at_last)) {
    settled_.expires_after(pause);
    [[maybe_unused]] const auto [ec] = co_await settled_.async_wait(as_result);
    if (!aborted_) taken = home_.ports_.take(lines_, settled());
  }
  if (taken != Taken::full) count(own.lines, ends_.size()), count(own.bytes, text_.size());
  if (taken == Taken::waiting && !aborted_) {
    settled_.expires_at(Clock::time_point::max());  // ends by settled(), or by abort()
    [[maybe_unused]] const auto [ec] = co_await settled_.async_wait(as_result);
  }
  counters.unsettled_bytes.fetch_sub(text_.size(), std::memory_order_relaxed);
  text_.clear();
  ends_.clear();
}

// Posted, so that it finds the coroutine waiting, whoever calls it from where.
std::function<void()> SyslogConnection::settled() {
  return [mailbox = home_.mailbox_, weak = weak_from_this()] {
    mailbox->post([weak] {
      if (const auto self = weak.lock()) self->settled_.cancel();
    });
  };
}

void SyslogConnection::set_deadline(Clock::time_point when) {
  expired_ = false;
  deadline_.expires_at(when);
  deadline_.async_wait([weak = weak_from_this()](const error_code& ec) {
    const auto self = weak.lock();
    // It may have been moved when this was already on its way.
    if (ec || !self || self->deadline_.expiry() > Clock::now()) return;
    self->expired_ = true;
    self->stream_.cancel();
  });
}

void SyslogConnection::stop() {
  stopping_ = true;
  stream_.cancel();
}

void SyslogConnection::abort() {
  stopping_ = aborted_ = true;
  stream_.close();
  settled_.cancel();
}

// ---- all of them ----

SyslogTcp::SyslogTcp(const SyslogOptions& options, const SyslogPorts& ports,
                     SyslogCounters& counters)
    : options_(options),
      ports_(ports),
      counters_(counters),
      guard_(asio::make_work_guard(context_)),
      mailbox_(std::make_shared<Mailbox>(context_)),
      pause_(context_) {}

void SyslogTcp::add(int fd, bool v6, std::size_t endpoint) {
  auto listener = std::make_unique<Listener>(Listener{tcp::acceptor(context_), endpoint});
  listener->acceptor.assign(v6 ? tcp::v6() : tcp::v4(), fd);
  listeners_.push_back(std::move(listener));
}

void SyslogTcp::start() {
  if (listeners_.empty()) return;
  accepting_ = listeners_.size();
  for (const auto& listener : listeners_)
    asio::co_spawn(context_, accept(*listener), asio::detached);
  thread_ = start_thread("tocsin-syslog", [this] { context_.run(); });
}

asio::awaitable<void> SyslogTcp::accept(Listener& listener) {
  while (!stopping_) {
    tcp::socket socket(context_);
    const auto [ec] = co_await listener.acceptor.async_accept(socket, as_result);
    if (!ec) {
      admit(std::move(socket), listener.endpoint);
    } else if (ec != asio::error::operation_aborted && ec != asio::error::connection_aborted) {
      count(counters_.receive_failures);
      pause_.expires_after(accept_pause);
      [[maybe_unused]] const auto [late] = co_await pause_.async_wait(as_result);
    }
  }
  --accepting_;
  tell_if_empty();
}

void SyslogTcp::admit(tcp::socket socket, std::size_t endpoint) {
  const SyslogEndpoint& at = options_.endpoints[endpoint];
  SyslogCounters::Protocol& own = counters_.of(at.protocol);
  const bool tls = at.protocol == SyslogProtocol::tls;
  if ((connections_.size() >= static_cast<std::size_t>(options_.connections_max) &&
       !planted("syslog_without_limit")) ||
      (tls && handshakes_ >= options_.handshakes_max))
    return count(own.refused);
  const Origin origin = origin_of(socket);
  if (!origins_.enter(origin, options_.connections_per_address_max)) return count(own.refused);
  try {
    keep_alive(socket);
    auto context = tls ? at.tls() : nullptr;
    if (tls && !context) return refuse(own, origin);
    auto connection = std::make_shared<SyslogConnection>(std::move(socket), origin,
                                                         std::move(context), endpoint, *this);
    connections_.insert(connection.get());
    count(own.connections);
    own.open.fetch_add(1, std::memory_order_relaxed);
    asio::co_spawn(context_, SyslogConnection::run(std::move(connection)), asio::detached);
  } catch (const std::exception&) {
    refuse(own, origin);
  }
}

void SyslogTcp::refuse(SyslogCounters::Protocol& own, Origin origin) {
  origins_.leave(origin);
  count(own.refused);
}

void SyslogTcp::gone(SyslogConnection& connection) {
  origins_.leave(connection.origin());
  connections_.erase(&connection);
  counters_.of(connection.protocol()).open.fetch_sub(1, std::memory_order_relaxed);
  tell_if_empty();
}

void SyslogTcp::tell_if_empty() {
  if (!stopping_ || told_ || accepting_ > 0 || !connections_.empty()) return;
  told_ = true;
  empty_.set_value();
}

void SyslogTcp::stop(milliseconds wait) {
  if (!thread_.joinable()) return;
  auto empty = empty_.get_future();
  const auto each = [this](auto call) {
    const auto now = connections_;  // a copy: what is called may end it
    for (SyslogConnection* connection : now) (connection->*call)();
  };
  asio::post(context_, [this, each] {
    stopping_ = true;
    error_code ec;
    for (const auto& listener : listeners_) listener->acceptor.close(ec);
    pause_.cancel();
    each(&SyslogConnection::stop);
    tell_if_empty();
  });
  if (empty.wait_for(wait) != std::future_status::ready) {
    asio::post(context_, [each] { each(&SyslogConnection::abort); });
    empty.wait();
  }
  mailbox_->close();
  guard_.reset();
  thread_.join();
}

}  // namespace tocsin::net
