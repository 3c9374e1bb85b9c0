#include "daemon/engine/in_hand.hpp"

namespace tocsin {

thread_local constinit Input input_in_hand;

// FNV-1a. A run of digits is one letter, however long it is.
std::uint64_t Input::hash() const {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  const auto mix = [&h](std::uint64_t byte) { h = (h ^ byte) * 0x100000001b3ULL; };
  mix(static_cast<std::uint64_t>(kind));
  for (int i = 0; i < 64; i += 8) mix(number >> i & 0xFF);
  bool digits = false;
  for (const char c : bytes) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit || !digits) mix(digit ? '0' : static_cast<unsigned char>(c));
    digits = digit;
  }
  return h;
}

}  // namespace tocsin
