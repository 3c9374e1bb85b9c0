// Maintenance windows and recurrence rules as people write them.
#include <catch2/catch.hpp>

#include "config/recurrence.hpp"
#include "rules/model/calendar.hpp"
#include "rules/model/silence.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

const std::string company =
    "people: [{id: bob, email: bob@example.org}]\n"
    "cis: [{id: db}, {id: svc, depends_on: [db]}]\n";

std::string errors_of(const std::string& window) {
  return lines(load_text(company + "maintenance:\n  - {" + window + "}\n", "t.yaml").errors);
}
std::shared_ptr<const Settings> good(const std::string& text) {
  const auto loaded = load_text(company + text, "t.yaml");
  INFO(lines(loaded.errors));
  REQUIRE(loaded.settings);
  return loaded.settings;
}
// What the rule means in our spelling, or where and why it is none.
std::string rule(const std::string& text) {
  config::RuleError error;
  const auto r =
      config::parse_recurrence(text, config::parse_local_time("2026-06-09T22:00").value(), error);
  return r ? config::recurrence_text(*r) : std::to_string(error.at) + ": " + error.message;
}

constexpr const char* head = "id: w, owner: bob, reason: rack, ";

}  // namespace

TEST_CASE("maintenance: a window is read, compiled and written back") {
  const std::string text = R"(
instance: {time_zone: Europe/Berlin}
maintenance:
  - {id: nightly, owner: bob, reason: batch, cis: [db], dependents: true,
     start: "2026-06-09T02:30",
     rrule: "RRULE:BYDAY=TU,MO,1FR,TU;FREQ=MONTHLY;INTERVAL=1", duration: 90m,
     exdate: ["2026-12-24"]}
  - {id: rack, owner: bob, reason: new rack, change: CHG-17, match: ['site="fra"'],
     time_zone: America/New_York, start: "2026-06-09T22:00:30", end: "2026-06-10T01:00"}
)";
  const auto s = good(text);
  REQUIRE(s->windows.size() == 2);
  CHECK(s->windows[0].schedule.zone->name == "Europe/Berlin");
  CHECK(s->windows[1].change == "CHG-17");
  REQUIRE(s->window_index);
  CHECK(s->window_index->size() == 2);
  CHECK(s->text.find(R"(rrule: "FREQ=MONTHLY;BYDAY=MO,TU,1FR")") != std::string::npos);
  CHECK(s->text.find(R"(start: "2026-06-09T22:00:30")") != std::string::npos);
  const auto again = load_stored(s->text);
  REQUIRE(again.settings);
  CHECK(again.settings->text == s->text);
  CHECK(again.settings->hash == s->hash);
  // Also what depends on the CI.
  int found = 0;
  s->window_index->each_fit("svc", AlertText(), [&](std::uint32_t place) { found += place == 0; });
  CHECK(found == 1);
  CHECK_FALSE(good("")->window_index);
}

TEST_CASE("maintenance: what is wrong is said where it is") {
  CHECK(errors_of("id: w, start: \"2026-06-09T22:00\", end: \"2026-06-09T23:00\", cis: [db]") ==
        "t.yaml:4:5: a maintenance window has no owner\n"
        "t.yaml:4:5: a maintenance window has no reason\n");
  CHECK(errors_of(std::string(head) + "cis: [db]") == "t.yaml:4:5: a window has a start\n");
  CHECK(errors_of(std::string(head) + "cis: [db], start: \"2026-06-09T22:00\"") ==
        "t.yaml:4:5: a window has an end, or an rrule and a duration\n");
  CHECK(errors_of(std::string(head) + "cis: [dc], start: \"2026-06-09T22:00\", end: "
                                      "\"2026-06-09T21:00\"") ==
        "t.yaml:4:45: unknown CI 'dc', did you mean 'db'?\n"
        "t.yaml:4:82: a window ends after its start\n");
  CHECK(errors_of(std::string(head) + "start: \"2026-06-09T22:00\", end: \"2026-06-09T23:00\"") ==
        "t.yaml:4:5: a window is of cis, or of a match that not everything fits\n");
  CHECK(errors_of(std::string(head) + "cis: [db], start: 22:00, rrule: FREQ=DAILY, duration: 1h") ==
        "t.yaml:4:57: start is a local time like 2026-12-24T22:00, not '22:00'\n");
  CHECK(errors_of(std::string(head) +
                  "cis: [db], start: \"2026-06-09T22:00\", rrule: FREQ=DAILY, duration: 8d") ==
        "t.yaml:4:106: a window with an rrule has a duration of at most 7d\n");
  // Inside the rule, to the character.
  CHECK(errors_of(std::string(head) + "cis: [db], start: \"2026-06-09T22:00\", rrule: "
                                      "\"FREQ=DAILY;BYHOUR=3\", duration: 1h") ==
        "t.yaml:4:96: BYHOUR is not supported: a window begins once a day, at the time of its "
        "start\n");
}

