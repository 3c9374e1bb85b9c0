#pragma once
// Fixed-width integers in the records of this room: little endian, unaligned.
// The one exception is a log key, which is big endian so that keys sort by number.
// Owner: none, free functions. Any thread. Readers do not check bounds: the caller knows the size.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tocsin::store {

static_assert(std::endian::native == std::endian::little,
              "records are copied as they lie in memory");

template <class Int>
void put_le(std::string& out, Int value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <class Int>
Int get_le(std::string_view in, std::size_t at) {
  Int value;
  std::memcpy(&value, in.data() + at, sizeof value);
  return value;
}

inline std::string big_endian(std::uint64_t value) {
  std::string out(8, '\0');
  for (int i = 0; i < 8; ++i) out[i] = static_cast<char>(value >> (56 - 8 * i));
  return out;
}

inline std::uint64_t from_big_endian(std::string_view in) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(in[i]);
  return value;
}

}  // namespace tocsin::store
