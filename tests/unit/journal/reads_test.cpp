// What reading one row costs does not grow with the table: a closed incident is looked up among
// hundreds of thousands, a thousand times for one page of a list.
#include <rocksdb/perf_context.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include "tests/unit/journal/worlds.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

constexpr int rows_count = 700'000;
constexpr std::uint64_t look_up_bytes_max = 64 << 10;  // a block, and the parts that lead to it

std::string key(int n) {
  char text[32];
  std::snprintf(text, sizeof text, "c%08d", n);
  return text;
}

std::uint64_t bytes_read_by(const std::function<void()>& read) {
  rocksdb::get_perf_context()->Reset();
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
  read();
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
  return rocksdb::get_perf_context()->block_read_byte;
}

}  // namespace

TEST_CASE("a row of a large table is found without reading what leads to all the others") {
  RocksOptions options = RocksWorld::small();
  options.checkpoint_file_bytes = RocksOptions{}.checkpoint_file_bytes;
  RocksWorld world(options);
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 2);
  int next = 0;
  std::string current;
  const std::string value(60, 'v');
  const auto marker = marker_at(world.journal(), 2);
  REQUIRE(world.journal().install(
              [&]() -> std::optional<RowChange> {
                if (next == rows_count) return {};
                current = key(next++);
                return RowChange{current, value};
              },
              marker) == Install::installed);
  std::uint64_t worst = 0;
  for (int n = 0; n < rows_count; n += 4999) {
    worst = std::max(worst, bytes_read_by([&] { CHECK(world.journal().row(key(n))); }));
    worst = std::max(worst, bytes_read_by([&] { CHECK_FALSE(world.journal().row(key(n) + "x")); }));
  }
  CHECK(worst <= look_up_bytes_max);

  std::size_t found = 0;
  const std::string prefix = key(4321).substr(0, 8);  // ten rows
  const std::uint64_t scanned = bytes_read_by([&] {
    world.journal().scan_rows(prefix,
                              [&](std::string_view, std::string_view) { return ++found != 0; });
  });
  CHECK(found == 10);
  CHECK(scanned <= look_up_bytes_max);
}

TEST_CASE("what the store keeps in memory fills up to its limits, and it says how far") {
  RocksOptions options = RocksWorld::small();
  options.checkpoint_file_bytes = RocksOptions{}.checkpoint_file_bytes;
  RocksWorld world(options);
  REQUIRE(world.start().trouble == OpenTrouble::none);
  const StoreMemory first = world.journal().memory();
  CHECK(first.cache < first.cache_max / 4);
  CHECK(first.buffers < first.buffers_max / 4);

  append_range(world.journal(), 1, 100);
  CHECK(world.journal().memory().buffers > first.buffers);
  constexpr int large = 40'000;
  const std::string value(1000, 'v');
  int next = 0;
  std::string current;
  const auto marker = marker_at(world.journal(), 2);
  REQUIRE(world.journal().install(
              [&]() -> std::optional<RowChange> {
                if (next == large) return {};
                current = key(next++);
                return RowChange{current, value};
              },
              marker) == Install::installed);
  for (int n = 0; n < large; n += 10) CHECK(world.journal().row(key(n)));
  append_range(world.journal(), 101, 3000);
  const StoreMemory full = world.journal().memory();
  CHECK(full.cache > full.cache_max / 4 * 3);  // forty megabytes were read
  CHECK(full.cache <= full.cache_max);
  CHECK(full.buffers > 0);
  CHECK(full.buffers <= full.buffers_max);
}
