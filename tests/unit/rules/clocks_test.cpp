// Clocks of agreements: what another machine, other zone data and the clock do to what is planned.
#include "rules/clocks.hpp"

#include <catch2/catch.hpp>

#include "rules/invariants.hpp"
#include "rules/model/calendar.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

constexpr std::int64_t tuesday = 1'780'981'200'000;  // 2026-06-09T05:00:00Z, before it opens

std::shared_ptr<Settings> by_office(std::int32_t offset_s) {
  auto s = small_settings();
  auto zone = std::make_shared<Zone>();
  zone->name = "Europe/Berlin", zone->periods = {{0, offset_s, "X"}};
  auto office = std::make_shared<Calendar>();
  office->id = "office", office->zone = zone;
  for (int day = 0; day < 5; ++day) office->week[day] = {{8 * 3600, 18 * 3600}};
  s->calendars["office"] = office;
  for (Agreement& agreed : s->sla) agreed = {hours(2), hours(20), "office"};
  return s;
}

}  // namespace

TEST_CASE(
    "other data about a time zone breaks no law of a store, and is followed from a start on") {
  Desk d(by_office(7200));
  d.now = {tuesday};
  d.alert("Slow", "web", "warning", Wall{d.now.ms});
  d.pass(minutes(1));
  CHECK(broken_law(d.state, *d.settings) == std::nullopt);
  CHECK(broken_plan(d.state, *d.settings) == std::nullopt);
  const Instant before = d.incident(1).resolution.due;

  d.settings = by_office(3600);
  CHECK(broken_law(d.state, *d.settings) == std::nullopt);
  CHECK(broken_plan(d.state, *d.settings) != std::nullopt);

  d.give(TakeEpoch{Epoch(2), "test", "boot", 0, {1, 2}, {3, 4, 5, 6}});
  d.pass(seconds(1));
  CHECK(d.incident(1).resolution.due == before + hours(1));
  CHECK(broken_plan(d.state, *d.settings) == std::nullopt);
}

TEST_CASE("a step that goes back within five minutes plans nothing anew") {
  Desk d(by_office(7200));
  d.now = {tuesday};
  d.alert("Slow", "web", "warning", Wall{d.now.ms});
  d.pass(minutes(1));
  d.give(StepClock{hours(24 * 30).ms, "test"});
  d.pass(minutes(4));
  d.give(StepClock{-hours(24 * 30).ms, "test"});
  d.pass(minutes(6));
  CHECK(d.written<ClockPlanned>().empty());
  CHECK(d.written<ClockBreached>().empty());
  d.give(StepClock{-hours(1).ms, "test"});
  d.pass(minutes(6));
  CHECK(d.written<ClockPlanned>().size() == 2);
}

TEST_CASE("when it seemed to be over is of the log, and no step of the clock moves it") {
  Desk d(by_office(7200));
  d.now = {tuesday};
  d.alert("Slow", "web", "warning", Wall{tuesday});
  d.pass(minutes(1));
  d.alert("Slow", "web", "warning", Wall{tuesday}, true);
  d.give(StepClock{-hours(1).ms, "test"});
  CHECK(d.incident(1).last_end != Instant{});
  CHECK(d.incident(1).restored_on == d.incident(1).last_end);
}
