#pragma once
// The HTTP/1.1 server: N I/O threads, one coroutine per connection, a deadline and a limit on
// everything a peer can make it wait for or hold. It knows nothing of what is served: the handler
// does.
//
// The handler is called on an I/O thread and must not block; it answers through the Reply, now or
// later, from any thread. Requests of one connection are handled one after the other, in order.
// All members may be called from any thread but the I/O threads. Nothing in here throws.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daemon/net/http.hpp"
#include "daemon/net/tls.hpp"

namespace tocsin {

struct ServerOptions {
  std::string address = "127.0.0.1";  // IPv4 or IPv6; "::" hears both
  std::uint16_t port = 0;             // 0: the kernel chooses, see Server::port()
  int io_threads = 1;
  // What a connection that comes now is to speak; nothing: plain HTTP. Called for each of them.
  std::function<std::shared_ptr<Tls>()> tls;

  std::size_t header_bytes_max = 16u << 10;  // beyond: 431
  std::size_t headers_max = 100;             // beyond: 431
  std::size_t body_bytes_max = 8u << 20;     // beyond: 413, for a declared length before it is read
  std::size_t bodies_bytes_max = 256u << 20;  // of all bodies being read; beyond: 503
  int connections_max = 1024;                 // beyond: 503
  // From one IPv4 address or one IPv6 /64; beyond: 503. Half of all, so that nobody takes the rest.
  int connections_per_address_max = 512;
  // Of those, such as have not yet sent a whole header. Beyond: a new one ends the oldest, if that
  // has had `crowded` to send it. A sender's header comes with its connection; who trickles many
  // makes room for the others behind the same address.
  int waiting_per_address_max = 64;

  using Milliseconds = std::chrono::milliseconds;
  Milliseconds header_deadline{5'000};  // from accept, later from the first byte of the request
  Milliseconds crowded{1'000};
  Milliseconds idle_deadline{75'000};  // between two requests
  Milliseconds body_deadline{30'000};
  // Until then a body may stall; behind that it arrives at this rate at least, or is 408.
  Milliseconds body_grace{5'000};
  std::size_t body_bytes_per_s_min = 1u << 10;
  Milliseconds reply_deadline{60'000};    // for the handler; then 503
  Milliseconds write_deadline{30'000};    // per answer, or per piece of a streamed one
  Milliseconds stream_deadline{300'000};  // for all pieces together
  Milliseconds linger{2'000};  // to let a refused sender read why, before the socket is closed
};

struct ServerStats {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;            // over connections_max or connections_per_address_max
  std::uint64_t accept_failures = 0;    // out of descriptors, most likely
  std::uint64_t requests = 0;           // handed to the handler
  std::uint64_t malformed = 0;          // 400, 415, 417, 501
  std::uint64_t too_large = 0;          // 413, 431
  std::uint64_t too_slow = 0;           // header, body or write deadline
  std::uint64_t shed = 0;               // over bodies_bytes_max
  std::uint64_t replies_dropped = 0;    // a Reply died uncalled
  std::uint64_t replies_late = 0;       // reply_deadline passed
  std::uint64_t handshakes_failed = 0;  // of TLS
  int open = 0;
};

struct [[nodiscard]] Listening {
  bool ok = false;
  std::string error;  // names the address
};

class Server {
 public:
  using Handler = std::function<void(HttpRequest&&, Reply)>;

  Server(ServerOptions options, Handler handler);
  ~Server();  // stops

  Listening start();           // once
  std::uint16_t port() const;  // valid after start()

  // Hears no new connection, closes the idle ones, answers what is in hand (with Connection:
  // close). Waits up to `wait` for that to be over; true when it is. May be called again.
  bool drain(std::chrono::milliseconds wait);

  // Drops what is left and ends the threads. A Reply may still be called afterwards.
  void stop();

  ServerStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
