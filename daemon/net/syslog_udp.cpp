#include "daemon/net/syslog_udp.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "daemon/net/thread.hpp"

namespace tocsin::net {
namespace {

constexpr std::size_t batch = 64;                 // datagrams per call
constexpr std::size_t datagram_bytes = 64 << 10;  // no datagram is longer

// Where one comes within a millisecond of the last, a few are let gather before they are read: to
// wake up for each costs more than to read it. The kernel has room for a hundred times as many.
using Clock = std::chrono::steady_clock;
constexpr std::chrono::microseconds dense{1000}, gather{400};

// What rules have not looked at yet. The first lines after a start are slow, since RE2 builds its
// automaton as it meets them: half a second with 1,000 rules, in which 200,000 a second may come.
constexpr std::size_t heard_bytes_max = 24 << 20;

std::string peer_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6))
      inet_ntop(AF_INET, &v6.s6_addr[12], text, sizeof text);
    else
      inet_ntop(AF_INET6, &v6, text, sizeof text);
  }
  return text;
}

}  // namespace

std::optional<std::uint32_t> overflow_of(const msghdr& message) {
  auto& m = const_cast<msghdr&>(message);  // CMSG_NXTHDR asks for it and changes nothing
  for (cmsghdr* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL ||
        c->cmsg_len < CMSG_LEN(sizeof(std::uint32_t)))
      continue;
    std::uint32_t value = 0;
    std::memcpy(&value, CMSG_DATA(c), sizeof value);
    return value;
  }
  return {};
}

// What recvmmsg() fills, made once. The bytes are touched only as far as datagrams reach.
struct SyslogUdp::Buffers {
  std::unique_ptr<char[]> bytes{new char[batch * datagram_bytes]};
  std::array<sockaddr_storage, batch> from;
  std::array<std::array<char, CMSG_SPACE(sizeof(std::uint32_t))>, batch> control;
  std::array<iovec, batch> pieces;
  std::array<mmsghdr, batch> messages;

  void reset() {
    for (std::size_t i = 0; i < batch; ++i) {
      pieces[i] = {bytes.get() + i * datagram_bytes, datagram_bytes};
      msghdr& m = messages[i].msg_hdr;
      m = {};
      m.msg_name = &from[i], m.msg_namelen = sizeof from[i];
      m.msg_iov = &pieces[i], m.msg_iovlen = 1;
      m.msg_control = control[i].data(), m.msg_controllen = control[i].size();
    }
  }
};

SyslogLines SyslogUdp::Heard::view() const {
  SyslogLines out;
  out.endpoint = endpoint;
  out.lines.reserve(lines.size());
  std::size_t at = 0;
  for (const Line& line : lines) {
    out.lines.push_back({std::string_view(bytes).substr(at, line.bytes), peers[line.peer]});
    at += line.bytes;
  }
  return out;
}

SyslogUdp::SyslogUdp(const SyslogPorts& ports, SyslogCounters& counters)
    : ports_(ports), counters_(counters) {}
SyslogUdp::~SyslogUdp() {
  stop();
}

bool SyslogUdp::start() {
  if (sockets_.empty()) return true;
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) return false;
  buffers_ = std::make_unique<Buffers>();
  handing_on_ = start_thread("tocsin-datagram", [this] { hand_on(); });
  thread_ = start_thread("tocsin-udp", [this] { run(); });
  return true;
}

void SyslogUdp::stop() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = write(wake_, &one, sizeof one);
    thread_.join();
  }
  if (handing_on_.joinable()) {  // what was heard goes on first
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    handing_on_.join();
  }
  for (const Socket& socket : sockets_) close(socket.fd);
  sockets_.clear();
  if (wake_ >= 0) close(wake_);
  wake_ = -1;
}

void SyslogUdp::run() {
  std::vector<pollfd> wanted;
  for (const Socket& socket : sockets_) wanted.push_back({socket.fd, POLLIN, 0});
  wanted.push_back({wake_, POLLIN, 0});
  Clock::time_point last{};
  bool more = false;  // a socket had all that fits into a call, and may have more
  for (;;) {
    if (poll(wanted.data(), wanted.size(), -1) < 0 && errno != EINTR) return;
    if (wanted.back().revents != 0) return;
    const Clock::time_point now = Clock::now();
    if (!more && now - last < dense) std::this_thread::sleep_for(gather);
    last = now, more = false;
    // In turn: one busy listener does not keep the others waiting.
    for (std::size_t i = 0; i < sockets_.size(); ++i)
      if (wanted[i].revents != 0) more |= receive(sockets_[i]) == batch;
  }
}

// How many datagrams there were, at most a batch.
std::size_t SyslogUdp::receive(Socket& socket) {
  Buffers& b = *buffers_;
  b.reset();
  const int n = recvmmsg(socket.fd, b.messages.data(), batch, MSG_DONTWAIT, nullptr);
  if (n < 0) {
    // An ICMP answer to nothing that we sent, or a shortage of memory: the next call goes on.
    if (errno != EAGAIN && errno != EINTR) count(counters_.receive_failures);
    return 0;
  }
  Heard heard;
  heard.endpoint = socket.endpoint;
  heard.lines.reserve(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    const mmsghdr& m = b.messages[i];
    if (const auto lost = overflow_of(m.msg_hdr))
      count(counters_.dropped, socket.overflow.saw(*lost));
    // Lines of one sender come in runs; its address is written once.
    const bool same = i > 0 && std::memcmp(&b.from[i], &b.from[i - 1], m.msg_hdr.msg_namelen) == 0;
    if (!same) heard.peers.push_back(peer_of(b.from[i]));
    heard.bytes.append(b.bytes.get() + i * datagram_bytes, m.msg_len);
    heard.lines.push_back({m.msg_len, static_cast<std::uint32_t>(heard.peers.size() - 1)});
  }
  SyslogCounters::Protocol& udp = counters_.of(SyslogProtocol::udp);
  count(udp.lines, static_cast<std::uint64_t>(n));
  count(udp.bytes, heard.bytes.size());
  keep(std::move(heard));
  return static_cast<std::size_t>(n);
}

// Waits while too much is kept already: then the kernel keeps what comes, and counts what it
// cannot.
void SyslogUdp::keep(Heard heard) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return heard_bytes_ < heard_bytes_max; });
  heard_bytes_ += heard.size();
  heard_.push_back(std::move(heard));
  if (heard_.size() == 1) changed_.notify_all();
}

void SyslogUdp::hand_on() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return !heard_.empty() || stopping_; });
    if (heard_.empty()) return;
    const Heard heard = std::move(heard_.front());
    lock.unlock();
    ports_.take(heard.view(), [] {});
    lock.lock();
    heard_.pop_front();
    if (heard_bytes_ >= heard_bytes_max) changed_.notify_all();
    heard_bytes_ -= heard.size();
  }
}

}  // namespace tocsin::net
