#pragma once
// Ids that the compiler keeps apart, and the identity of an alert.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

template <class Tag, class Value = std::uint64_t>
struct Strong {
  Value value{};
  constexpr Strong() = default;
  explicit constexpr Strong(Value v) : value(v) {}
  auto operator<=>(const Strong&) const = default;
  explicit constexpr operator bool() const { return value != 0; }
};

using IncidentNumber = Strong<struct IncidentTag, std::uint32_t>;  // INC0000001 is 1; 0 is none
using RequestNumber = Strong<struct RequestTag, std::uint32_t>;    // REQ0000001 is 1; 0 is none
using PageId = Strong<struct PageTag>;
using AlertSerial = Strong<struct AlertTag>;
using Epoch = Strong<struct EpochTag>;
using Seq = Strong<struct SeqTag>;
using SilenceId = Strong<struct SilenceTag>;      // counts from 1; 0 is none
using HeartbeatId = Strong<struct HeartbeatTag>;  // likewise

// XXH3-128 of the canonical label bytes and the source, keyed with the secret of the store.
// A hit is confirmed on the label bytes, so a hash never merges two alerts.
struct Fingerprint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const Fingerprint&) const = default;
};

// The key a channel sees: hash of (store, incident, cycle, step, repeat, kind, person, channel).
// Never of the attempt, never of the text.
struct PageKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const PageKey&) const = default;
};

// 32 random bytes that sign the links in pages. Made by the shell; never printed.
struct LinkKey {
  std::uint64_t a = 0, b = 0, c = 0, d = 0;
  auto operator<=>(const LinkKey&) const = default;
};

std::string hex(std::uint64_t high, std::uint64_t low);  // 32 lower-case digits
inline std::string hex(const Fingerprint& f) {
  return hex(f.high, f.low);
}
inline std::string hex(const PageKey& k) {
  return hex(k.high, k.low);
}

// The name of a silence outside: a random-looking UUID, as Alertmanager's clients expect.
std::string uuid_text(const Fingerprint& f);  // 8-4-4-4-12 lower-case digits
// Zero when it is no UUID in that form.
Fingerprint parse_uuid(std::string_view text);

// "INC0000012"; seven digits at least (REC-1).
std::string to_text(IncidentNumber n);
// Accepts INC0000012, inc12 and 12; 0 when it is none of them.
IncidentNumber parse_incident(std::string_view text);
// The same of requests: "REQ0000012".
std::string to_text(RequestNumber n);
RequestNumber parse_request(std::string_view text);

}  // namespace tocsin
