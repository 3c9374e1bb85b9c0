// Large frames are stored packed: nobody above the journal sees it, damage is noticed, and a store
// says in its format whether it has any.
#include <rocksdb/db.h>
#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "daemon/journal/frame.hpp"
#include "tests/unit/journal/worlds.hpp"

using namespace tocsin;
using namespace tocsin::store;
using namespace tocsin::testing;

namespace {

std::string repetitive(std::size_t size) {
  std::string out;
  while (out.size() < size) out += "instance=node-" + std::to_string(out.size() % 977) + ",";
  return out.substr(0, size);
}
std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t x = 1;
  for (char& c : bytes) c = static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  return bytes;
}

std::string stored(std::string_view payload, bool* packed = nullptr) {
  const std::uint32_t chain = chain_of(0, 1, 2, 3, payload);
  const LogFrame frame{{1, 2, 3, chain, payload}, Link::next, {}};
  FramePacker packer;
  const StoredFrame parts = packer.pack(frame);
  if (packed) *packed = packer.packed();
  return std::string(parts.header).append(parts.body);
}

std::string format_of(const RocksWorld& world) {
  rocksdb::DB* db = nullptr;
  REQUIRE(rocksdb::DB::OpenForReadOnly({}, world.path() + "/db", &db).ok());
  const std::unique_ptr<rocksdb::DB> owner(db);
  std::string format;
  REQUIRE(db->Get({}, "format", &format).ok());
  return format;
}

}  // namespace

TEST_CASE("a frame is packed from 4 KiB on, where that makes it smaller") {
  for (const std::size_t size : {packed_bytes_min - 1, packed_bytes_min, std::size_t{500'000},
                                 packed_bytes_max, packed_bytes_max + 1}) {
    CAPTURE(size);
    const std::string payload = repetitive(size);
    bool packed = false;
    const std::string value = stored(payload, &packed);
    CHECK(packed == (size >= packed_bytes_min && size <= packed_bytes_max));
    CHECK((value.size() < size / 2) == packed);
    std::string room;
    const auto frame = parse_frame(1, value, room);
    REQUIRE(frame);
    CHECK(frame->record.payload == payload);
    CHECK(is_whole(*frame));
  }
  bool packed = true;
  const std::string payload = noise(100'000);
  const std::string value = stored(payload, &packed);
  CHECK_FALSE(packed);
  std::string room;
  CHECK(parse_frame(1, value, room)->record.payload == payload);
}

TEST_CASE("a packed frame that is cut, longer, or says another size is no frame, or not whole") {
  const std::string value = stored(repetitive(20'000));
  std::string room;
  for (std::size_t size = 0; size < value.size(); size += 7)
    CHECK_FALSE(parse_frame(1, value.substr(0, size), room));
  CHECK_FALSE(parse_frame(1, value + "x", room));
  for (const char size : {'\x00', '\x21', '\x7f'}) {
    std::string other = value;
    other[34] = size;  // 20,000 is 0x4e20
    CHECK_FALSE(parse_frame(1, other, room));
  }
  for (std::size_t at = 38; at < value.size(); at += 3) {
    std::string other = value;
    other[at] ^= 0x10;
    const auto frame = parse_frame(1, other, room);
    CHECK_FALSE((frame && is_whole(*frame)));
  }
}

TEST_CASE(
    "packed frames are read as they were appended, and the store is of format 2 from then on") {
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 3);
  world.stop();
  CHECK(format_of(world) == "1");

  REQUIRE(world.start().trouble == OpenTrouble::none);
  const std::string large = repetitive(300'000);
  REQUIRE(world.journal().append(4, 1, 44, large) == Append::ok);
  CHECK(world.journal().append(4, 1, 44, large) == Append::ok);  // its own, asked again
  CHECK(world.journal().append(4, 1, 44, large + "x") == Append::diverged);
  append_range(world.journal(), 5, 6);
  world.crash();

  const OpenResult again = world.start();
  REQUIRE(again.trouble == OpenTrouble::none);
  CHECK(again.head == 6);
  std::string read;
  REQUIRE(world.journal().read_frames(4, [&](const FrameRecord& frame) {
    read = frame.payload;
    return false;
  }));
  CHECK(read == large);
  world.stop();
  CHECK(format_of(world) == "2");
}
