// Lines of syslog at a daemon, ours or another one's. They are made before the clock starts.
//
//   tocsin_syslog_load --tcp PORT | --udp PORT  --lines N [--rate R] [--rules 1000]
//                      [--matching PERCENT]
//
// Of every hundred lines so many are `unit UNIT of svc-K failed with code N`, of one of the rules'
// services K and one of ten units, the others are like the daily noise of a host. TCP: as fast as
// they are taken, or R a second. UDP: one line a datagram, R a second in bursts of a millisecond.
// Prints one line of JSON: how many were sent in how many seconds.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tocsin::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::uint16_t port = 0;
  bool udp = false;
  std::uint64_t lines = 0, rules = 1000, matching = 5;
  double rate = 0;
};

[[noreturn]] void usage() {
  std::fprintf(stderr, "usage: see the head of tests/bench/syslog_load.cpp\n");
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view key = argv[i];
    const auto number = std::strtoull(argv[i + 1], nullptr, 10);
    if (key == "--tcp" || key == "--udp") {
      o.udp = key == "--udp";
      o.port = static_cast<std::uint16_t>(number);
    } else if (key == "--lines") {
      o.lines = number;
    } else if (key == "--rules") {
      o.rules = number;
    } else if (key == "--matching") {
      o.matching = number;
    } else if (key == "--rate") {
      o.rate = static_cast<double>(number);
    } else {
      usage();
    }
  }
  if (argc % 2 == 0 || !o.port || !o.lines || !o.rules || (o.udp && o.rate <= 0)) usage();
  return o;
}

std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

std::string noise(std::uint64_t dice) {
  const std::string n = std::to_string(dice % 9973);
  switch (dice / 9973 % 6) {
    case 0:
      return "sshd[" + n + "]: Accepted publickey for deploy from 10.3.7." + n + " port 50122 ssh2";
    case 1:
      return "CRON[" + n + "]: (root) CMD (/usr/lib/sysstat/debian-sa1 1 " + n + ")";
    case 2:
      return "systemd[1]: session-" + n + ".scope: Deactivated successfully.";
    case 3:
      return "kernel: [" + n + ".120033] eth0: renamed from veth" + n;
    case 4:
      return "dhclient[" + n + "]: DHCPACK of 10.3.9.7 from 10.3.9.1 (xid=0x" + n + ")";
    default:
      return "nginx[" + n + "]: 10.3.7.19 - - \"GET /orders/" + n + " HTTP/1.1\" 200 512";
  }
}

std::string line(std::uint64_t i, const Options& o) {
  const std::uint64_t dice = mixed(i);
  std::string out = "<29>Mar 11 04:12:07 host-" + std::to_string(dice % 50) + " ";
  if (dice / 100 % 100 >= o.matching) return out + noise(dice / 10'000) + "\n";
  const std::uint64_t rule = dice / 10'000 % o.rules;
  return out + "svc[" + std::to_string(dice % 9973) + "]: unit " + std::to_string(dice % 10) +
         " of svc-" + std::to_string(rule) + " failed with code " + std::to_string(i % 97) + "\n";
}

// A run of lines that are sent again and again: enough of them that no cache of the daemon's
// could know them, few enough that making them takes no time.
constexpr std::uint64_t distinct = 200'000;

std::vector<std::string> make_lines(const Options& o) {
  std::vector<std::string> out;
  for (std::uint64_t i = 0; i < std::min(o.lines, distinct); ++i) out.push_back(line(i, o));
  return out;
}

int connect_to(const Options& o) {
  const int fd = socket(AF_INET, (o.udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(o.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ? fd : -1;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// False: the other side is gone.
bool send_stream(int fd, const Options& o, const std::vector<std::string>& lines,
                 Clock::time_point start) {
  constexpr std::uint64_t per_write = 500;
  std::string chunk;
  for (std::uint64_t i = 0; i < o.lines;) {
    chunk.clear();
    for (std::uint64_t n = 0; n < per_write && i < o.lines; ++n) chunk += lines[i++ % distinct];
    if (o.rate > 0)
      std::this_thread::sleep_until(start + std::chrono::microseconds(static_cast<std::int64_t>(
                                                static_cast<double>(i) * 1e6 / o.rate)));
    if (!send_all(fd, chunk)) return false;
  }
  return true;
}

bool send_datagrams(int fd, const Options& o, const std::vector<std::string>& lines,
                    Clock::time_point start) {
  const auto per_burst = static_cast<std::uint64_t>(std::max(1.0, o.rate / 1000));
  std::vector<iovec> parts(per_burst);
  std::vector<mmsghdr> messages(per_burst);
  for (std::uint64_t i = 0; i < o.lines;) {
    const std::uint64_t n = std::min(per_burst, o.lines - i);
    for (std::uint64_t k = 0; k < n; ++k) {
      const std::string& text = lines[(i + k) % distinct];
      parts[k] = {const_cast<char*>(text.data()), text.size() - 1};
      messages[k] = {};
      messages[k].msg_hdr.msg_iov = &parts[k];
      messages[k].msg_hdr.msg_iovlen = 1;
    }
    std::this_thread::sleep_until(start + std::chrono::microseconds(static_cast<std::int64_t>(
                                              static_cast<double>(i) * 1e6 / o.rate)));
    for (std::uint64_t sent = 0; sent < n;) {
      const int done = sendmmsg(fd, &messages[sent], static_cast<unsigned>(n - sent), 0);
      if (done <= 0) return false;
      sent += static_cast<std::uint64_t>(done);
    }
    i += n;
  }
  return true;
}

int run(const Options& o) {
  const std::vector<std::string> lines = make_lines(o);
  const int fd = connect_to(o);
  if (fd < 0) {
    std::perror("connect");
    return 1;
  }
  const auto start = Clock::now();
  const bool sent = o.udp ? send_datagrams(fd, o, lines, start) : send_stream(fd, o, lines, start);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  close(fd);
  std::printf("{\"lines\":%llu,\"seconds\":%.4f}\n", static_cast<unsigned long long>(o.lines),
              seconds);
  return sent ? 0 : 1;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  return tocsin::bench::run(tocsin::bench::parse(argc, argv));
}
