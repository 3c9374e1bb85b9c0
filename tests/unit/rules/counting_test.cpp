// Rules that count: the window to the millisecond, and no more buckets than there may be.

#include <catch2/catch.hpp>

#include "rules/invariants.hpp"
#include "rules/model/row_codec.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

std::shared_ptr<Settings> counting(std::vector<std::string> by) {
  auto s = small_settings();
  s->rules.emplace_back();
  s->rules[0].id = "r1";
  s->rules[0].match = {{"alertname", Matcher::Op::equal, "Login", nullptr}};
  s->rules[0].count = CountWindow{3, minutes(5), std::move(by)};
  return s;
}

Disposition of(Desk& desk, const std::string& ci) {
  return desk.alert("Login", ci, "critical", desk.state.globals().wall(desk.now)).disposition;
}

constexpr auto below = Disposition::counted_below_threshold;

}  // namespace

TEST_CASE("the third event within five minutes takes effect, and not a millisecond later") {
  for (const Span third : {milliseconds(299'999), minutes(5)}) {
    Desk desk(counting({"ci"}));
    CHECK(of(desk, "a") == below);
    CHECK(of(desk, "b") == below);
    desk.pass(seconds(1));
    CHECK(of(desk, "a") == below);
    desk.pass(Span{third.ms - 1000});
    const bool enough = third < minutes(5);
    CHECK(of(desk, "a") == (enough ? Disposition::incident_opened : below));
    CHECK(desk.state.globals().format == (enough ? 6 : 4));
    CHECK(!broken_law(desk.state, *desk.settings).has_value());
  }
}

TEST_CASE("an alert that fires is repeated and not counted; one that is over counts anew") {
  Desk desk(counting({}));
  const Wall start = desk.state.globals().wall(desk.now);
  for (int i = 0; i < 2; ++i) CHECK(of(desk, "a") == below);
  CHECK(desk.alert("Login", "a", "critical", start).disposition == Disposition::incident_opened);
  CHECK(desk.alert("Login", "a", "critical", start).disposition == Disposition::duplicate);
  // Another one of the same bucket is at least the third as well.
  CHECK(of(desk, "b") == Disposition::incident_opened);
  desk.pass(minutes(1));
  desk.alert("Login", "a", "critical", start, true);
  desk.pass(minutes(30));
  CHECK(of(desk, "a") == below);
  CHECK(!broken_law(desk.state, *desk.settings).has_value());
}

TEST_CASE("buckets: the one that is over first goes for the one too many") {
  Desk desk(counting({"ci"}));
  for (std::size_t i = 0; i < count_buckets_max; ++i) {
    of(desk, "ci" + std::to_string(i));
    if (i == 0) of(desk, "ci0");
    if (i == 1) desk.pass(seconds(1));
  }
  CHECK(desk.state.counts().size() == count_buckets_max);
  of(desk, "ci1");
  of(desk, "one more");  // takes the place of ci0
  CHECK(desk.state.counts().size() == count_buckets_max);
  CHECK(of(desk, "ci1") == Disposition::incident_opened);
  CHECK(of(desk, "ci0") == below);
  desk.pass(minutes(6));
  for (int i = 0; i < 10; ++i) of(desk, "later" + std::to_string(i));
  CHECK(desk.state.counts().size() < count_buckets_max);
}

TEST_CASE("what was counted is a row of the checkpoint, and none when there is nothing") {
  Desk desk(counting({"ci"}));
  const auto rows = [&] {
    return desk.state.canonical().find(std::string("\x01\0\0\0n", 5)) != std::string::npos;
  };
  CHECK_FALSE(rows());
  for (const char* ci : {"a", "b", "a"}) of(desk, ci);
  CHECK(rows());
  const std::string bytes = RowCodec::encode(desk.state.counts());
  State other;
  std::uint32_t slot = 0;
  REQUIRE(RowCodec::load(other, "n", bytes, slot));
  CHECK(RowCodec::encode(other.counts()) == bytes);
  CHECK(other.counts().size() == 2);
  CHECK_FALSE(RowCodec::load(other, "n", bytes.substr(0, bytes.size() - 3), slot));
}
