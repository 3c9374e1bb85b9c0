#pragma once
// Sockets that the service manager opened for us (LISTEN_FDS): what each one is, and which of our
// listeners it is for. They outlive this process on the manager's side, so nothing sent between two
// starts is refused. Used by the thread that starts, before the listeners' own threads.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tocsin {

struct InheritedSocket {
  int fd = -1;
  bool datagram = false;  // UDP; else TCP, listening
  std::uint16_t port = 0;
};

// What stands behind these descriptors; what is no socket of ours (a local one, a connection) is
// left out and closed.
std::vector<InheritedSocket> inspect_sockets(const std::vector<int>& descriptors);

// The first socket of that type and port, taken out of the list. The address is the manager's to
// choose: "514" of a socket unit means every address.
std::optional<InheritedSocket> claim_socket(std::vector<InheritedSocket>& sockets, bool datagram,
                                            std::uint16_t port);

std::string to_text(const InheritedSocket& socket);  // "udp port 514"

}  // namespace tocsin
