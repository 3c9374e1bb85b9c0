// By when the commands of a lane have to be taken: at once as soon as one of them is in a hurry,
// and in the order in which they came.
#include <catch2/catch.hpp>

#include "daemon/engine/command_lane.hpp"

using namespace tocsin;

namespace {

using Steady = CommandLane::Steady;

constexpr Steady::time_point at(int ms) {
  return Steady::time_point(std::chrono::milliseconds(ms));
}

Work work(std::int64_t ms) {
  return {Instant{ms}, Command(Tick{}), {}, 0};
}

}  // namespace

TEST_CASE("an empty lane is never due") {
  const CommandLane lane;
  CHECK(lane.by() == Steady::time_point::max());
  CHECK_FALSE(lane.due(at(1'000'000)));
}

TEST_CASE("what can wait is due in its time, and not later because more of it came") {
  CommandLane lane;
  lane.push(work(1), at(20));
  lane.push(work(2), at(35));
  CHECK_FALSE(lane.due(at(19)));
  CHECK(lane.due(at(20)));
}

TEST_CASE("one command in a hurry takes all before it along, in their order") {
  CommandLane lane;
  lane.push(work(1), at(20));
  lane.push(work(2), at(5));
  lane.push(work(3), at(26));
  CHECK(lane.due(at(5)));
  const std::deque<Work> taken = lane.take();
  REQUIRE(taken.size() == 3);
  CHECK(taken[0].stamp == Instant{1});
  CHECK(taken[1].stamp == Instant{2});
  CHECK(taken[2].stamp == Instant{3});
  CHECK(lane.empty());
  lane.push(work(4), at(50));
  CHECK(lane.by() == at(50));
}
