#include "daemon/net/server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "daemon/net/connection.hpp"
#include "rules/model/planted.hpp"

namespace tocsin {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using net::Connection;
using net::IoThread;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds accept_pause{100};  // when descriptors have run out
constexpr int refusals_max =
    64;  // connections told 503 at a time; beyond that they are just closed

}  // namespace

struct Server::Impl {
  net::Shared shared;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::optional<tcp::acceptor> acceptor;  // lives on the first thread
  std::optional<asio::steady_timer> pause;
  std::uint16_t port = 0;

  std::mutex mutex;  // guards the rest
  std::condition_variable changed;
  int open = 0;
  int refusals = 0;
  net::Origins origins;  // of the open ones
  bool accepting = false;

  Listening listen();
  asio::awaitable<void> accept();
  void admit(tcp::socket socket, IoThread& io);
  void close_acceptor();
  bool drain(std::chrono::milliseconds wait);
  void stop();
};

Listening Server::Impl::listen() {
  const ServerOptions& options = shared.options;
  const std::string where =
      "cannot listen on " + options.address + ":" + std::to_string(options.port) + ": ";
  error_code ec;
  const auto address = asio::ip::make_address(
      options.address == "localhost" ? "127.0.0.1" : options.address.c_str(), ec);
  if (ec) return {false, where + "not an IP address"};
  const tcp::endpoint endpoint(address, options.port);
  acceptor.emplace(threads.front()->context());
  acceptor->open(endpoint.protocol(), ec);
  // No SO_REUSEPORT: with it a forgotten second process would take half of the senders, silently.
  if (!ec) acceptor->set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec && address.is_v6()) acceptor->set_option(asio::ip::v6_only(false), ec);
  if (!ec) acceptor->bind(endpoint, ec);
  if (!ec) acceptor->listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return {false, where + ec.message()};
  port = acceptor->local_endpoint(ec).port();
  return {true, {}};
}

asio::awaitable<void> Server::Impl::accept() {
  for (std::size_t next = 0; acceptor->is_open(); ++next) {
    IoThread& io = *threads[next % threads.size()];
    tcp::socket socket(io.context());
    const auto [ec] = co_await acceptor->async_accept(socket, as_result);
    if (!ec) {
      admit(std::move(socket), io);
    } else if (ec != asio::error::operation_aborted && ec != asio::error::connection_aborted) {
      shared.counters.accept_failures.fetch_add(1, std::memory_order_relaxed);
      pause->expires_after(accept_pause);
      co_await pause->async_wait(as_result);
    }
  }
  const std::lock_guard lock(mutex);
  accepting = false;
  changed.notify_all();
}

void Server::Impl::admit(tcp::socket socket, IoThread& io) {
  const net::Origin origin = net::origin_of(socket);
  bool refused = false;
  {
    const std::lock_guard lock(mutex);
    refused = (open >= shared.options.connections_max && !planted("connections_without_limit")) ||
              !origins.enter(origin, shared.options.connections_per_address_max);
    if (refused && refusals >= refusals_max) return;
    ++(refused ? refusals : open);
  }
  net::Counters& counters = shared.counters;
  (refused ? counters.refused : counters.accepted).fetch_add(1, std::memory_order_relaxed);
  try {
    auto tls = shared.options.tls ? shared.options.tls() : nullptr;
    auto connection =
        std::make_shared<Connection>(std::move(socket), origin, std::move(tls), io, shared);
    asio::co_spawn(io.context(), Connection::run(std::move(connection), refused), asio::detached);
  } catch (const std::exception&) {
    shared.closed(refused, origin);
  }
}

void Server::Impl::close_acceptor() {
  asio::post(threads.front()->context(), [this] {
    error_code ec;
    acceptor->close(ec);
    pause->cancel();
  });
}

bool Server::Impl::drain(std::chrono::milliseconds wait) {
  if (threads.empty()) return true;
  if (!shared.draining.exchange(true)) {
    close_acceptor();
    for (const auto& thread : threads)
      asio::post(thread->context(), [t = thread.get()] {
        t->for_each([](Connection& connection) { connection.drain(); });
      });
  }
  std::unique_lock lock(mutex);
  return changed.wait_for(lock, wait, [this] { return open == 0 && !accepting; });
}

void Server::Impl::stop() {
  if (threads.empty()) return;
  (void)drain(std::chrono::milliseconds(0));
  std::unique_lock lock(mutex);
  changed.wait(lock,
               [this] { return !accepting; });  // so that no connection comes behind the abort
  lock.unlock();
  for (const auto& thread : threads)
    asio::post(thread->context(), [t = thread.get()] {
      t->for_each([](Connection& connection) { connection.abort(); });
    });
  lock.lock();
  changed.wait(lock, [this] { return open == 0 && refusals == 0; });
  lock.unlock();
  for (const auto& thread : threads) thread->finish();
  acceptor.reset();
  pause.reset();
  threads.clear();
}

Server::Server(ServerOptions options, Handler handler) : impl_(std::make_unique<Impl>()) {
  options.io_threads = std::clamp(options.io_threads, 1, 64);
  impl_->shared.options = std::move(options);
  impl_->shared.handler = std::move(handler);
  impl_->shared.closed = [impl = impl_.get()](bool refused, net::Origin origin) {
    const std::lock_guard lock(impl->mutex);
    if (!refused) impl->origins.leave(origin);
    --(refused ? impl->refusals : impl->open);
    impl->changed.notify_all();
  };
}

Server::~Server() {
  stop();
}

Listening Server::start() {
  try {
    for (int i = 0; i < impl_->shared.options.io_threads; ++i)
      impl_->threads.push_back(std::make_unique<IoThread>());
    Listening listening = impl_->listen();
    if (!listening.ok) {
      impl_->acceptor.reset();
      impl_->threads.clear();
      return listening;
    }
    impl_->pause.emplace(impl_->threads.front()->context());
    impl_->accepting = true;
    asio::co_spawn(impl_->threads.front()->context(), impl_->accept(), asio::detached);
    for (std::size_t i = 0; i < impl_->threads.size(); ++i)
      impl_->threads[i]->start(static_cast<int>(i));
    return listening;
  } catch (const std::exception& failure) {
    return {false, std::string("cannot start the HTTP server: ") + failure.what()};
  }
}

std::uint16_t Server::port() const {
  return impl_->port;
}

bool Server::drain(std::chrono::milliseconds wait) {
  return impl_->drain(wait);
}

void Server::stop() {
  impl_->stop();
}

ServerStats Server::stats() const {
  const net::Counters& c = impl_->shared.counters;
  const auto get = [](const net::Counters::Counter& n) {
    return n.load(std::memory_order_relaxed);
  };
  ServerStats s;
  s.accepted = get(c.accepted);
  s.refused = get(c.refused);
  s.accept_failures = get(c.accept_failures);
  s.requests = get(c.requests);
  s.malformed = get(c.malformed);
  s.too_large = get(c.too_large);
  s.too_slow = get(c.too_slow);
  s.shed = get(c.shed);
  s.replies_dropped = get(c.replies_dropped);
  s.replies_late = get(c.replies_late);
  s.handshakes_failed = get(c.handshakes_failed);
  const std::lock_guard lock(impl_->mutex);
  s.open = impl_->open;
  return s;
}

}  // namespace tocsin
