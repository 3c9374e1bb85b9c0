#pragma once
// The bytes of one connection, with or without TLS around them. Lives on the connection's thread.
// Internal to the server.

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <string>

#include "daemon/net/tls_context.hpp"

namespace tocsin::net {

class Stream {
 public:
  template <class T>
  using Task = boost::asio::awaitable<T>;
  using Pieces = std::array<boost::asio::const_buffer, 2>;

  Stream(boost::asio::ip::tcp::socket socket, std::shared_ptr<Tls> tls);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool encrypted() const { return tls_ != nullptr; }
  bool loopback() const { return loopback_; }
  const std::string& peer() const { return peer_; }  // address without port

  Task<bool> handshake();                                         // at once true without TLS
  Task<std::size_t> read_some(boost::asio::mutable_buffer into);  // 0: the end, or a failure
  // Takes from `left` what can be written without waiting. False: the connection is broken.
  bool write_now(Pieces& left);
  Task<bool> write(Pieces left);
  Task<void> end();  // says that nothing more will come, once
  void cancel();     // whoever waits above
  void close();

 private:
  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<Tls> context_;  // must outlive tls_
  std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  bool shaken_ = false;
  bool ended_ = false;
  bool loopback_ = false;
  std::string peer_;
};

}  // namespace tocsin::net
