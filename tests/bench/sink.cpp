#include "tests/bench/sink.hpp"

#include <arpa/inet.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

namespace tocsin::bench {
namespace {

std::size_t length_of(std::string_view head) {
  constexpr std::string_view name = "\r\ncontent-length:";
  for (std::size_t i = 0; i + name.size() < head.size(); ++i) {
    if (strncasecmp(head.data() + i, name.data(), name.size()) != 0) continue;
    std::size_t value = i + name.size(), length = 0;
    while (value < head.size() && head[value] == ' ') ++value;
    std::from_chars(head.data() + value, head.data() + head.size(), length);
    return length;
  }
  return 0;
}

void serve(int fd) {
  constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  std::string buffer;
  char chunk[65536];
  for (;;) {
    const std::size_t end = buffer.find("\r\n\r\n");
    if (end != buffer.npos) {
      const std::size_t whole = end + 4 + length_of(std::string_view(buffer).substr(0, end + 2));
      if (buffer.size() >= whole) {
        buffer.erase(0, whole);
        if (send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
        continue;
      }
    }
    const ssize_t n = recv(fd, chunk, sizeof chunk, 0);
    if (n <= 0) break;
    buffer.append(chunk, static_cast<std::size_t>(n));
  }
  close(fd);
}

}  // namespace

int run_sink(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || listen(fd, 256) != 0) {
    std::perror("sink");
    return 1;
  }
  for (;;) {
    const int peer = accept(fd, nullptr, nullptr);
    if (peer >= 0) std::thread(serve, peer).detach();
  }
}

}  // namespace tocsin::bench
