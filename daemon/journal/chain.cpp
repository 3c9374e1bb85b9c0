// The two functions of the port itself: what ties a frame to its predecessor, and names for people.
#include "daemon/journal/bytes.hpp"
#include "daemon/journal/crc32c.hpp"
#include "daemon/journal/journal.hpp"

namespace tocsin {

std::uint32_t chain_of(std::uint32_t previous, std::uint64_t seq, std::uint64_t epoch,
                       std::uint64_t uid, std::string_view payload) {
  char head[28];
  std::memcpy(head, &previous, 4);
  std::memcpy(head + 4, &seq, 8);
  std::memcpy(head + 12, &epoch, 8);
  std::memcpy(head + 20, &uid, 8);
  return store::crc32c(store::crc32c(0, {head, sizeof head}), payload);
}

std::string_view name(Append outcome) {
  switch (outcome) {
    case Append::ok:
      return "ok";
    case Append::fenced:
      return "fenced";
    case Append::conflict:
      return "conflict";
    case Append::unknown:
      return "unknown";
    case Append::unavailable:
      return "unavailable";
    case Append::diverged:
      return "diverged";
  }
  return "?";
}

}  // namespace tocsin
