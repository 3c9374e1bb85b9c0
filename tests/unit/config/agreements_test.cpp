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

TEST_CASE("without a word it is the table of 6.2, around the clock, whatever calendars there are") {
  const Settings s = good("people: [{id: bob}]\n");
  CHECK(s.sla[0] == Agreement{minutes(15), hours(4), "always"});
  CHECK(s.sla[4] == Agreement{hours(20), hours(100), "always"});
  const Settings berlin =
      good("people: [{id: bob}]\ncalendars: [{id: bh-berlin, week: {mon: [\"08:00-18:00\"]}}]\n");
  CHECK(berlin.sla[1].calendar == "always");
  CHECK(berlin.sla[2] == Agreement{hours(2), hours(20), "always"});
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

TEST_CASE(
    "what the version before has stored is read as it was, with days and a calendar bh-berlin") {
  const std::string stored =
      "people:\n  - {id: \"bob\"}\ncalendars:\n  - {id: \"bh-berlin\", week: {mon: "
      "[\"08:00-18:00\"]}}\nresponse: {P1: 15m, P2: 30m, P3: 2h, P4: 1d6h, P5: 1d}\n";
  const auto loaded = load_stored(stored);
  for (const auto& error : loaded.errors) FAIL(to_text(error));
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->sla[3] == Agreement{hours(30), hours(50), "always"});
  CHECK(loaded.settings->sla[4] == Agreement{hours(24), hours(100), "always"});
  CHECK(good(stored).sla[4].response == hours(24));
  CHECK(good("people: [{id: bob}]\nresponse: {P1: 0s, P5: 2y}\n").sla[0].response == seconds(1));
  CHECK(good("people: [{id: bob}]\nresponse: {P5: 2y}\n").sla[4].response == hours(10'000));
}

TEST_CASE("a time that no year of the calendar reaches is refused, but not in a store") {
  const std::string minute =
      "people: [{id: bob}]\ncalendars: [{id: minute, week: {mon: [\"08:00-08:01\"]}}]\n";
  const std::string sla = minute + "sla: {P3: {response: 1m, resolution: 1h, calendar: minute}}\n";
  CHECK(problem(sla).find("not open for so long within a year") != std::string::npos);
  CHECK(load_stored(sla).settings);
  CHECK(good(minute + "sla: {P3: {response: 1m, resolution: 52m, calendar: minute}}\n")
            .sla[2]
            .resolution == minutes(52));
  CHECK(problem(minute +
                "cis: [{id: svc, class: service, hours: minute}]\nsla: {P3: {calendar: service}}\n")
            .find("service svc has its hours") != std::string::npos);
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
  const auto loaded = load_text("people: [{id: bob}]\nsla: {P1: {response: 5h}}\n", "tocsin.yaml");
  REQUIRE(loaded.settings);
  bool warned = false;
  for (const auto& w : loaded.warnings)
    warned = warned || w.message.find("answered later than") != w.message.npos;
  CHECK(warned);
}
