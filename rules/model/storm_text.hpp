#pragma once
// Packed lists in the facts of a storm. Read totally: what is cut off is not there.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tocsin {

// How many alerts began to fire so many seconds ago.
struct StormCount {
  std::uint8_t seconds_ago = 0;
  std::uint32_t alerts = 0;
};
inline constexpr std::size_t storm_count_bytes = 5;

inline void append_storm_count(std::string& out, StormCount c) {
  out.push_back(static_cast<char>(c.seconds_ago));
  out.append(reinterpret_cast<const char*>(&c.alerts), sizeof c.alerts);
}
inline StormCount read_storm_count(std::string_view bytes) {
  StormCount c;
  c.seconds_ago = static_cast<std::uint8_t>(bytes[0]);
  std::memcpy(&c.alerts, bytes.data() + 1, sizeof c.alerts);
  return c;
}

// What incidents have in common: "upstream sw-core-1", "site berlin", "service svc-pay".
inline void append_relation(std::string& out, std::string_view what) {
  const auto size = static_cast<std::uint16_t>(what.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size).append(what.substr(0, size));
}
template <class Use>
void each_relation(std::string_view packed, Use&& use) {
  while (packed.size() >= 2) {
    std::uint16_t size;
    std::memcpy(&size, packed.data(), sizeof size);
    packed.remove_prefix(2);
    if (size > packed.size()) return;
    use(packed.substr(0, size));
    packed.remove_prefix(size);
  }
}

// For people: "3 alerts 0 s ago, 2 alerts 7 s ago"; "site berlin, service svc-pay".
inline std::string storm_counts_text(std::string_view packed) {
  std::string out;
  for (; packed.size() >= storm_count_bytes; packed.remove_prefix(storm_count_bytes)) {
    const StormCount c = read_storm_count(packed);
    out += (out.empty() ? "" : ", ") + std::to_string(c.alerts) + " alerts " +
           std::to_string(c.seconds_ago) + " s ago";
  }
  return out;
}
inline std::string relations_text(std::string_view packed) {
  std::string out;
  each_relation(packed,
                [&](std::string_view what) { out.append(out.empty() ? "" : ", ").append(what); });
  return out;
}

}  // namespace tocsin
