#pragma once
// What both syslog threads count, and the kernel's own count of lost datagrams. Internal to the
// syslog listeners.

#include <sys/socket.h>

#include <atomic>
#include <optional>

#include "daemon/net/syslog.hpp"

namespace tocsin::net {

struct SyslogCounters {
  using Counter = std::atomic<std::uint64_t>;
  struct Protocol {
    Counter lines{0}, bytes{0}, connections{0}, refused{0}, waits{0};
    std::array<Counter, EnumTable<SyslogEnd>::count> ends{};
    std::atomic<int> open{0};
    bool used = false;
  };
  std::array<Protocol, EnumTable<SyslogProtocol>::count> protocols;
  Counter dropped{0}, receive_failures{0}, unsettled_bytes{0};

  Protocol& of(SyslogProtocol p) { return protocols[index(p)]; }
};

inline void count(SyslogCounters::Counter& counter, std::uint64_t n = 1) {
  counter.fetch_add(n, std::memory_order_relaxed);
}

// The count of SO_RXQ_OVFL beside a datagram: how many its socket had lost before this one, modulo
// 2^32. Nothing: the kernel said none, which means zero until it has said one.
std::optional<std::uint32_t> overflow_of(const msghdr& message);

// Adds up what such a count grows by, also over its wrap.
class Overflow {
 public:
  std::uint32_t saw(std::uint32_t count) {
    const std::uint32_t more = count - last_;
    last_ = count;
    return more;
  }

 private:
  std::uint32_t last_ = 0;
};

}  // namespace tocsin::net
