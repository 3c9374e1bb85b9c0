// CIs, their pools and calendars: what is refused and where, and that the one spelling reads back.

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

const std::string company = R"(people: [{id: bob}]
calendars:
  - id: office
    time_zone: Europe/Berlin
    week: {mon: ["08:00-12:00", "13:00-18:00"], sun: "22:00-30:00"}
    holidays: [2026-12-25]
    dates: {2026-12-24: ["08:00-12:00"]}
critical_periods: [{id: payroll, calendar: office, services: [svc]}]
cis:
  - {id: svc, class: service, users: 300, hours: office, soft_depends_on: [feed]}
  - {id: a, pool: pair, depends_on: [sw], site: berlin}
  - {id: b, pool: pair, criticality: low, environment: dev}
  - {id: sw, class: network_switch}
  - {id: feed, supports: [svc]}
pools: [{id: pair, supports: [svc], min_members: 2}]
)";

}  // namespace

TEST_CASE("pools, dependencies and calendars are compiled, and the one spelling reads back") {
  const auto loaded = load_text(company, "t.yaml");
  CHECK(lines(loaded.errors) == "");
  REQUIRE(loaded.settings);
  const Settings& s = *loaded.settings;
  REQUIRE(s.pool("pair"));
  CHECK(s.pool("pair")->members == std::vector<std::uint32_t>{0, 1});  // a, b
  CHECK(s.pool("pair")->serves == std::vector<std::uint32_t>{3});      // svc
  // sw <- a, and softly the service of its pool.
  CHECK(s.dependencies.dependents(4) == std::vector<Reached>{{0, true}, {3, false}});
  REQUIRE(s.calendar("office"));
  CHECK(s.calendar("office")->week[0].size() == 2);
  CHECK(s.calendar("office")->week[6] == std::vector<Calendar::Hours>{{22 * 3600, 30 * 3600}});
  CHECK(s.calendar("office")->dates.size() == 2);
  CHECK(s.calendar("always") == nullptr);
  REQUIRE(s.critical_periods.size() == 1);
  CHECK(s.critical_periods[0].services == std::vector<std::string>{"svc"});
  const auto again = load_stored(s.text);
  REQUIRE(again.settings);
  CHECK(again.settings->hash == s.hash);
  CHECK(again.settings->dependencies.edges() == s.dependencies.edges());
}

TEST_CASE("what does not fit together is refused with its place, all at once") {
  const auto loaded = load_text(R"(people: [{id: bob}]
calendars:
  - {id: always, week: {mon: ["08:00-18:00"]}}
  - id: odd
    week: {mon: ["8-18"], tue: ["10:00-09:00"], wed: ["08:00-12:00", "12:00-13:00"]}
    holidays: [2026-02-30]
    dates: {someday: []}
cis:
  - {id: a, depends_on: [b, nobody], pool: none, hours: ofice}
  - {id: b}
)",
                                "t.yaml");
  const std::string said = lines(loaded.errors);
  INFO(said);
  for (const char* part :
       {"the calendar 'always' is built in", "hours are like 08:00-18:00, beyond midnight",
        "not '8-18'", "not '10:00-09:00'", "overlap or touch", "not '2026-02-30'", "not 'someday'",
        "unknown CI 'nobody'", "unknown pool 'none'", "unknown calendar 'ofice'"})
    CHECK(said.find(part) != std::string::npos);
}

TEST_CASE("a pool that can never serve is refused, a circle is warned about") {
  const auto small = load_text(R"(people: [{id: bob}]
cis: [{id: a, pool: p}]
pools: [{id: p, min_members: 2}]
)",
                               "t.yaml");
  CHECK(lines(small.errors).find("pool 'p' needs 2 members and has 1") != std::string::npos);

  const auto circle = load_text(R"(people: [{id: bob}]
cis: [{id: a, depends_on: [b]}, {id: b, depends_on: [a]}]
)",
                                "t.yaml");
  CHECK(lines(circle.errors) == "");
  CHECK(lines(circle.warnings).find("depend on each other in a circle: a -> b -> a") !=
        std::string::npos);
}

TEST_CASE("the same company in other words gives the same priorities, another one does not") {
  const auto settings = [](const std::string& text) { return load_text(text, "t.yaml").settings; };
  const auto one = settings(company), again = settings("# another comment\n" + company);
  REQUIRE(one);
  REQUIRE(again);
  CHECK(same_priorities(*one, *again));
  const std::pair<const char*, const char*> changes[] = {
      {"13:00-18:00", "13:00-17:00"},
      {"2026-12-25", "2026-12-26"},
      {"Europe/Berlin", "Europe/London"},
      {"users: 300", "users: 3000"},
      {"environment: dev", "environment: test"},
      {"depends_on: [sw], site", "site"},
      {"min_members: 2", "min_members: 1"},
      {"hours: office, soft", "soft"},
      {"services: [svc]", "services: []"},
      {"criticality: low", "criticality: important"}};
  for (const auto& [from, to] : changes) {
    CAPTURE(from);
    std::string text = company;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, std::string(from).size(), to);
    const auto other = settings(text);
    REQUIRE(other);
    CHECK_FALSE(same_priorities(*one, *other));
  }
}
