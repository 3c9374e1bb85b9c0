// The syslog listeners against real sockets: what is a line, who waits for whom, what is counted.

#include "daemon/net/syslog.hpp"

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <mutex>

#include "daemon/net/syslog_counters.hpp"
#include "tests/unit/net/sockets.hpp"

using namespace tocsin;
using namespace tocsin::test;
using std::chrono::milliseconds;

namespace {

// Listeners on loopback, and everything they handed on.
struct Ears {
  explicit Ears(std::vector<SyslogProtocol> protocols, SyslogOptions options = {}) {
    for (const SyslogProtocol protocol : protocols) {
      SyslogEndpoint endpoint;
      endpoint.protocol = protocol;
      endpoint.address = "127.0.0.1";
      options.endpoints.push_back(endpoint);
    }
    begin(std::move(options));
  }
  explicit Ears(SyslogOptions options) { begin(std::move(options)); }
  ~Ears() { server->stop(); }

  void begin(SyslogOptions options) {
    options.again_after = milliseconds(2);
    SyslogPorts ports;
    ports.take = [this](const SyslogLines& lines, std::function<void()> settled) {
      return take(lines, std::move(settled));
    };
    ports.broken = [this](SyslogProtocol, std::string_view peer, SyslogEnd why) {
      const std::lock_guard lock(mutex);
      broken.push_back(std::string(peer) + " " + std::string(name(why)));
    };
    server = std::make_unique<SyslogServer>(std::move(options), std::move(ports));
    listening = server->start();
    INFO(listening.error);
    REQUIRE(listening.ok);
  }
  Taken take(const SyslogLines& lines, std::function<void()> settled) {
    const std::lock_guard lock(mutex);
    ++offers;
    if (answer == Taken::full) return answer;
    for (const SyslogLine& line : lines.lines) {
      text += std::string(line.text) + "|";
      ++heard;
      peers.insert_or_assign(std::string(line.peer), lines.endpoint);
    }
    if (answer == Taken::waiting) owed.push_back(std::move(settled));
    return answer;
  }
  void answers(Taken what) {
    const std::lock_guard lock(mutex);
    answer = what;
  }
  void settle() {
    std::vector<std::function<void()>> now;
    {
      const std::lock_guard lock(mutex);
      now.swap(owed);
    }
    for (const auto& call : now) call();
  }
  template <class F>
  bool will(F&& f) {
    return eventually([&] {
      const std::lock_guard lock(mutex);
      return f();
    });
  }
  bool hears(const std::string& wanted) {
    return will([&] { return text == wanted; });
  }
  Socket connect(std::size_t endpoint = 0) { return Socket::connect(server->port(endpoint)); }
  Socket datagrams(std::size_t endpoint = 0) {
    Socket s(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    s.connect_to(server->port(endpoint));
    return s;
  }
  SyslogStats::Protocol stats(SyslogProtocol protocol) const {
    return server->stats().protocols[index(protocol)];
  }
  std::uint64_t ended(SyslogProtocol protocol, SyslogEnd why) const {
    return stats(protocol).ends[index(why)];
  }

  std::mutex mutex;
  Taken answer = Taken::done;
  std::string text;
  std::size_t heard = 0, offers = 0;
  std::map<std::string, std::size_t> peers;
  std::vector<std::string> broken;
  std::vector<std::function<void()>> owed;
  SyslogListening listening;
  std::unique_ptr<SyslogServer> server;
};

int listening_socket(int type) {
  const int fd = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(0);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  if (type == SOCK_STREAM) REQUIRE(::listen(fd, 8) == 0);
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

TEST_CASE("a datagram is a line, whatever is in it", "[syslog]") {
  Ears ears({SyslogProtocol::tcp, SyslogProtocol::udp});
  Socket sender = ears.datagrams(1);
  for (const char* line : {"<13>one", "two\nlines", "5 three"}) sender.send(line);
  CHECK(ears.hears("<13>one|two\nlines|5 three|"));
  CHECK(ears.peers == std::map<std::string, std::size_t>{{"127.0.0.1", 1}});
  CHECK(ears.stats(SyslogProtocol::udp).lines == 3);
  CHECK(ears.stats(SyslogProtocol::udp).bytes == 23);
  CHECK(ears.stats(SyslogProtocol::tcp).lines == 0);
}

TEST_CASE("datagrams are read while the rules are busy, and handed on in their order", "[syslog]") {
  Ears ears({SyslogProtocol::udp});
  Socket sender = ears.datagrams();
  std::string wanted;
  {
    const std::lock_guard busy(ears.mutex);
    for (std::size_t sent = 0; sent < 2000;) {
      for (int n = 0; n < 100; ++n, ++sent) {
        const std::string line = "<13>" + std::to_string(sent);
        sender.send(line);
        wanted += line + "|";
      }
      REQUIRE(eventually([&] { return ears.stats(SyslogProtocol::udp).lines == sent; }));
    }
  }
  CHECK(ears.hears(wanted));
  CHECK(ears.server->stats().dropped == 0);
}

TEST_CASE("the first byte of a connection says how lines end, byte by byte or at once",
          "[syslog]") {
  Ears ears({SyslogProtocol::tcp});
  SECTION("a digit: octet counting, with line feeds inside") {
    Socket sender = ears.connect();
    for (const char c : std::string_view("7 <13>one10 <13>\ntwo 3")) sender.send({&c, 1});
    CHECK(ears.hears("<13>one|<13>\ntwo 3|"));
  }
  SECTION("anything else: line feeds, with digits behind them") {
    Socket sender = ears.connect();
    sender.send("<13>one\n10 two\n<13>three");
    CHECK(ears.hears("<13>one|10 two|"));
    sender.close();
    CHECK(ears.hears("<13>one|10 two|<13>three|"));  // the end of the stream ends a line too
    CHECK(eventually([&] { return ears.ended(SyslogProtocol::tcp, SyslogEnd::closed) == 1; }));
  }
  CHECK(ears.broken.empty());
}

TEST_CASE("a wrong length closes the connection; what came before it counts", "[syslog]") {
  Ears ears({SyslogProtocol::tcp});
  Socket sender = ears.connect();
  const auto [bytes, why] = GENERATE(table<const char*, SyslogEnd>({
      {"3 onetwo 3 three", SyslogEnd::bad_length},
      {"3 one03 two", SyslogEnd::bad_length},
      {"3 one-3 two", SyslogEnd::bad_length},
      {"3 one99999999999999999999 two", SyslogEnd::too_long},
  }));
  sender.send(bytes);
  CHECK(sender.closed_within(5000));
  CHECK(ears.hears("one|"));
  CHECK(ears.will([&] { return ears.broken.size() == 1; }));
  CHECK(ears.broken.front() == "127.0.0.1 " + std::string(name(why)));
  CHECK(eventually([&, end = why] { return ears.ended(SyslogProtocol::tcp, end) == 1; }));
}

TEST_CASE("a counted message that is cut off is none", "[syslog]") {
  Ears ears({SyslogProtocol::tcp});
  Socket sender = ears.connect();
  sender.send("3 one10 two");
  sender.close();
  CHECK(ears.will([&] { return ears.broken.size() == 1; }));
  CHECK(ears.text == "one|");
  CHECK(eventually([&] { return ears.ended(SyslogProtocol::tcp, SyslogEnd::cut_off) == 1; }));
}

TEST_CASE("a line without end does not fill the memory", "[syslog]") {
  SyslogOptions options;
  options.line_bytes_max = 1000;
  Ears ears({SyslogProtocol::tcp}, options);
  Socket sender = ears.connect();
  sender.send("short\n" + std::string(1001, 'x'));
  CHECK(sender.closed_within(5000));
  CHECK(ears.hears("short|"));
  CHECK(eventually([&] { return ears.ended(SyslogProtocol::tcp, SyslogEnd::too_long) == 1; }));
}

TEST_CASE("a connection is not read while there is no room for its lines", "[syslog]") {
  Ears ears({SyslogProtocol::tcp});
  ears.answers(Taken::full);
  Socket sender = ears.connect();
  const std::string line = "<13>" + std::string(1019, 'x') + "\n";
  // More than both kernels' buffers and ours hold: the sender is held up.
  std::atomic<int> sent{0};
  constexpr int lines = 20'000;
  std::thread sending([&] {
    for (int i = 0; i < lines && sender.send(line); ++i) ++sent;
  });
  CHECK(ears.will([&] { return ears.offers > 5; }));
  CHECK(sent < lines);
  CHECK(ears.heard == 0);
  CHECK(ears.stats(SyslogProtocol::tcp).waits == 1);  // once for the batch, however often it asked
  CHECK(ears.server->stats().unsettled_bytes <= 64u << 10);

  ears.answers(Taken::done);
  sending.join();
  CHECK(sent == lines);
  CHECK(ears.will([&] { return ears.heard == lines; }));
  CHECK(ears.stats(SyslogProtocol::tcp).lines == lines);
  CHECK(eventually([&] { return ears.server->stats().unsettled_bytes == 0; }));
}

TEST_CASE("a connection is read on when its lines are durable", "[syslog]") {
  Ears ears({SyslogProtocol::tcp});
  ears.answers(Taken::waiting);
  Socket sender = ears.connect(), other = ears.connect();
  sender.send("one\n");
  CHECK(ears.hears("one|"));
  sender.send("two\n");
  other.send("elsewhere\n");  // nobody waits for somebody else
  CHECK(ears.hears("one|elsewhere|"));
  CHECK(ears.server->stats().unsettled_bytes == 12);
  ears.settle();
  CHECK(ears.hears("one|elsewhere|two|"));
  ears.settle();
  CHECK(eventually([&] { return ears.server->stats().unsettled_bytes == 0; }));
}

TEST_CASE("a stop waits for what is in hand, and no longer than it may", "[syslog]") {
  Ears ears({SyslogProtocol::tcp});
  ears.answers(Taken::waiting);
  Socket sender = ears.connect();
  sender.send("one\n");
  CHECK(ears.hears("one|"));
  SECTION("settled in time") {
    std::thread later([&] {
      std::this_thread::sleep_for(milliseconds(20));
      ears.settle();
    });
    ears.server->stop(milliseconds(5000));
    later.join();
  }
  SECTION("not settled, and then it may be, late") {
    ears.server->stop(milliseconds(10));
    ears.settle();
  }
  CHECK(sender.closed_within(1000));
  CHECK(ears.ended(SyslogProtocol::tcp, SyslogEnd::stopping) == 1);
}

TEST_CASE("connections over the limit are closed, and counted", "[syslog]") {
  SyslogOptions options;
  options.connections_max = 2;
  Ears ears({SyslogProtocol::tcp}, options);
  Socket a = ears.connect();
  Socket b = ears.connect();
  CHECK(eventually([&] { return ears.stats(SyslogProtocol::tcp).open == 2; }));
  Socket c = ears.connect();
  CHECK(c.closed_within(5000));
  CHECK(ears.stats(SyslogProtocol::tcp).refused == 1);
  b.send("b\n");
  CHECK(ears.hears("b|"));
  a.close();
  CHECK(eventually([&] { return ears.stats(SyslogProtocol::tcp).open == 1; }));
  Socket d = ears.connect();
  d.send("d\n");
  CHECK(ears.hears("b|d|"));
}

TEST_CASE("one address does not take the syslog connections of the others", "[syslog]") {
  SyslogOptions options;
  options.connections_per_address_max = 1;
  Ears ears({SyslogProtocol::tcp}, options);
  Socket a = ears.connect();
  CHECK(eventually([&] { return ears.stats(SyslogProtocol::tcp).open == 1; }));
  Socket b = ears.connect();
  CHECK(b.closed_within(5000));
  CHECK(ears.stats(SyslogProtocol::tcp).refused == 1);
  Socket c = Socket::connect(ears.server->port(0), 2);
  c.send("c\n");
  CHECK(ears.hears("c|"));
  a.close();
  CHECK(eventually([&] { return ears.stats(SyslogProtocol::tcp).open == 1; }));
  Socket d = ears.connect();
  d.send("d\n");
  CHECK(ears.hears("c|d|"));
}

TEST_CASE("who says nothing, or half a line, is not waited for without end", "[syslog]") {
  SyslogOptions options;
  options.idle_deadline = milliseconds(50);
  options.frame_deadline = milliseconds(50);
  Ears ears({SyslogProtocol::tcp}, options);
  Socket silent = ears.connect(), half = ears.connect();
  half.send("<13>half a li");
  CHECK(silent.closed_within(5000));
  CHECK(half.closed_within(5000));
  CHECK(eventually([&] { return ears.ended(SyslogProtocol::tcp, SyslogEnd::idle) == 1; }));
  CHECK(eventually([&] { return ears.ended(SyslogProtocol::tcp, SyslogEnd::stalled) == 1; }));
  CHECK(ears.text.empty());
}

TEST_CASE("a datagram that the kernel had no room for is counted", "[syslog]") {
  SyslogOptions options;
  options.receive_buffer_bytes = 1;
  const int fd = listening_socket(SOCK_DGRAM);
  const int small = 4096;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  SyslogEndpoint endpoint;
  endpoint.address = "127.0.0.1";
  endpoint.port = port_of(fd);
  options.endpoints = {endpoint};
  options.inherited = inspect_sockets({fd});
  // The bound socket holds what came before anybody listened; more than fits is lost.
  Socket sender(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sender.connect_to(endpoint.port);
  constexpr std::size_t sent = 200;
  for (std::size_t i = 0; i < sent; ++i) sender.send(std::string(500, 'x'));
  Ears ears(std::move(options));
  CHECK(ears.will([&] { return ears.heard > 0; }));
  CHECK(eventually([&] {
    sender.send("one more");  // the count comes beside a datagram
    const std::lock_guard lock(ears.mutex);
    return ears.server->stats().dropped > 0;
  }));
  CHECK(ears.server->stats().dropped < sent);
}

TEST_CASE("the kernel's count of lost datagrams is read where it is, and over its wrap",
          "[syslog]") {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(std::uint32_t)) + CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  CHECK_FALSE(net::overflow_of(message));
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* first = CMSG_FIRSTHDR(&message);
  first->cmsg_level = SOL_SOCKET;
  first->cmsg_type = SO_TIMESTAMP;
  first->cmsg_len = CMSG_LEN(sizeof(int));
  CHECK_FALSE(net::overflow_of(message));
  cmsghdr* second = CMSG_NXTHDR(&message, first);
  second->cmsg_level = SOL_SOCKET;
  second->cmsg_type = SO_RXQ_OVFL;
  second->cmsg_len = CMSG_LEN(2);
  CHECK_FALSE(net::overflow_of(message));  // cut off
  second->cmsg_len = CMSG_LEN(sizeof(std::uint32_t));
  const std::uint32_t count = 0xFFFFFFFE;
  std::memcpy(CMSG_DATA(second), &count, sizeof count);
  CHECK(net::overflow_of(message) == count);

  net::Overflow overflow;
  CHECK(overflow.saw(0) == 0);
  CHECK(overflow.saw(0xFFFFFFFE) == 0xFFFFFFFE);
  CHECK(overflow.saw(0xFFFFFFFE) == 0);
  CHECK(overflow.saw(3) == 5);
}

TEST_CASE("sockets that were handed over are known by type and port", "[syslog]") {
  const int datagram = listening_socket(SOCK_DGRAM), stream = listening_socket(SOCK_STREAM);
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const int connected = ::socket(AF_INET, SOCK_STREAM, 0);  // no listener
  auto sockets = inspect_sockets({datagram, pipe[0], stream, connected});
  ::close(pipe[1]);
  REQUIRE(sockets.size() == 2);
  CHECK(fcntl(pipe[0], F_GETFD) == -1);  // what is none of ours is closed
  CHECK((fcntl(stream, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(to_text(sockets[0]) == "udp port " + std::to_string(port_of(datagram)));

  CHECK_FALSE(claim_socket(sockets, true, port_of(stream)));
  CHECK_FALSE(claim_socket(sockets, false, port_of(datagram)));
  REQUIRE(sockets.size() == 2);
  SyslogOptions options;
  SyslogEndpoint tcp;
  tcp.protocol = SyslogProtocol::tcp;
  tcp.address = "127.0.0.1";
  tcp.port = port_of(stream);
  options.endpoints = {tcp};
  options.inherited = sockets;
  Ears ears(std::move(options));
  CHECK(ears.server->port(0) == tcp.port);
  REQUIRE(ears.listening.warnings.size() == 1);
  CHECK(ears.listening.warnings[0].find("udp port " + std::to_string(port_of(datagram))) !=
        std::string::npos);
  Socket sender = ears.connect();
  sender.send("through it\n");
  CHECK(ears.hears("through it|"));
}

TEST_CASE("a port that is taken is said with its address", "[syslog]") {
  const int taken = listening_socket(SOCK_DGRAM);
  SyslogOptions options;
  SyslogEndpoint endpoint;
  endpoint.address = GENERATE("127.0.0.1", "nowhere");
  endpoint.port = port_of(taken);
  options.endpoints = {endpoint};
  SyslogServer server(options, {});
  const SyslogListening listening = server.start();
  CHECK_FALSE(listening.ok);
  CHECK(listening.error.find("udp " + endpoint.address + ":" + std::to_string(endpoint.port)) !=
        std::string::npos);
  ::close(taken);
}
