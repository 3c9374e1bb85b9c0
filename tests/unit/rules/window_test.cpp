// Maintenance windows: when they are open, over the changes of the clocks too, and what they cover.
#include <catch2/catch.hpp>

#include "rules/intake/silences.hpp"
#include "rules/invariants.hpp"
#include "rules/model/calendar.hpp"
#include "rules/windows.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;
using Freq = Recurrence::Freq;

namespace {

constexpr std::int64_t day_s = 86'400;

std::int64_t local(int year, int month, int day, int hour = 0, int minute = 0) {
  return days_of(year, month, day) * day_s + hour * 3600 + minute * 60;
}
Wall utc(int year, int month, int day, int hour = 0, int minute = 0) {
  return {local(year, month, day, hour, minute) * 1000};
}

std::shared_ptr<const Zone> berlin() {
  auto zone = std::make_shared<Zone>();
  zone->periods = {{0, 3600, "CET"},
                   {utc(2026, 3, 29, 1).ms, 7200, "CEST"},
                   {utc(2026, 10, 25, 1).ms, 3600, "CET"},
                   {utc(2027, 3, 28, 1).ms, 7200, "CEST"}};
  return zone;
}

// "06-09 06-16": the days of a year and a half on which it falls.
std::string days(const Recurrence& r, std::int32_t first) {
  std::string out;
  for (std::int32_t day = first - 40; day < first + 500; ++day)
    if (r.falls_on(day, first)) out += (out.empty() ? "" : " ") + date_text(day).substr(2);
  return out;
}

Schedule nightly(std::shared_ptr<const Zone> zone, int hour, int minute, Span lasts) {
  Schedule s;
  s.zone = std::move(zone), s.start_s = local(2026, 1, 5, hour, minute), s.lasts = lasts;
  s.again = Recurrence{};
  return s;
}

std::shared_ptr<Settings> with_window(std::vector<std::string> cis, std::vector<Matcher> match) {
  auto s = small_settings();
  MaintenanceWindow w;
  w.id = "w", w.owner = "eve", w.reason = "planned";
  w.cis = std::move(cis), w.match = std::move(match);
  w.schedule.start_s = 0, w.schedule.end_s = 20'000'000;
  s->windows.push_back(std::move(w));
  index_windows(*s);
  return s;
}

std::string broken(const Desk& desk) {
  const auto law = broken_law(desk.state, *desk.settings);
  return (law ? law : broken_plan(desk.state, *desk.settings)).value_or("");
}

std::size_t muted(const Desk& desk) {
  return desk.state.muted_alerts().size();
}

}  // namespace

TEST_CASE("windows: the days of a rule, as RFC 5545 has them") {
  const std::int32_t tuesday = days_of(2026, 6, 9);
  Recurrence r;
  r.last_day = tuesday + 4;
  CHECK(days(r, tuesday) == "26-06-09 26-06-10 26-06-11 26-06-12 26-06-13");
  r.interval = 3, r.last_day = tuesday + 9;
  CHECK(days(r, tuesday) == "26-06-09 26-06-12 26-06-15 26-06-18");

  Recurrence weekly;
  weekly.freq = Freq::weekly, weekly.last_day = days_of(2026, 7, 1);
  CHECK(days(weekly, tuesday) == "26-06-09 26-06-16 26-06-23 26-06-30");
  // Weeks begin on Monday: the second week is that of 22 June.
  weekly.interval = 2, weekly.by_day = {{0, 0}, {6, 0}};
  CHECK(days(weekly, tuesday) == "26-06-14 26-06-22 26-06-28");

  Recurrence monthly;
  monthly.freq = Freq::monthly, monthly.last_day = days_of(2026, 9, 30);
  CHECK(days(monthly, days_of(2026, 5, 31)) == "26-05-31 26-07-31 26-08-31");
  monthly.by_day = {{1, 2}};  // the second Tuesday
  CHECK(days(monthly, tuesday) == "26-06-09 26-07-14 26-08-11 26-09-08");
  monthly.by_day = {{4, -1}};  // the last Friday
  CHECK(days(monthly, tuesday) == "26-06-26 26-07-31 26-08-28 26-09-25");
  monthly.by_day = {}, monthly.by_month_day = {-1, 15};
  CHECK(days(monthly, tuesday) ==
        "26-06-15 26-06-30 26-07-15 26-07-31 26-08-15 26-08-31 "
        "26-09-15 26-09-30");
  monthly.by_month_day = {13}, monthly.by_day = {{4, 0}}, monthly.last_day = days_of(2027, 9, 1);
  CHECK(days(monthly, tuesday) == "26-11-13 27-08-13");  // Fridays the 13th

  Recurrence yearly;
  yearly.freq = Freq::yearly, yearly.last_day = days_of(2027, 12, 31);
  CHECK(days(yearly, tuesday) == "26-06-09 27-06-09");
  yearly.by_month = 1u << 9, yearly.by_day = {{6, -1}};  // the last Sunday of October
  CHECK(days(yearly, tuesday) == "26-10-25");
  yearly.by_month = 0, yearly.by_day = {{0, 1}};  // the first Monday of the year
  CHECK(days(yearly, tuesday) == "27-01-04");
}

