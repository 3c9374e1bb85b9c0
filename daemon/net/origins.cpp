#include "daemon/net/origins.hpp"

namespace tocsin::net {

namespace ip = boost::asio::ip;

Origin origin_of(const ip::address& address) {
  // Above every IPv4 address and below every /64 that is routed.
  constexpr Origin of_v4 = Origin{1} << 32;
  if (address.is_v4()) return of_v4 | address.to_v4().to_uint();
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return of_v4 | ip::make_address_v4(ip::v4_mapped, v6).to_uint();
  const auto bytes = v6.to_bytes();
  Origin out = 0;
  for (int i = 0; i < 8; ++i) out = out << 8 | bytes[static_cast<std::size_t>(i)];
  return out;
}

Origin origin_of(const ip::tcp::socket& socket) {
  boost::system::error_code ec;
  const auto peer = socket.remote_endpoint(ec);
  return ec ? 0 : origin_of(peer.address());
}

}  // namespace tocsin::net
