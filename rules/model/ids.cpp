#include "rules/model/ids.hpp"

#include <algorithm>

namespace tocsin {

std::string hex(std::uint64_t high, std::uint64_t low) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(32, '0');
  for (int i = 0; i < 16; ++i) {
    out[15 - i] = digits[high >> (4 * i) & 15];
    out[31 - i] = digits[low >> (4 * i) & 15];
  }
  return out;
}

std::string uuid_text(const Fingerprint& f) {
  std::string out = hex(f);
  for (const std::size_t at : {8u, 13u, 18u, 23u}) out.insert(at, 1, '-');
  return out;
}

Fingerprint parse_uuid(std::string_view text) {
  Fingerprint out;
  if (text.size() != 36) return {};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return {};
    if (dash) continue;
    const char c = static_cast<char>(text[i] | 32);
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (!digit && (c < 'a' || c > 'f')) return {};
    out.high = out.high << 4 | out.low >> 60;
    out.low = out.low << 4 | static_cast<std::uint64_t>(digit ? text[i] - '0' : c - 'a' + 10);
  }
  return out;
}

namespace {

std::string number_text(std::string_view kind, std::uint32_t value) {
  std::string digits = std::to_string(value);
  if (digits.size() < 7) digits.insert(0, 7 - digits.size(), '0');
  return std::string(kind) + digits;
}

// `kind` in lower case; 0: it is no number of that kind.
std::uint32_t parse_number(std::string_view kind, std::string_view text) {
  const auto same = [](char a, char b) { return a == (b | 32); };
  if (text.size() > 3 && std::equal(kind.begin(), kind.end(), text.begin(), same))
    text.remove_prefix(3);
  if (text.empty() || text.size() > 12) return 0;
  std::uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return 0;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value <= UINT32_MAX ? static_cast<std::uint32_t>(value) : 0;
}

}  // namespace

std::string to_text(IncidentNumber n) {
  return number_text("INC", n.value);
}
std::string to_text(RequestNumber n) {
  return number_text("REQ", n.value);
}

IncidentNumber parse_incident(std::string_view text) {
  return IncidentNumber(parse_number("inc", text));
}
RequestNumber parse_request(std::string_view text) {
  return RequestNumber(parse_number("req", text));
}

}  // namespace tocsin