TEST_CASE("windows: over the changes of the clocks") {
  // 02:30 does not exist on 29 March: it begins with the first instant after the gap.
  const Schedule s = nightly(berlin(), 2, 30, hours(1));
  const std::int32_t spring = days_of(2026, 3, 29), autumn = days_of(2026, 10, 25);
  CHECK(s.on(spring) == Schedule::Interval{utc(2026, 3, 29, 1), utc(2026, 3, 29, 2)});
  // It exists twice on 25 October: at the first of the two, and an hour is an hour.
  CHECK(s.on(autumn) == Schedule::Interval{utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30)});
  CHECK(s.on(spring - 1) == Schedule::Interval{utc(2026, 3, 28, 1, 30), utc(2026, 3, 28, 2, 30)});
  CHECK(s.on(spring + 1) == Schedule::Interval{utc(2026, 3, 30, 0, 30), utc(2026, 3, 30, 1, 30)});

  // Eight hours from 22:00 are eight hours in the short night and in the long one.
  const Schedule night = nightly(berlin(), 22, 0, hours(8));
  CHECK(night.on(spring - 1) == Schedule::Interval{utc(2026, 3, 28, 21), utc(2026, 3, 29, 5)});
  CHECK(night.on(autumn - 1) == Schedule::Interval{utc(2026, 10, 24, 20), utc(2026, 10, 25, 4)});

  // Given by its two ends it gets the longest reading.
  Schedule once;
  once.zone = berlin();
  once.start_s = local(2026, 10, 25, 2, 15), once.end_s = local(2026, 10, 25, 2, 45);
  CHECK(once.on(autumn) == Schedule::Interval{utc(2026, 10, 25, 0, 15), utc(2026, 10, 25, 1, 45)});
  CHECK_FALSE(once.at(utc(2026, 10, 25, 0, 14)));
  CHECK(once.at(utc(2026, 10, 25, 1, 44)));
  CHECK_FALSE(once.at(utc(2026, 10, 25, 1, 45)));
}

TEST_CASE("windows: what is open now is what the plain twin finds") {
  for (const Span lasts : {minutes(20), hours(1), hours(30), hours(24 * 7)})
    for (const int hour : {0, 2, 23}) {
      Schedule s = nightly(berlin(), hour, 30, lasts);
      s.again->freq = Freq::weekly, s.again->by_day = {{0, 0}, {2, 0}, {6, 0}};
      s.again->except = {days_of(2026, 3, 25)}, s.again->until = utc(2026, 11, 1);
      for (const Wall from : {utc(2026, 3, 22), utc(2026, 10, 18), utc(2026, 10, 30)})
        for (Wall t = from; t < from + hours(24 * 14); t = t + minutes(10)) {
          std::optional<Schedule::Interval> expected;
          for (std::int32_t day = days_of(2026, 1, 1); day < days_of(2026, 12, 1); ++day)
            if (const auto one = s.on(day); one && one->starts <= t && t < one->ends) {
              if (!expected) expected = one;
              expected->starts = std::min(expected->starts, one->starts);
              expected->ends = std::max(expected->ends, one->ends);
            }
          if (s.at(t) != expected) FAIL(t.ms);
        }
    }
}

