// The checksum and the chain: fixed values, since they are on disk for ever.
#include <catch2/catch.hpp>

#include <string>

#include "daemon/journal/crc32c.hpp"
#include "daemon/journal/journal.hpp"

using namespace tocsin;

namespace {

std::uint32_t crc_by_bit(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0u);
  }
  return ~crc;
}

std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t x = 1;
  for (char& c : bytes) c = static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  return bytes;
}

}  // namespace

TEST_CASE("crc32c has its published values") {
  CHECK(store::crc32c(0, "") == 0);
  CHECK(store::crc32c(0, "123456789") == 0xE3069283);
  CHECK(store::crc32c(0, std::string(32, '\0')) == 0x8A9136AA);
  CHECK(store::crc32c(0, std::string(32, '\xff')) == 0x62A8AB43);
}

TEST_CASE("crc32c by instruction, by table and by bit agree at every length and offset") {
  const std::string bytes = noise(600);
  for (std::size_t size = 0; size < 64; ++size)
    for (std::size_t offset = 0; offset < 9; ++offset) {
      const std::string_view part = std::string_view(bytes).substr(offset, size);
      const std::uint32_t expected = crc_by_bit(part);
      REQUIRE(store::crc32c(0, part) == expected);
      REQUIRE(store::crc32c_by_table(0, part) == expected);
    }
  CHECK(store::crc32c(store::crc32c(0, bytes.substr(0, 77)), bytes.substr(77)) ==
        store::crc32c(0, bytes));
}

TEST_CASE("the chain is the checksum of the written fields") {
  const std::string fields(
      "\x04\x03\x02\x01"
      "\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\x80",
      28);
  CHECK(chain_of(0x01020304, 5, 6, 0x8000000000000007, "payload") ==
        crc_by_bit(fields + "payload"));
}

TEST_CASE("outcomes have names") {
  CHECK(name(Append::ok) == "ok");
  CHECK(name(Append::fenced) == "fenced");
  CHECK(name(Append::conflict) == "conflict");
  CHECK(name(Append::unknown) == "unknown");
  CHECK(name(Append::unavailable) == "unavailable");
  CHECK(name(Append::diverged) == "diverged");
}
