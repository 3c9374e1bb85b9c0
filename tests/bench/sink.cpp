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

std::string answer(std::string_view status, std::string_view body = {}) {
  std::string out = "HTTP/1.1 ";
  out.append(status).append(" Answer\r\nContent-Length: ").append(std::to_string(body.size()));
  return out.append("\r\n\r\n").append(body);
}

// Breaks off with a reset, not with a farewell.
void reset(int fd) {
  const linger now{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

// What is said to a request; empty: the connection ends without an answer.
std::string answer_to(std::string_view head, int fd) {
  const std::size_t from = head.find(' ') + 1;
  const std::string_view path = head.substr(from, head.find(' ', from) - from);
  if (path == "/login") return answer("200", "<!DOCTYPE html><p>Please log in");
  if (path == "/silent") {
    char byte = 0;
    while (recv(fd, &byte, 1, 0) > 0) {
    }
    return {};
  }
  if (path == "/reset") {
    reset(fd);
    return {};
  }
  const bool status = path.size() == 4 && path[1] >= '2' && path[1] <= '5';
  return answer(status ? path.substr(1) : "200");
}

void serve(int fd, const Hear& hear) {
  std::string buffer;
  char chunk[65536];
  for (;;) {
    const std::size_t end = buffer.find("\r\n\r\n");
    if (end != buffer.npos) {
      const std::string_view head = std::string_view(buffer).substr(0, end + 2);
      const std::size_t whole = end + 4 + length_of(head);
      if (buffer.size() >= whole) {
        if (hear) hear(std::string_view(buffer).substr(end + 4, whole - end - 4));
        const std::string said = answer_to(head, fd);
        buffer.erase(0, whole);
        if (said.empty() || send(fd, said.data(), said.size(), MSG_NOSIGNAL) < 0) break;
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

int run_sink(std::uint16_t port, const Hear& hear) {
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
    if (peer >= 0) std::thread([peer, &hear] { serve(peer, hear); }).detach();
  }
}

}  // namespace tocsin::bench
