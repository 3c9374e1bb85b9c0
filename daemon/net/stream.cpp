#include "daemon/net/stream.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

// As in connection.cpp, every co_await is a statement of its own.

namespace tocsin::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace

Stream::Stream(asio::ip::tcp::socket socket, std::shared_ptr<Tls> tls)
    : socket_(std::move(socket)), context_(std::move(tls)) {
  error_code ec;
  socket_.set_option(asio::ip::tcp::no_delay(true), ec);
  socket_.non_blocking(true, ec);
  asio::ip::address address = socket_.remote_endpoint(ec).address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  loopback_ = !ec && address.is_loopback();
  peer_ = address.to_string();
  if (context_)
    tls_ = std::make_unique<asio::ssl::stream<asio::ip::tcp::socket&>>(socket_, context_->context);
}

Stream::Task<bool> Stream::handshake() {
  if (!tls_) co_return true;
  const auto [ec] = co_await tls_->async_handshake(asio::ssl::stream_base::server, as_result);
  shaken_ = !ec;
  co_return shaken_;
}

Stream::Task<std::size_t> Stream::read_some(asio::mutable_buffer into) {
  // Behind our end only what the peer still sends is taken off the wire.
  if (tls_ && !ended_) {
    const auto [ec, n] = co_await tls_->async_read_some(into, as_result);
    co_return ec ? 0 : n;
  }
  const auto [ec, n] = co_await socket_.async_read_some(into, as_result);
  co_return ec ? 0 : n;
}

bool Stream::write_now(Pieces& left) {
  if (tls_) return true;
  error_code ec;
  std::size_t n = socket_.write_some(left, ec);
  if (ec && ec != asio::error::would_block) return false;
  for (asio::const_buffer& part : left) {
    const std::size_t taken = std::min(n, part.size());
    part += taken;
    n -= taken;
  }
  return true;
}

Stream::Task<bool> Stream::write(Pieces left) {
  if (tls_) {
    const auto [ec, n] = co_await asio::async_write(*tls_, left, as_result);
    co_return !ec;
  }
  const auto [ec, n] = co_await asio::async_write(socket_, left, as_result);
  co_return !ec;
}

Stream::Task<void> Stream::end() {
  if (ended_) co_return;
  ended_ = true;
  if (tls_ && shaken_) {
    // As if the peer had said its own end: it is not waited for.
    SSL_set_shutdown(tls_->native_handle(), SSL_RECEIVED_SHUTDOWN);
    [[maybe_unused]] const auto [ec] = co_await tls_->async_shutdown(as_result);
  }
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void Stream::cancel() {
  error_code ec;
  socket_.cancel(ec);
}

void Stream::close() {
  error_code ec;
  socket_.close(ec);
}

}  // namespace tocsin::net