TEST_CASE("windows: the next one") {
  Schedule s = nightly(nullptr, 22, 0, hours(1));
  s.again->last_day = days_of(2026, 1, 6), s.again->except = {days_of(2026, 1, 5)};
  CHECK(s.next(utc(2026, 1, 1)) == Schedule::Interval{utc(2026, 1, 6, 22), utc(2026, 1, 6, 23)});
  CHECK_FALSE(s.next(utc(2026, 1, 6, 22)));
}

TEST_CASE("windows: CIs and matchers are both asked where both are given") {
  const Matcher down{"alertname", Matcher::Op::equal, "Down", nullptr};
  const auto covered = [](std::vector<std::string> cis, std::vector<Matcher> match,
                          const char* name, const char* ci) {
    Desk desk(with_window(std::move(cis), std::move(match)));
    desk.alert(name, ci, "critical", desk.state.globals().wall(desk.now));
    CHECK(broken(desk).empty());
    return muted(desk) == 1;
  };
  CHECK(covered({"db", "web"}, {}, "Down", "db"));
  CHECK_FALSE(covered({"db", "web"}, {}, "Down", "app"));
  CHECK(covered({}, {down}, "Down", "app"));
  CHECK_FALSE(covered({}, {down}, "Slow", "app"));
  CHECK(covered({"db"}, {down}, "Down", "db"));
  CHECK_FALSE(covered({"db"}, {down}, "Slow", "db"));
  CHECK_FALSE(covered({"db"}, {down}, "Down", "app"));
}

TEST_CASE("windows: when a configuration removes one, all that it kept is new, slice by slice") {
  Desk desk(with_window({}, {{"alertname", Matcher::Op::matches, "Down.*", nullptr}}));
  const Wall start = desk.state.globals().wall(desk.now);
  for (int i = 0; i < 400; ++i)
    desk.alert("Down" + std::to_string(i), "ci-" + std::to_string(i), "critical", start);
  CHECK(muted(desk) == 400);
  CHECK(desk.state.incidents().size() == 0);
  CHECK(desk.state.totals().held == 0);
  CHECK(broken(desk).empty());
  desk.pass(minutes(1));
  auto without = small_settings();
  without->hash = without->text = "without windows";
  desk.give(ApplyConfig{without, "reload"});
  desk.settings = without;
  desk.pass({});
  CHECK(muted(desk) == 0);
  CHECK(desk.state.incidents().size() == 400);
  CHECK_FALSE(desk.state.globals().window_next);
  CHECK(desk.incident(1).opened_at == desk.now);
  CHECK(desk.incident(1).occurred_at == start);
  CHECK(broken(desk).empty());
}

TEST_CASE("windows: a suppressed alert keeps its words and its annotations apart") {
  Desk desk(with_window({"db"}, {}));
  desk.alert("Down", "db", "critical", desk.state.globals().wall(desk.now));
  const std::uint32_t slot = desk.state.alert_slot(desk.last);
  const AlertRow row = desk.state.alerts().at(slot);
  CHECK(row.muted_by().owner == "eve");
  CHECK(row.muted_by().reason == "planned");
  CHECK(row.text().valid());
  CHECK(row.text().label("alertname") == "Down");
  desk.pass(seconds(1));
  desk.alert("Down", "db", "critical", desk.state.globals().wall(desk.now), true);
  CHECK(desk.state.alerts().at(slot).muted_by().window.empty());
  CHECK(desk.state.alerts().at(slot).text().label("alertname") == "Down");
  CHECK(desk.state.totals().dispositions[index(Disposition::maintenance_suppressed)] == 2);
  CHECK(broken(desk).empty());
}

TEST_CASE("windows: a thousand windows and ten thousand silences cost an alert a look-up or two") {
  auto s = small_settings();
  for (int i = 0; i < 1000; ++i) {
    MaintenanceWindow w;
    w.id = "w" + std::to_string(i), w.owner = "eve", w.reason = "planned";
    w.cis = {"ci-" + std::to_string(i)};
    w.schedule = nightly(nullptr, 2, 30, hours(1));
    s->windows.push_back(std::move(w));
  }
  index_windows(*s);
  const std::string text = pack({{"alertname", "Down"}, {"ci", "ci-7"}});
  int asked = 0;
  s->window_index->each_fit("ci-7", AlertText(text), [&](std::uint32_t place) {
    CHECK(s->windows[place].id == "w7");
    ++asked;
  });
  CHECK(asked == 1);
}
