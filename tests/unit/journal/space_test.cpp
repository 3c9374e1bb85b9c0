// Watermarks and ballast, by limits around what the disk really has.
#include <sys/statvfs.h>

#include "tests/unit/journal/worlds.hpp"

using namespace tocsin;
using namespace tocsin::testing;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t everything = std::uint64_t{1} << 62;
constexpr std::uint64_t kib = 1024;

std::string ballast(const RocksWorld& world) {
  return world.path() + "/ballast";
}

}  // namespace

TEST_CASE("with space there is a ballast and plenty of room", "[space]") {
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  CHECK(world.journal().room() == Room::plenty);
  CHECK(fs::file_size(ballast(world)) == 64 * kib);
}

TEST_CASE("below the warning there is little room", "[space]") {
  RocksOptions options = RocksWorld::small();
  options.space.warn_bytes = everything;
  options.space.warn_percent = 101;
  RocksWorld world(options);
  REQUIRE(world.start().trouble == OpenTrouble::none);
  CHECK(world.journal().room() == Room::low);
  CHECK(append(world.journal(), 1) == Append::ok);
}

TEST_CASE("at the floor the ballast is given up and frames are still taken", "[space]") {
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  world.stop();
  REQUIRE(fs::exists(ballast(world)));
  world.options().space.floor_bytes = everything;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  CHECK(world.journal().room() == Room::floor);
  CHECK_FALSE(fs::exists(ballast(world)));
  CHECK(append(world.journal(), 1) == Append::ok);
  world.stop();

  world.options().space.floor_bytes = 64 * kib;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  CHECK(world.journal().room() == Room::plenty);
  CHECK(fs::exists(ballast(world)));
}

TEST_CASE("the ballast goes before the database opens when it is all there is", "[space]") {
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  world.stop();
  REQUIRE(fs::exists(ballast(world)));
  world.options().space.ballast_bytes = everything;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  CHECK_FALSE(fs::exists(ballast(world)));
}

TEST_CASE("below the last reserve nothing is written and nothing breaks", "[space]") {
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 3);
  world.stop();
  world.options().space.last_bytes = everything;
  REQUIRE(world.start().head == 3);
  CHECK(world.journal().room() == Room::none);
  CHECK(append(world.journal(), 4) == Append::unavailable);
  CHECK(append(world.journal(), 3) == Append::ok);  // it is there
  CHECK(install(world.journal(), {{"a", "1"}}, marker_at(world.journal(), 3)) == Install::failed);
  world.stop();

  world.options().space.last_bytes = 64 * kib;
  REQUIRE(world.start().head == 3);
  CHECK(append(world.journal(), 4) == Append::ok);
}

namespace {

// Two checkpoints with a lot of frames before each: the first ones are history, and in files.
void live_a_while(RocksWorld& world) {
  REQUIRE(world.start().trouble == OpenTrouble::none);
  Journal& journal = world.journal();
  append_range(journal, 1, 2000);
  const Marker first = marker_at(journal, 2000);
  REQUIRE(install(journal, {{"a", "1"}}, first) == Install::installed);
  append_range(journal, 2001, 4000);
  REQUIRE(install(journal, {{"a", "2"}}, marker_at(journal, 4000, first)) == Install::installed);
}

RocksOptions with_history() {
  RocksOptions options = RocksWorld::small();
  options.retain_bytes = everything;
  return options;
}

}  // namespace

TEST_CASE("with space the history of the log stays", "[space]") {
  RocksWorld world(with_history());
  live_a_while(world);
  CHECK(frames(world.journal(), 1).size() == 4000);
}

TEST_CASE("on a short disk history gives way at a checkpoint, and nothing else does", "[space]") {
  RocksOptions options = with_history();
  options.space.warn_bytes = everything;
  options.space.warn_percent = 101;
  RocksWorld world(options);
  live_a_while(world);
  const std::vector<std::uint64_t> left = frames(world.journal(), 0);
  CHECK(left.front() > 1);
  CHECK(left.front() <= 2001);
  CHECK(left.back() == 4000);
  CHECK(world.said().find("of the log's history given up") != std::string::npos);
}

TEST_CASE("where no checkpoint is written any more history gives way as well", "[space]") {
  RocksWorld world(with_history());
  live_a_while(world);
  world.stop();
  world.options().space.floor_bytes = everything / 4;
  REQUIRE(world.start().head == 4000);
  CHECK(frames(world.journal(), 1).size() == 4000);
  CHECK(append(world.journal(), 4001) == Append::ok);
  CHECK(frames(world.journal(), 0).front() > 1);
}
