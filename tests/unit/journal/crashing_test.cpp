// The decorator crashes where it says, on both makers, and what it leaves behind is what it says.
#include "tests/unit/journal/worlds.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

// Answers `cue` at `step` and lets everything else pass.
std::function<CrashAt(CrashStep)> at(CrashStep step, CrashAt cue = CrashAt::here) {
  return [=](CrashStep now) { return now == step ? cue : CrashAt::no; };
}

template <class World>
void check_append(CrashStep step, CrashAt cue, std::uint64_t head_afterwards) {
  World world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 3);
  {
    CrashingJournal crashing(world.journal(), at(step, cue));
    if (cue == CrashAt::here) {
      CHECK_THROWS_AS((void)append(crashing, 4), Crashed);
      CHECK_THROWS_AS((void)append(crashing, 4), Crashed);
      CHECK_THROWS_AS((void)crashing.room(), Crashed);
    } else {
      CHECK(append(crashing, 4) == Append::unknown);
      CHECK(append(crashing, 4) == Append::unknown);
      CHECK(append(crashing, 5) == Append::unknown);
      CHECK(install(crashing, {}, marker_at(crashing, 3)) == Install::failed);
    }
  }
  world.crash();
  CHECK(world.start().head == head_afterwards);
  CHECK(append(world.journal(), 4) == Append::ok);  // either written now or found by its uid
  CHECK(frames(world.journal(), 1) == std::vector<std::uint64_t>{1, 2, 3, 4});
}

template <class World>
void check_install(CrashStep step, bool installed) {
  World world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 3);
  const Marker before = marker_at(world.journal(), 1);
  REQUIRE(install(world.journal(), {{"a", "old"}, {"b", "old"}}, before) == Install::installed);
  {
    CrashingJournal crashing(world.journal(), at(step));
    const Marker marker = marker_at(crashing, 3, before);
    CHECK_THROWS_AS((void)install(crashing, {{"a", "new"}, {"b", std::nullopt}}, marker), Crashed);
    crashing.close();  // of a dead process: does nothing
  }
  world.crash();
  CHECK(world.start().marker.seq == (installed ? 3 : 1));
  CHECK(rows(world.journal()) ==
        (installed ? Rows{{"a", "new"}} : Rows{{"a", "old"}, {"b", "old"}}));
  CHECK(install(world.journal(), {{"c", "next"}}, marker_at(world.journal(), 3)) ==
        Install::installed);
}

}  // namespace

TEMPLATE_TEST_CASE("a crash around an append leaves the frame or not", "[crashing]", MemoryWorld,
                   RocksWorld) {
  check_append<TestType>(CrashStep::append_before, CrashAt::here, 3);
  check_append<TestType>(CrashStep::append_after, CrashAt::here, 4);
  check_append<TestType>(CrashStep::append_before, CrashAt::unknown, 3);
  check_append<TestType>(CrashStep::append_after, CrashAt::unknown, 4);
}

TEMPLATE_TEST_CASE("a crash around an install leaves the old or the new checkpoint", "[crashing]",
                   MemoryWorld, RocksWorld) {
  check_install<TestType>(CrashStep::install_before_files, false);
  check_install<TestType>(CrashStep::install_after_files, false);
  check_install<TestType>(CrashStep::install_after, true);
}
