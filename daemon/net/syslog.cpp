#include "daemon/net/syslog.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "daemon/net/syslog_counters.hpp"
#include "daemon/net/syslog_tcp.hpp"
#include "daemon/net/syslog_udp.hpp"

namespace tocsin {
namespace {

constexpr int backlog = 128;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  bool v6() const { return storage.ss_family == AF_INET6; }
};

std::optional<Address> address_of(const SyslogEndpoint& endpoint) {
  Address out;
  auto& v4 = reinterpret_cast<sockaddr_in&>(out.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out.storage);
  if (inet_pton(AF_INET, endpoint.address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET, v4.sin_port = htons(endpoint.port);
    out.size = sizeof v4;
  } else if (inet_pton(AF_INET6, endpoint.address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6, v6.sin6_port = htons(endpoint.port);
    out.size = sizeof v6;
  } else {
    return {};
  }
  return out;
}

void set(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

// A socket of ours, bound; -1 with errno when that cannot be had. No SO_REUSEADDR for datagrams:
// a second process would take half of them, silently.
int bind_socket(const Address& address, bool datagram) {
  const int type = (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  const int fd = socket(address.storage.ss_family, type, 0);
  if (fd < 0) return -1;
  if (!datagram) set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.v6()) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  const bool bound =
      bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0;
  if (bound && (datagram || listen(fd, backlog) == 0)) return fd;
  const int why = errno;
  close(fd);
  errno = why;
  return -1;
}

std::uint16_t bound_port(int fd) {
  Address a;
  a.size = sizeof a.storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&a.storage), &a.size);
  return ntohs(a.v6() ? reinterpret_cast<const sockaddr_in6&>(a.storage).sin6_port
                      : reinterpret_cast<const sockaddr_in&>(a.storage).sin_port);
}

bool is_v6(int fd) {
  Address a;
  a.size = sizeof a.storage;
  return getsockname(fd, reinterpret_cast<sockaddr*>(&a.storage), &a.size) == 0 && a.v6();
}

std::string text_of(const SyslogEndpoint& e) {
  const bool v6 = e.address.find(':') != e.address.npos;
  return std::string(name(e.protocol)) + " " + (v6 ? "[" + e.address + "]" : e.address) + ":" +
         std::to_string(e.port);
}

// Asks for `wanted` bytes where there are fewer; what the kernel's limit cuts off is said.
void widen(int fd, int wanted, const std::string& where, std::vector<std::string>& warnings) {
  const auto granted = [&] {
    int bytes = 0;
    socklen_t size = sizeof bytes;
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &size);
    return bytes / 2;  // the kernel doubles what it is asked for, for its own books
  };
  if (granted() < wanted) set(fd, SOL_SOCKET, SO_RCVBUF, wanted);
  if (const int bytes = granted(); bytes < wanted)
    warnings.push_back(where + ": the receive buffer is " + std::to_string(bytes >> 10) +
                       " KiB instead of " + std::to_string(wanted >> 10) +
                       " KiB; net.core.rmem_max allows no more");
}

}  // namespace

struct SyslogServer::Impl {
  SyslogOptions options;
  SyslogPorts ports;
  net::SyslogCounters counters;
  std::vector<std::uint16_t> bound;
  net::SyslogUdp udp{ports, counters};
  net::SyslogTcp tcp{options, ports, counters};

  SyslogListening start();
  std::string open(std::size_t i, SyslogListening& out);
  void stop(std::chrono::milliseconds wait) {
    udp.stop();
    tcp.stop(wait);
    for (const InheritedSocket& socket : options.inherited) close(socket.fd);
    options.inherited.clear();
  }
};

// The socket of an endpoint: the service manager's, or one of ours. Answers what is wrong.
std::string SyslogServer::Impl::open(std::size_t i, SyslogListening& out) {
  const SyslogEndpoint& endpoint = options.endpoints[i];
  const std::string where = text_of(endpoint);
  const bool datagram = endpoint.protocol == SyslogProtocol::udp;
  int fd = -1;
  const auto given = claim_socket(options.inherited, datagram, endpoint.port);
  if (given) {
    fd = given->fd;
  } else {
    const auto address = address_of(endpoint);
    if (!address) return "cannot listen on " + where + ": not an IP address";
    fd = bind_socket(*address, datagram);
  }
  if (fd < 0) {
    const int why = errno;
    return "cannot listen on " + where + ": " + std::strerror(why) +
           (why == EACCES ? "; a port below 1024 comes from the socket unit" : "");
  }
  bound[i] = bound_port(fd);
  out.open.push_back(where + (given ? ", handed over" : ""));
  counters.of(endpoint.protocol).used = true;
  if (datagram) {
    widen(fd, options.receive_buffer_bytes, where, out.warnings);
    set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
    udp.add(fd, i);
  } else {
    tcp.add(fd, is_v6(fd), i);
  }
  return {};
}

SyslogListening SyslogServer::Impl::start() {
  SyslogListening out;
  bound.resize(options.endpoints.size());
  for (std::size_t i = 0; i < options.endpoints.size(); ++i)
    if (out.error = open(i, out); !out.error.empty()) return out;
  for (const InheritedSocket& socket : options.inherited)
    out.warnings.push_back("nothing listens on the socket that was handed over, " +
                           to_text(socket));
  if (!udp.start()) {
    out.error = "cannot listen for syslog: no descriptors left";
    return out;
  }
  tcp.start();
  out.ok = true;
  return out;
}

SyslogServer::SyslogServer(SyslogOptions options, SyslogPorts ports)
    : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->ports = std::move(ports);
}

SyslogServer::~SyslogServer() {
  impl_->stop(std::chrono::milliseconds(0));
}

SyslogListening SyslogServer::start() {
  try {
    SyslogListening out = impl_->start();
    if (!out.ok) impl_->stop(std::chrono::milliseconds(0));
    return out;
  } catch (const std::exception& failure) {
    return {false, std::string("cannot listen for syslog: ") + failure.what(), {}, {}};
  }
}

std::uint16_t SyslogServer::port(std::size_t endpoint) const {
  return endpoint < impl_->bound.size() ? impl_->bound[endpoint] : std::uint16_t{0};
}

void SyslogServer::stop(std::chrono::milliseconds wait) {
  impl_->stop(wait);
}

SyslogStats SyslogServer::stats() const {
  const auto get = [](const auto& n) { return n.load(std::memory_order_relaxed); };
  const net::SyslogCounters& c = impl_->counters;
  SyslogStats out;
  for (std::size_t i = 0; i < c.protocols.size(); ++i) {
    const auto& from = c.protocols[i];
    SyslogStats::Protocol& to = out.protocols[i];
    to.lines = get(from.lines), to.bytes = get(from.bytes);
    to.connections = get(from.connections), to.refused = get(from.refused);
    to.waits = get(from.waits), to.open = get(from.open), to.used = from.used;
    for (std::size_t e = 0; e < from.ends.size(); ++e) to.ends[e] = get(from.ends[e]);
  }
  out.dropped = get(c.dropped);
  out.receive_failures = get(c.receive_failures);
  out.unsettled_bytes = get(c.unsettled_bytes);
  return out;
}

}  // namespace tocsin
