// Reading the store of a running daemon from another process: it is not disturbed, and what it
// deletes meanwhile stays readable.
#include "tests/unit/journal/worlds.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

Marker checkpoint(Journal& journal, std::uint64_t seq, const Marker& before) {
  const Marker marker = marker_at(journal, seq, before);
  std::string key = "a" + std::to_string(seq);
  bool told = false;
  REQUIRE(journal.install(
              [&]() -> std::optional<RowChange> {
                if (std::exchange(told, true)) return {};
                return RowChange{key, "row"};
              },
              marker) == Install::installed);
  return marker;
}

std::unique_ptr<Journal> beside(const RocksWorld& world, OpenResult& opened) {
  RocksOptions options;
  options.path = world.path();
  options.read_only = true;
  auto journal = make_rocks_journal(options);
  opened = journal->open();
  return journal;
}

}  // namespace

TEST_CASE("a store is read while somebody runs on it, and trims what is read") {
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  Journal& running = world.journal();
  append_range(running, 1, 3000);
  Marker marker = checkpoint(running, 3000, {});
  append_range(running, 3001, 3100);

  OpenResult opened;
  const auto reader = beside(world, opened);
  REQUIRE(opened.trouble == OpenTrouble::none);
  CHECK(opened.head == 3100);
  CHECK(opened.marker.seq == 3000);

  // The daemon goes on, and keeps nothing that it need not.
  for (std::uint64_t seq = 3100; seq < 12'000; seq += 3000) {
    append_range(running, seq + 1, seq + 3000);
    marker = checkpoint(running, seq + 3000, marker);
  }
  bool complete = false;
  const auto left = frames(running, 1, &complete);
  CHECK((left.empty() || left.front() > 1));

  const auto seen = frames(*reader, 1, &complete);
  CHECK(complete);
  REQUIRE(seen.size() == 3100);
  CHECK(seen.front() == 1);
  CHECK(seen.back() == 3100);
  CHECK(reader->append(3101, 1, 1, "x") == Append::fenced);
  reader->close();
  append_range(running, marker.seq + 1, marker.seq + 10);
  CHECK_FALSE(running.room() == Room::none);

  OpenResult again;
  const auto later = beside(world, again);
  CHECK(again.trouble == OpenTrouble::none);
  CHECK(again.head == marker.seq + 10);
}
