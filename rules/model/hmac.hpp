#pragma once
// HMAC-SHA256 (RFC 2104, FIPS 180-4). Pure and without branches on its input, so the time it takes
// tells nothing about key or text. Its own because rules/ links no library of ciphers.

#include <array>
#include <cstdint>
#include <string_view>

namespace tocsin {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256_of(std::string_view text);
Sha256 hmac_sha256(std::string_view key, std::string_view text);

}  // namespace tocsin
