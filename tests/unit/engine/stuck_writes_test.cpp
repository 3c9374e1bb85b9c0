// A store that takes nothing, and a process that did not run: only the first is told of.
#include "daemon/engine/stuck_writes.hpp"

#include <catch2/catch.hpp>

using tocsin::StuckWrites;

TEST_CASE("a write that does not end is stuck after fifteen looks at it, and well when it ends") {
  StuckWrites writes;
  for (int i = 0; i < 100; ++i) writes.look();
  CHECK_FALSE(writes.stuck());  // nothing was written
  writes.began();
  for (int i = 0; i < StuckWrites::looks_max - 1; ++i) writes.look();
  CHECK_FALSE(writes.stuck());
  writes.began();  // had no room, and is offered again
  writes.look();
  CHECK(writes.stuck());
  writes.ended();
  CHECK_FALSE(writes.stuck());
}

// An hour between two looks is the length of one: nothing here asks a clock.
TEST_CASE("writes that end are never stuck, however many looks there are") {
  StuckWrites writes;
  for (int i = 0; i < 100; ++i) {
    writes.began();
    writes.look();
    writes.ended();
  }
  CHECK_FALSE(writes.stuck());
}
