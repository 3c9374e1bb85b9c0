#pragma once
// CRC-32C (Castagnoli), the checksum of the chain and of the witness. Same value on every machine;
// uses the processor's instruction where there is one. Pure, any thread.

#include <cstdint>
#include <string_view>

namespace tocsin::store {

// Continues `crc` (0 at the start) over `bytes`: crc32c(crc32c(0, a), b) == crc32c(0, a + b).
std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes);

// The table way alone, so that a test can hold the two against each other.
std::uint32_t crc32c_by_table(std::uint32_t crc, std::string_view bytes);

}  // namespace tocsin::store
