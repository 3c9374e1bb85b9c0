#pragma once
// The inside of Tls. Internal to the server: Boost and OpenSSL are heavy.

#include <boost/asio/ssl/context.hpp>
#include <cstdint>

#include "daemon/net/tls.hpp"

namespace tocsin {

class Tls {
 public:
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
  std::int64_t not_after_s = 0;
};

}  // namespace tocsin
