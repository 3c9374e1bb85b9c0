// The section sla: what is agreed, and what of it is refused.
#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;

namespace {

const std::string office =
    "people: [{id: bob}]\ncalendars: [{id: office, week: {mon: [\"08:00-18:00\"], "
    "fri: [\"08:00-12:00\"]}}, {id: closed, week: {}}]\n";

std::string problem(const std::string& yaml) {
  const auto loaded = load_text(yaml, "tocsin.yaml");
  return loaded.errors.empty() ? "" : to_text(loaded.errors.front());
}
Settings good(const std::string& yaml) {
  const auto loaded = load_text(yaml, "tocsin.yaml");
  for (const auto& error : loaded.errors) FAIL(to_text(error));
  return *loaded.settings;
}

}  // namespace

TEST_CASE("without a word it is the table of 6.2, around the clock or by bh-berlin") {
  const Settings s = good("people: [{id: bob}]\n");
  CHECK(s.sla[0] == Agreement{minutes(15), hours(4), "always"});
  CHECK(s.sla[4] == Agreement{hours(20), hours(100), "always"});
  const Settings berlin =
      good("people: [{id: bob}]\ncalendars: [{id: bh-berlin, week: {mon: [\"08:00-18:00\"]}}]\n");
  CHECK(berlin.sla[1].calendar == "always");
  CHECK(berlin.sla[2] == Agreement{hours(2), hours(20), "bh-berlin"});
}

TEST_CASE("a business day is the longest day of the week, unless it is said") {
  const Settings s =
      good(office + "sla: {P3: {response: 1bd, resolution: 2bd4h, calendar: office}}\n");
  CHECK(s.sla[2] == Agreement{hours(10), hours(24), "office"});
  const Settings named = good(
      "people: [{id: bob}]\n"
      "calendars: [{id: office, nominal_day: 8h, week: {mon: [\"08:00-18:00\"]}}]\n"
      "sla: {P4: {resolution: 5bd, calendar: office}}\n");
  CHECK(named.sla[3].resolution == hours(40));
  CHECK(load_stored(named.text).settings->sla[3] == named.sla[3]);
  CHECK(load_stored(named.text).settings->hash == named.hash);
}

TEST_CASE("what was written before still says how soon somebody answers") {
  CHECK(good("people: [{id: bob}]\nresponse: {P1: 5m, P4: 1d}\n").sla[0].response == minutes(5));
  CHECK(problem("people: [{id: bob}]\nresponse: {P1: 5m}\nsla: {P1: {response: 6m}}\n")
            .find("also given in the section response") != std::string::npos);
}

TEST_CASE("days that mean something else are refused, each at its place") {
  CHECK(problem(office + "sla:\n  P3: {resolution: 2d, calendar: office}\n") ==
        "tocsin.yaml:4:20: '2d': a day of 24 working hours is hardly what is meant; write hours, "
        "or bd for a day of the calendar");
  CHECK(problem(office + "sla: {P3: {resolution: 2bd}}\n").find("none is given that closes") !=
        std::string::npos);
  CHECK(problem(office + "sla: {P3: {resolution: 2bd, calendar: service}}\n")
            .find("hours of services differ") != std::string::npos);
  CHECK(problem(office + "sla: {P3: {calendar: closed}}\n").find("never open") !=
        std::string::npos);
  CHECK(problem(office + "sla: {P3: {calendar: offfice}}\n").find("offfice") != std::string::npos);
  CHECK(problem(office + "sla: {P3: {resolution: soon}}\n").find("is a duration") !=
        std::string::npos);
  CHECK(problem(office + "sla: {P9: {resolution: 1h}}\n").find("P9") != std::string::npos);
  CHECK(good(office + "sla: {P3: {resolution: 2d}}\n").sla[2].resolution == hours(48));
}

TEST_CASE("an answer that may come after the end is a warning") {
  const auto loaded =
      load_text("people: [{id: bob}]\nsla: {P1: {response: 5h}}\n", "tocsin.yaml");
  REQUIRE(loaded.settings);
  bool warned = false;
  for (const auto& w : loaded.warnings)
    warned = warned || w.message.find("answered later than") != w.message.npos;
  CHECK(warned);
}
