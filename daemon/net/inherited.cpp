#include "daemon/net/inherited.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace tocsin {
namespace {

int option(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

std::optional<std::uint16_t> bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  if (address.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return {};
}

}  // namespace

std::vector<InheritedSocket> inspect_sockets(const std::vector<int>& descriptors) {
  std::vector<InheritedSocket> out;
  for (const int fd : descriptors) {
    const auto port = bound_port(fd);
    const int type = option(fd, SO_TYPE);
    const bool listening = type == SOCK_STREAM && option(fd, SO_ACCEPTCONN) == 1;
    if (!port || (type != SOCK_DGRAM && !listening)) {
      close(fd);
      continue;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    out.push_back({fd, type == SOCK_DGRAM, *port});
  }
  return out;
}

std::optional<InheritedSocket> claim_socket(std::vector<InheritedSocket>& sockets, bool datagram,
                                            std::uint16_t port) {
  const auto it = std::find_if(sockets.begin(), sockets.end(), [&](const InheritedSocket& s) {
    return s.datagram == datagram && s.port == port;
  });
  if (it == sockets.end()) return {};
  const InheritedSocket found = *it;
  sockets.erase(it);
  return found;
}

std::string to_text(const InheritedSocket& socket) {
  return (socket.datagram ? "udp port " : "tcp port ") + std::to_string(socket.port);
}

}  // namespace tocsin
