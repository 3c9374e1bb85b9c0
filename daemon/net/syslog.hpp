#pragma once
// The sockets of the syslog ears: UDP, TCP, and TCP inside TLS. Turns bytes into lines and hands
// them on in batches; it knows nothing of what a line means.
//
// Three threads, two for all datagrams and one for all connections. What a listener cannot hand on
// stays where it is: a connection is not read until its last batch is settled, so a sender that is
// too fast waits, and never more than one buffer of it is in our memory only. A datagram cannot
// wait: what the taker sheds, and what the kernel drops while we are busy, is counted.
//
// All members may be called from any thread but the listeners' own. Nothing in here throws.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/in/syslog/framing.hpp"
#include "daemon/net/inherited.hpp"
#include "daemon/net/tls.hpp"
#include "rules/model/enums.hpp"

namespace tocsin {

TOCSIN_ENUM(SyslogProtocol, udp, tcp, tls);

// Why a connection ended. Names are metric labels. bad_length, too_long and cut_off: its framing
// broke.
TOCSIN_ENUM(SyslogEnd, closed, bad_length, too_long, cut_off, idle, stalled, handshake_failed,
            stopping);

struct SyslogLine {
  std::string_view text;  // without its framing; may be empty, may hold any byte
  std::string_view peer;  // address without port
};

// Lines that came together. Views: good as long as the call that hands them over.
struct SyslogLines {
  SyslogProtocol protocol = SyslogProtocol::udp;
  std::size_t endpoint = 0;  // which of the options'
  std::vector<SyslogLine> lines;
};

// done: nothing is owed. waiting: `settled` will be called, from any thread, when all of it is
// durable. full: nothing was taken; the same lines are offered again. Never for datagrams.
enum class Taken { done, waiting, full };
// Both are called on the listeners' threads, for one batch after the other of each connection.
struct SyslogPorts {
  std::function<Taken(const SyslogLines& lines, std::function<void()> settled)> take;
  // A connection has broken its framing and is closed; what had come of its last line is lost.
  std::function<void(SyslogProtocol protocol, std::string_view peer, SyslogEnd why)> broken;
};

struct SyslogEndpoint {
  SyslogProtocol protocol = SyslogProtocol::udp;
  std::string address = "::";                                 // IPv4 or IPv6; "::" hears both
  std::uint16_t port = 0;                                     // 0: the kernel chooses
  SyslogFraming::Mode framing = SyslogFraming::Mode::detect;  // of connections
  // tls: what a connection that comes now is to speak.
  std::function<std::shared_ptr<Tls>()> tls;
};

struct SyslogOptions {
  std::vector<SyslogEndpoint> endpoints;
  std::vector<InheritedSocket> inherited;  // taken before anything is bound; owned from here on

  std::size_t line_bytes_max = 64u << 10;  // of a connection; a datagram is never longer
  int connections_max = 512;               // of all listeners together; beyond: closed at once
  // Of those, from one IPv4 address or one IPv6 /64; beyond: closed at once.
  int connections_per_address_max = 256;
  int handshakes_max = 64;  // being made at a time; beyond: closed at once
  // What the kernel keeps of datagrams while this process is busy; it may grant less.
  int receive_buffer_bytes = 8 << 20;

  using Milliseconds = std::chrono::milliseconds;
  Milliseconds handshake_deadline{5'000};
  Milliseconds frame_deadline{60'000};  // from a line's first byte to its last
  // A day: many senders notice a closed connection only by losing the first line they send on it.
  Milliseconds idle_deadline{86'400'000};
  Milliseconds again_after{20};  // full: until the lines are offered again; then twice as long
};

struct SyslogStats {
  struct Protocol {
    std::uint64_t lines = 0;        // read
    std::uint64_t bytes = 0;        // of lines
    std::uint64_t connections = 0;  // accepted
    std::uint64_t refused = 0;      // over a limit
    std::uint64_t waits = 0;        // batches that found no room: the sender was held up
    std::array<std::uint64_t, EnumTable<SyslogEnd>::count> ends{};
    int open = 0;
    bool used = false;  // there is a listener
  };
  std::array<Protocol, EnumTable<SyslogProtocol>::count> protocols;
  std::uint64_t dropped = 0;           // datagrams, by the kernel, since their socket was made
  std::uint64_t receive_failures = 0;  // the kernel could not hand over a datagram or connection
  std::uint64_t unsettled_bytes = 0;   // of connections, read and not yet durable
};

struct [[nodiscard]] SyslogListening {
  bool ok = false;
  std::string error;                  // names the address
  std::vector<std::string> open;      // "udp [::]:514", and whether it was handed over
  std::vector<std::string> warnings;  // what was granted differently, or not used
};

class SyslogServer {
 public:
  SyslogServer(SyslogOptions options, SyslogPorts ports);
  ~SyslogServer();  // stops

  SyslogListening start();                         // once
  std::uint16_t port(std::size_t endpoint) const;  // valid after start()

  // Hears nothing new; what is in hand is settled or given up after `wait`, then the threads end.
  void stop(std::chrono::milliseconds wait = std::chrono::milliseconds(0));

  SyslogStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
