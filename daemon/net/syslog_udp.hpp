#pragma once
// The thread that hears datagrams, of all UDP listeners. One datagram is one line. Internal to the
// syslog listeners.

#include <memory>
#include <thread>
#include <vector>

#include "daemon/net/syslog_counters.hpp"

namespace tocsin::net {

class SyslogUdp {
 public:
  SyslogUdp(const SyslogPorts& ports, SyslogCounters& counters);
  ~SyslogUdp();
  SyslogUdp(const SyslogUdp&) = delete;
  SyslogUdp& operator=(const SyslogUdp&) = delete;

  // Before start(). The descriptor is non-blocking, and owned from here on.
  void add(int fd, std::size_t endpoint) { sockets_.push_back({fd, endpoint, {}}); }
  bool start();  // false: no descriptors left
  void stop();

 private:
  struct Socket {
    int fd;
    std::size_t endpoint;
    Overflow overflow;
  };
  struct Buffers;

  void run();
  std::size_t receive(Socket& socket);  // one batch

  const SyslogPorts& ports_;
  SyslogCounters& counters_;
  std::vector<Socket> sockets_;
  std::unique_ptr<Buffers> buffers_;
  int wake_ = -1;  // an eventfd
  std::thread thread_;
};

}  // namespace tocsin::net
