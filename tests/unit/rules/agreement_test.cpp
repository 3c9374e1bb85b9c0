// The clocks of agreements, beside a twin that looks at every five minutes.
#include <catch2/catch.hpp>

#include <array>

#include "rules/model/rows.hpp"
#include "rules/process/agreement.hpp"

using namespace tocsin;

namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr Span look = minutes(5);

struct Dice {
  std::uint64_t seed = 6;
  std::uint32_t operator()(std::uint32_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(seed >> 33) % below;
  }
};

Calendar office() {
  Calendar out;
  for (int day = 0; day < 5; ++day) out.week[day] = {{8 * 3600, 18 * 3600}};
  return out;
}
Wall at(int day, int hour, int minute = 0) {  // Monday, 2026-06-08, is day 0
  return Wall{(std::int64_t{days_of(2026, 6, 8)} + day) * day_ms + (hour * 60 + minute) * 60'000};
}

}  // namespace

TEST_CASE("SLA-3, AC05: what it stands still is missing, and never added as time of the wall") {
  const Calendar calendar = office();
  Running clock{&calendar, at(2, 8), {{at(3, 14, 30), Wall{INT64_MAX}}}};
  CHECK(spent(clock, hours(10)) == at(2, 18));
  CHECK(elapsed(clock, at(20, 0)) == minutes(16 * 60 + 30));
  CHECK_FALSE(spent(clock, hours(20)));
  clock.still.back().to = at(7, 9, 15);
  CHECK(spent(clock, hours(20)) == at(7, 12, 45));
  clock.still.push_back({at(7, 10), at(7, 20)});  // goes on after hours
  CHECK(spent(clock, hours(18)) == at(8, 8, 45));
  CHECK(spent(clock, hours(20)) == at(8, 10, 45));
  CHECK(elapsed(clock, at(8, 10, 45)) == hours(20));
}

TEST_CASE("SLA-4: used up at closing time, or when it comes to stand still, it is due then") {
  const Calendar calendar = office();
  CHECK(spent({&calendar, at(4, 8), {}}, hours(10)) == at(4, 18));
  CHECK(spent({&calendar, at(4, 8), {}}, seconds(36'001)) ==
        at(7, 8) + seconds(1));
  CHECK(spent({nullptr, at(0, 8), {{at(0, 10), at(0, 12)}}}, hours(2)) == at(0, 10));
  CHECK(spent({nullptr, at(0, 8), {{at(0, 10), at(0, 12)}}}, milliseconds(7'200'001)) ==
        at(0, 12) + milliseconds(1));
}

TEST_CASE("a clock is what a look at it every five minutes says, 100,000 times") {
  Dice dice;
  int asked = 0;
  while (asked < 100'000) {
    Calendar calendar;
    const bool always = dice(4) == 0;
    for (auto& hours : calendar.week)
      for (std::uint32_t n = dice(3); n > 0; --n) {
        const auto opens = static_cast<std::int32_t>(dice(288)) * 300;
        const auto closes = opens + static_cast<std::int32_t>(1 + dice(200)) * 300;
        if (hours.empty() || hours.back().closes_s < opens) hours.push_back({opens, closes});
      }
    Running clock{always ? nullptr : &calendar, at(0, 0) + minutes(5 * dice(288)), {}};
    Wall from = clock.start - minutes(5 * static_cast<std::int64_t>(dice(20)));
    for (std::uint32_t n = dice(4); n > 0; --n) {
      from = from + minutes(5 * (1 + dice(150)));
      const Wall to = from + minutes(5 * (1 + dice(200)));
      clock.still.push_back({from, to});
      from = to;
    }
    if (dice(4) == 0 && !clock.still.empty()) clock.still.back().to = Wall{INT64_MAX};
    Span sum{};
    for (int i = 0; i < 600; ++i, ++asked) {
      const Wall t = clock.start + Span{look.ms * i};
      bool runs = always || calendar.open_at(t);
      for (const Running::Still& still : clock.still)
        runs = runs && !(still.from <= t && t < still.to);
      if (!runs) {
        if (elapsed(clock, t + look) != sum) FAIL("it runs while it stands still at " << t.ms);
        continue;
      }
      sum.ms += look.ms;
      if (elapsed(clock, t + look) != sum) FAIL("elapsed differs at " << t.ms);
      if (spent(clock, sum) != t + look) FAIL("the end of " << sum.ms << " differs at " << t.ms);
    }
  }
}

TEST_CASE("pauses are kept in order and apart, and only so many") {
  std::vector<Pause> pauses;
  add_pause(pauses, {Instant{50}, Instant{60}});
  add_pause(pauses, {Instant{10}, Instant{20}});
  add_pause(pauses, {Instant{30}, Instant{30}});
  REQUIRE(pauses.size() == 2);
  CHECK(pauses[0].from == Instant{10});
  add_pause(pauses, {Instant{20}, Instant{55}});
  REQUIRE(pauses.size() == 1);
  CHECK(pauses[0].from == Instant{10});
  CHECK(pauses[0].to == Instant{60});
  for (int i = 0; i < 200; ++i) add_pause(pauses, {Instant{100 + i * 10}, Instant{105 + i * 10}});
  CHECK(pauses.size() == pauses_max);
  CHECK(pauses[0].to == Instant{60});  // the longest of them
}