TEST_CASE("maintenance: recurrence rules") {
  CHECK(rule("FREQ=WEEKLY;BYDAY=SU,MO") == "FREQ=WEEKLY;BYDAY=MO,SU");
  CHECK(rule("FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU") == "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU");
  CHECK(rule("FREQ=MONTHLY;BYMONTHDAY=31,-1;WKST=MO") == "FREQ=MONTHLY;BYMONTHDAY=-1,31");
  CHECK(rule("FREQ=DAILY;UNTIL=20261224") == "FREQ=DAILY;UNTIL=20261224");
  // A window begins at 22:00: the one of the last day only when it may still begin then.
  CHECK(rule("FREQ=DAILY;UNTIL=20261224T220000") == "FREQ=DAILY;UNTIL=20261224");
  CHECK(rule("FREQ=DAILY;UNTIL=20261224T215959") == "FREQ=DAILY;UNTIL=20261223");
  CHECK(rule("FREQ=DAILY;UNTIL=20261224T215959Z") == "FREQ=DAILY;UNTIL=20261224T215959Z");
  CHECK(rule("FREQ=DAILY;COUNT=3") == "FREQ=DAILY;COUNT=3");
  config::RuleError error;
  const auto thrice =
      config::parse_recurrence("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=3",
                               config::parse_local_time("2026-06-09T22:00").value(), error);
  REQUIRE(thrice);
  CHECK(thrice->last_day == days_of(2026, 6, 23));

  CHECK(rule("") == "0: a rule is of parts like INTERVAL=2 with ; between");
  CHECK(rule("BYDAY=MO") == "0: a rule has a FREQ, like FREQ=WEEKLY");
  CHECK(rule("FREQ=HOURLY") == "5: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, not 'HOURLY'");
  CHECK(rule("FREQ=DAILY;INTERVAL=0") == "20: INTERVAL is a number from 1 to 1000");
  CHECK(rule("FREQ=WEEKLY;BYDAY=MO,XX") == "21: BYDAY is of days like MO, 2TU or -1FR, not 'XX'");
  CHECK(rule("FREQ=WEEKLY;BYDAY=MO,2TU") ==
        "21: a numbered day is of a month or a year: FREQ=MONTHLY or YEARLY");
  CHECK(rule("FREQ=MONTHLY;BYSETPOS=1") ==
        "13: BYSETPOS is not supported; BYDAY=-1FR or BYMONTHDAY may say the same");
  CHECK(rule("FREQ=DAILY;BYMONTHDAYS=1") ==
        "11: unknown part 'BYMONTHDAYS' of a rule, did you mean 'BYMONTHDAY'?");
  CHECK(rule("FREQ=DAILY;FREQ=DAILY") == "11: FREQ is given twice");
  CHECK(rule("FREQ=DAILY;UNTIL=20260230") ==
        "17: UNTIL is like 20261224, 20261224T220000 or, in UTC, 20261224T220000Z");
  CHECK(rule("FREQ=DAILY;UNTIL=20261224;COUNT=2") == "26: COUNT and UNTIL are both given");
  CHECK(rule("FREQ=WEEKLY;WKST=SU") == "17: weeks begin on Monday: WKST=SU is not supported");
  CHECK(rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30").starts_with("0: there is no day"));
}

TEST_CASE("inhibit: a rule is read, compiled and written back") {
  const auto s = good(R"(
inhibit:
  - {id: b, owner: bob, reason: down anyway, source_match: alertname="Down",
     target_match: ['severity=~"warning|error"'], equal: [site, ci, site]}
)");
  REQUIRE(s->inhibit.size() == 1);
  CHECK(s->inhibit[0].equal == std::vector<std::string>{"ci", "site"});
  CHECK(s->inhibit_hash != 0);
  const auto again = load_stored(s->text);
  REQUIRE(again.settings);
  CHECK(again.settings->hash == s->hash);
  CHECK(again.settings->inhibit_hash == s->inhibit_hash);
  const std::string errors = lines(
      load_text(
          company + "inhibit:\n  - {id: b, owner: bob, reason: x, source_match: 'a=~\".*\"'}\n",
          "t.yaml")
          .errors);
  CHECK(errors ==
        "t.yaml:4:5: target_match is of matchers that not everything fits\n"
        "t.yaml:4:50: source_match is of matchers that not everything fits\n");
}
