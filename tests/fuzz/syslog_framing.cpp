// Any bytes as a stream, the first of them saying in what pieces it comes: the messages and the
// failure are those of the whole, no message is longer than the limit, and nothing more is held.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/in/syslog/framing.hpp"

namespace {

using namespace tocsin;

constexpr std::size_t limit = 256;

struct Cut {
  std::vector<std::string> messages;
  SyslogFraming::Failure failure{};
  bool operator==(const Cut&) const = default;
};

Cut cut(std::string_view stream, std::size_t piece) {
  SyslogFraming framing(limit);
  Cut out;
  const auto each = [&](std::string_view m) {
    if (m.empty() || m.size() > limit) __builtin_trap();
    out.messages.emplace_back(m);
  };
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    framing.feed(stream.substr(at, piece), each);
    if (framing.waiting() > limit) __builtin_trap();
  }
  out.failure = framing.end(each);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (cut(stream, data[0] + 1u) != cut(stream, size)) __builtin_trap();
  return 0;
}
