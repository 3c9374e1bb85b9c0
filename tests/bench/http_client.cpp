#include "tests/bench/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace tocsin::bench {
namespace {

// The value of a header, without blanks; empty when there is none.
std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at)) {
    at += 2;
    const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    const std::size_t value = line.find_first_not_of(" \t", name.size() + 1);
    return value == line.npos ? std::string_view() : line.substr(value);
  }
  return {};
}

}  // namespace

HttpClient::~HttpClient() {
  disconnect();
}

void HttpClient::disconnect() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  buffer_.clear();
}

bool HttpClient::connect_if_needed() {
  if (fd_ >= 0) return true;
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd_ < 0 || connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    disconnect();
    return false;
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return true;
}

bool HttpClient::write_all(std::string_view head, std::string_view body) const {
  while (!head.empty() || !body.empty()) {
    iovec parts[2] = {{const_cast<char*>(head.data()), head.size()},
                      {const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const ssize_t n = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    const auto sent = static_cast<std::size_t>(n);
    const std::size_t of_head = std::min(sent, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(sent - of_head);
  }
  return true;
}

int HttpClient::read_answer() {
  char chunk[8192];
  std::size_t end = buffer_.npos, length = 0;
  int status = 0;
  while (end == buffer_.npos || buffer_.size() < end + 4 + length) {
    const ssize_t n = recv(fd_, chunk, sizeof chunk, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return 0;
    buffer_.append(chunk, static_cast<std::size_t>(n));
    if (end != buffer_.npos) continue;
    end = buffer_.find("\r\n\r\n");
    if (end == buffer_.npos) continue;
    const std::string_view head = std::string_view(buffer_).substr(0, end + 2);
    if (head.size() < 12) return 0;
    std::from_chars(head.data() + 9, head.data() + 12, status);
    const std::string_view size = header(head, "Content-Length");
    if (size.empty()) return 0;  // both peers give a length
    std::from_chars(size.data(), size.data() + size.size(), length);
  }
  buffer_.erase(0, end + 4 + length);
  return status;
}

int HttpClient::post(std::string_view path, std::string_view body) {
  if (!connect_if_needed()) return 0;
  std::string head = "POST ";
  head.append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Prometheus/2.42.0\r\n");
  head.append("Content-Type: application/json\r\nContent-Length: ");
  head.append(std::to_string(body.size())).append("\r\n\r\n");
  const int status = write_all(head, body) ? read_answer() : 0;
  if (status == 0) disconnect();
  return status;
}

}  // namespace tocsin::bench
