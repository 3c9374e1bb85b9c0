#pragma once
// Where connections come from, counted, so that no one place takes them all: an IPv4 address, or
// the /64 of an IPv6 address, which is what one subscriber has. Not synchronised.

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace tocsin::net {

using Origin = std::uint64_t;

Origin origin_of(const boost::asio::ip::address& address);
// Of the other side of a connection; 0 when it is gone already.
Origin origin_of(const boost::asio::ip::tcp::socket& socket);

class Origins {
 public:
  // False, and nothing is counted, when there are `max` from there already.
  bool enter(Origin origin, int max) {
    int& n = counts_[origin];
    if (n >= max) return false;
    ++n;
    return true;
  }
  void leave(Origin origin) {
    const auto it = counts_.find(origin);
    if (it != counts_.end() && --it->second == 0) counts_.erase(it);
  }

 private:
  std::unordered_map<Origin, int> counts_;
};

}  // namespace tocsin::net
