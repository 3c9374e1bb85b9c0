#pragma once
// Real sockets on loopback for the tests of net/: a client that speaks raw bytes, and a server that
// does what a test scripts. Everything gives up after 5 s, so that a bug is a failure and no hang.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tocsin::test {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.fd_), text_(std::move(other.text_)) {
    other.fd_ = -1;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(); }

  // `from`: the last byte of an address of this machine, 127.0.0.N.
  static Socket connect(std::uint16_t port, std::uint8_t from = 1) {
    Socket s(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    address.sin_addr.s_addr = htonl(0x7F000000u | from);
    ::bind(s.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    s.connect_to(port);
    return s;
  }
  bool connect_to(std::uint16_t port) {
    const sockaddr_in address = loopback(port);
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  // Reads until `what` has come `times` times, or the end of the stream, or 5 s. Returns all so
  // far.
  const std::string& until(std::string_view what, int times = 1) {
    std::size_t at = 0;
    for (;;) {
      for (; times > 0 && (at = text_.find(what, at)) != std::string::npos; at += what.size())
        --times;
      if (times == 0) return text_;
      at = text_.size() < what.size() ? 0 : text_.size() - what.size() + 1;
      if (!more()) return text_;
    }
  }
  const std::string& to_end() {
    while (more()) {
    }
    return text_;
  }
  // True when the peer has closed within that time, without having sent anything more.
  bool closed_within(int ms) {
    pollfd p{fd_, POLLIN, 0};
    char c = 0;
    return ::poll(&p, 1, ms) == 1 && ::recv(fd_, &c, 1, MSG_PEEK) <= 0;
  }
  void clear() { text_.clear(); }
  void reset() {  // closes with RST
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }

 private:
  bool more() {
    pollfd p{fd_, POLLIN, 0};
    if (::poll(&p, 1, 5000) != 1) return false;
    char bytes[65536];
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n <= 0) return false;
    text_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }

  int fd_;
  std::string text_;
};

// Listens on a free port and runs `script` for each connection, in a thread of its own.
class Listener {
 public:
  explicit Listener(std::function<void(Socket)> script)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), script_(std::move(script)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(fd_, 128);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept(); });
  }
  ~Listener() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    for (std::thread& t : scripts_) t.join();
    ::close(fd_);
  }
  std::uint16_t port() const { return port_; }
  std::string url(const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + "/x";
  }
  int accepted() const { return accepted_; }

 private:
  void accept() {
    for (;;) {
      const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      ++accepted_;
      scripts_.emplace_back([this, fd] { script_(Socket(fd)); });
    }
  }

  int fd_;
  std::uint16_t port_ = 0;
  std::function<void(Socket)> script_;
  std::atomic<int> accepted_{0};
  std::vector<std::thread> scripts_;
  std::thread thread_;
};

inline std::int64_t ms_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start)
      .count();
}

// Waits up to 5 s for something another thread does.
template <class F>
bool eventually(F&& f) {
  for (int i = 0; i < 1000; ++i) {
    if (f()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace tocsin::test
