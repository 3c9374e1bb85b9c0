#include "connectors/text/am_fingerprint.hpp"

namespace tocsin {
namespace {

struct Fnv1a {
  std::uint64_t hash = 14695981039346656037u;
  void byte(unsigned char c) {
    hash ^= c;
    hash *= 1099511628211u;
  }
  void text(std::string_view s) {
    for (char c : s) byte(static_cast<unsigned char>(c));
    byte(0xff);
  }
};

}  // namespace

std::uint64_t am_fingerprint(AlertText text) {
  return am_fingerprint(text.labels());
}

std::uint64_t am_fingerprint(const std::vector<Pair>& labels) {
  Fnv1a fnv;
  for (const auto& [name, value] : labels) {
    fnv.text(name);
    fnv.text(value);
  }
  return fnv.hash;
}

std::string am_fingerprint_text(std::uint64_t fingerprint) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = 0; i < 16; ++i) out[15 - i] = digits[fingerprint >> (4 * i) & 15];
  return out;
}

}  // namespace tocsin
