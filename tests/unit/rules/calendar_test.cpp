// Working time: the vectors SV01 to SV19 of the process, and a twin that looks at every quarter of
// an hour.
#include <catch2/catch.hpp>

#include <array>
#include <memory>
#include <string>

#include "rules/model/calendar.hpp"

using namespace tocsin;

namespace {

// "2026-03-29T01:00Z", with seconds or without.
Wall utc(const std::string& text) {
  const auto number = [&](std::size_t at, std::size_t size) {
    return std::stoi(text.substr(at, size));
  };
  std::int64_t s = std::int64_t{days_of(number(0, 4), number(5, 2), number(8, 2))} * 86'400 +
                   number(11, 2) * 3600 + number(14, 2) * 60;
  if (text.size() > 17) s += number(17, 2);
  return Wall{s * 1000};
}

std::shared_ptr<const Zone> zone(std::vector<std::pair<std::string, int>> periods) {
  auto out = std::make_shared<Zone>();
  for (const auto& [from, offset_s] : periods)
    out->periods.push_back({from.empty() ? 0 : utc(from).ms, offset_s, ""});
  return out;
}
const auto berlin = zone({{"", 3600}, {"2026-03-29T01:00Z", 7200}, {"2026-10-25T01:00Z", 3600}});
const auto new_york =
    zone({{"", -18'000}, {"2026-03-08T07:00Z", -14'400}, {"2026-11-01T06:00Z", -18'000}});
const auto lord_howe =
    zone({{"", 39'600}, {"2026-04-04T15:00Z", 37'800}, {"2026-10-03T15:30Z", 39'600}});
const auto kolkata = zone({{"", 19'800}});

constexpr std::int32_t h = 3600;

Calendar weekdays(std::shared_ptr<const Zone> zone, std::int32_t opens_s, std::int32_t closes_s) {
  Calendar out;
  out.zone = std::move(zone);
  for (int day = 0; day < 5; ++day) out.week[day] = {{opens_s, closes_s}};
  return out;
}
Calendar daily(std::shared_ptr<const Zone> zone, std::int32_t opens_s, std::int32_t closes_s) {
  Calendar out = weekdays(std::move(zone), opens_s, closes_s);
  out.week[5] = out.week[6] = out.week[0];
  return out;
}
// With the holidays and half days of section 15.
Calendar bh_berlin() {
  Calendar out = weekdays(berlin, 8 * h, 18 * h);
  for (const auto& [month, day] :
       {std::pair(1, 1), {4, 3}, {4, 6}, {5, 1}, {5, 14}, {5, 25}, {12, 25}, {12, 26}})
    out.dates[days_of(2026, month, day)] = {};
  out.dates[days_of(2026, 12, 24)] = out.dates[days_of(2026, 12, 31)] = {{8 * h, 12 * h}};
  return out;
}
Calendar sundays(std::int32_t opens_s, std::int32_t closes_s) {
  Calendar out;
  out.zone = berlin;
  out.week[6] = {{opens_s, closes_s}};
  return out;
}
Calendar always() {
  Calendar out;
  out.always = true;
  return out;
}

}  // namespace

TEST_CASE("SV01 to SV10, SV16, SV17, SV19: when so much working time has passed") {
  struct Vector {
    const char *id, *start, *due;
    Calendar calendar;
    Span target;
  };
  const Vector vectors[] = {
      {"SV01", "2026-03-26T14:00Z", "2026-03-30T13:00Z", bh_berlin(), hours(20)},
      {"SV02", "2026-10-30T17:00Z", "2026-11-02T18:00Z", weekdays(new_york, 9 * h, 17 * h),
       hours(8)},
      {"SV03", "2026-10-24T23:30Z", "2026-10-25T03:30Z", always(), hours(4)},
      {"SV04", "2026-03-29T00:30Z", "2026-03-29T04:30Z", always(), hours(4)},
      {"SV05", "2026-03-28T21:00Z", "2026-03-29T21:00Z", daily(berlin, 22 * h, 30 * h), hours(8)},
      {"SV06", "2026-06-05T06:00Z", "2026-06-05T16:00Z", bh_berlin(), hours(10)},
      {"SV07", "2026-06-05T06:00Z", "2026-06-08T06:00:01Z", bh_berlin(), seconds(36'001)},
      {"SV08", "2026-12-23T15:00Z", "2026-12-29T11:00Z", bh_berlin(), hours(20)},
      {"SV09", "2026-06-06T09:00Z", "2026-06-08T08:00Z", bh_berlin(), hours(2)},
      {"SV10", "2026-06-08T05:59:59Z", "2026-06-08T08:00Z", bh_berlin(), hours(2)},
      {"SV16", "2026-06-05T11:30Z", "2026-06-08T06:30Z",
       weekdays(kolkata, 9 * h + h / 2, 18 * h + h / 2), hours(4)},
      {"SV17", "2026-04-01T10:00Z", "2026-04-10T10:00Z", bh_berlin(), hours(50)},
      {"SV19", "2026-03-08T06:30Z", "2026-03-08T07:30Z", always(), hours(1)},
  };
  for (const Vector& v : vectors) {
    CAPTURE(v.id);
    CHECK(v.calendar.after(utc(v.start), v.target) == utc(v.due));
    CHECK(v.calendar.between(utc(v.start), utc(v.due)) == v.target);
  }
}

TEST_CASE("SV11, SV12: a day is as long as its clocks make it") {
  const auto day = [](const char* from, const char* to) {
    return daily(lord_howe, 0, 24 * h).intervals(utc(from), utc(to));
  };
  Calendar only = daily(lord_howe, 0, 24 * h);
  for (auto& hours : only.week) hours.clear();
  only.dates[days_of(2026, 4, 5)] = only.dates[days_of(2026, 10, 4)] = {{0, 24 * h}};
  const auto autumn = only.intervals(utc("2026-04-01T00:00Z"), utc("2026-04-10T00:00Z"));
  REQUIRE(autumn.size() == 1);
  CHECK(autumn[0] == Calendar::Interval{utc("2026-04-04T13:00Z"), utc("2026-04-05T13:30Z")});
  const auto spring = only.intervals(utc("2026-10-01T00:00Z"), utc("2026-10-10T00:00Z"));
  REQUIRE(spring.size() == 1);
  CHECK((spring[0].closes - spring[0].opens) == minutes(23 * 60 + 30));
  // Every day from midnight to midnight is one interval without a seam.
  CHECK(day("2026-04-01T00:00Z", "2026-04-10T00:00Z").size() == 1);
}

TEST_CASE("SV13 to SV15: a boundary that the clocks skip or show twice") {
  const auto only = [](const Calendar& c, const char* from) {
    const auto found = c.intervals(utc(from), utc(from) + hours(48));
    REQUIRE(found.size() == 1);
    return found[0];
  };
  CHECK(only(sundays(2 * h + h / 2, 10 * h), "2026-03-28T12:00Z") ==
        Calendar::Interval{utc("2026-03-29T01:00Z"), utc("2026-03-29T08:00Z")});
  CHECK(only(sundays(0, 2 * h + h / 2), "2026-10-24T12:00Z") ==
        Calendar::Interval{utc("2026-10-24T22:00Z"), utc("2026-10-25T01:30Z")});
  CHECK(only(sundays(2 * h + h / 2, 10 * h), "2026-10-24T12:00Z") ==
        Calendar::Interval{utc("2026-10-25T00:30Z"), utc("2026-10-25T09:00Z")});
}

TEST_CASE("SV18: a weekend is no working time") {
  const Calendar c = bh_berlin();
  CHECK(c.between(utc("2026-12-11T20:00Z"), utc("2026-12-14T08:30Z")) == minutes(90));
  CHECK(c.next_change(utc("2026-12-11T20:00Z")) == utc("2026-12-14T07:00Z"));
  CHECK(c.next_change(utc("2026-12-14T07:00Z")) == utc("2026-12-14T17:00Z"));
  CHECK(c.open_at(utc("2026-12-14T07:00Z")));
  CHECK_FALSE(c.open_at(utc("2026-12-14T17:00Z")));
}

TEST_CASE("a calendar that never opens says so, one that always does has no change") {
  Calendar nothing;
  CHECK_FALSE(nothing.after(utc("2026-06-08T00:00Z"), hours(1)));
  CHECK_FALSE(nothing.next_change(utc("2026-06-08T00:00Z")));
  CHECK(nothing.between(utc("2026-06-08T00:00Z"), utc("2027-06-08T00:00Z")) == Span{});
  CHECK_FALSE(always().next_change(utc("2026-06-08T00:00Z")));
  CHECK_FALSE(daily(berlin, 0, 24 * h).next_change(utc("2026-06-08T00:00Z")));
}

// Twin: what the clock on the wall shows, asked every quarter of an hour. Boundaries keep out of
// the hours that a change of the clocks skips or repeats; for those there are the vectors above.
TEST_CASE("working time is what a look at the clock every 15 minutes says, 100,000 times") {
  std::uint64_t seed = 18;
  const auto dice = [&](std::uint32_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(seed >> 33) % below;
  };
  const std::array<std::shared_ptr<const Zone>, 4> zones{berlin, new_york, kolkata, nullptr};
  const auto boundary = [&] { return static_cast<std::int32_t>(16 + dice(80)) * 900; };  // 04:00 on
  int asked = 0;
  while (asked < 100'000) {
    Calendar c;
    c.zone = zones[dice(4)];
    for (auto& hours : c.week)
      for (std::uint32_t n = dice(3); n > 0; --n)
        if (const std::int32_t opens = boundary(), closes = boundary(); opens < closes)
          hours.push_back({opens, closes});
    const std::int32_t first = days_of(2026, 1, 2) + static_cast<std::int32_t>(dice(360));
    if (dice(2)) c.dates[first + 1] = {};
    const Wall start{std::int64_t{first} * 86'400'000};
    const auto twin = [&](Wall t) {
      const std::int64_t local = t.ms / 1000 + (c.zone ? c.zone->at(t).offset_s : 0);
      const auto day = static_cast<std::int32_t>(local / 86'400);
      const auto of_day = static_cast<std::int32_t>(local % 86'400);
      const auto special = c.dates.find(day);
      const auto& hours = special != c.dates.end() ? special->second : c.week[(day + 3) % 7];
      for (const auto& span : hours)
        if (span.opens_s <= of_day && of_day < span.closes_s) return true;
      return false;
    };
    Span sum{};
    for (int quarter = 0; quarter < 4 * 24 * 4; ++quarter, ++asked) {
      const Wall t = start + minutes(15 * quarter);
      const bool open = twin(t);
      if (c.open_at(t) != open) FAIL("open_at differs at " << t.ms);
      if (open) sum.ms += minutes(15).ms;
      if (c.between(start, t + minutes(15)) != sum) FAIL("between differs at " << t.ms);
    }
  }
}
