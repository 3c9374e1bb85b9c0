#pragma once
// The threads that hear datagrams, of all UDP listeners, and hand them on. One datagram is one
// line. Internal to the syslog listeners.
//
// One thread does nothing but read, since what is not read in time is lost; the other one takes
// what was read through the rules, in the order in which it came.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
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
  // Datagrams that were read and are not handed on yet, their bytes one behind the other.
  struct Heard {
    struct Line {
      std::uint32_t bytes, peer;  // index into peers
    };
    std::size_t endpoint = 0;
    std::string bytes;
    std::vector<Line> lines;
    std::vector<std::string> peers;

    // In memory, about; the same wherever it is moved.
    std::size_t size() const {
      constexpr std::size_t of_peer = 96, of_itself = 160;
      return bytes.size() + lines.size() * sizeof(Line) + peers.size() * of_peer + of_itself;
    }
    SyslogLines view() const;
  };

  void run();
  std::size_t receive(Socket& socket);  // one batch
  void keep(Heard heard);
  void hand_on();

  const SyslogPorts& ports_;
  SyslogCounters& counters_;
  std::vector<Socket> sockets_;
  std::unique_ptr<Buffers> buffers_;
  int wake_ = -1;  // an eventfd
  std::thread thread_;

  std::mutex mutex_;  // guards the next three
  std::deque<Heard> heard_;
  std::size_t heard_bytes_ = 0;
  bool stopping_ = false;  // nothing more is read
  std::condition_variable changed_;
  std::thread handing_on_;
};

}  // namespace tocsin::net
