// What the auditor finds, and that it finds nothing while all is well.
#include "rules/audit.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

Audit look(const Desk& desk, const Snapshot& s, Instant now) {
  return audit(s, *desk.settings, s.globals.seq, now);
}

std::string first(const Audit& a) {
  return a.broken.empty() ? "" : a.broken.front().substr(0, a.broken.front().find(':'));
}

}  // namespace

TEST_CASE("an audit of a state that is well finds nothing") {
  Desk desk;
  CHECK(look(desk, *desk.state.snapshot(), desk.now).intact());
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  desk.alert("Slow", "db-2", "warning", {desk.now.ms});
  const Audit a = look(desk, *desk.state.snapshot(), desk.now);
  CHECK(a.broken == std::vector<std::string>{});
  CHECK(a.events_unaccounted == 0);
  CHECK(a.untold_incidents == 0);
  CHECK(a.lateness == Span{});
}

TEST_CASE("an audit counts events without a disposition, either way") {
  Desk desk;
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  Snapshot s = *desk.state.snapshot();
  s.totals.received[0] += 3;
  CHECK(look(desk, s, desk.now).events_unaccounted == 3);
  CHECK(first(look(desk, s, desk.now)) == "conservation");
  s.totals.received[0] -= 3;
  s.totals.dispositions[0] += 2;
  CHECK(look(desk, s, desk.now).events_unaccounted == 2);
}

TEST_CASE("an audit misses the turn that a deadline should have had") {
  auto settings = small_settings();
  for (auto& h : settings->hold_down) h = minutes(3);
  Desk desk(settings);
  desk.alert("Slow", "db-2", "warning", {desk.now.ms});  // held for some time
  const auto s = desk.state.snapshot();
  Instant due = never;
  s->alerts.each([&](std::uint32_t, const AlertRow& row) { due = earlier(due, row.due); });
  REQUIRE(due != never);
  CHECK(look(desk, *s, due + lateness_max).intact());
  CHECK(look(desk, *s, due + lateness_max).lateness == lateness_max);
  CHECK(first(look(desk, *s, due + lateness_max + milliseconds(1))) == "bounds");
}

TEST_CASE("an audit finds who will never be told") {
  Desk desk;
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  Snapshot s = *desk.state.snapshot();
  s.pages = {};  // as if its page had been forgotten
  const IncidentRow row = desk.incident(1);
  REQUIRE(row.escalate_due != never);
  CHECK(look(desk, s, desk.now).untold_incidents == 0);  // the next step is ahead
  const Audit a = look(desk, s, row.escalate_due + lateness_max + milliseconds(1));
  CHECK(a.untold_incidents == 1);
  CHECK(first(a) == "told");
}

TEST_CASE("an audit recounts incidents, and sees what was shown too early") {
  Desk desk;
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  Snapshot s = *desk.state.snapshot();
  s.totals.add(Metric::incidents_closed);
  CHECK(first(look(desk, s, desk.now)) == "totals");
  const auto good = desk.state.snapshot();
  CHECK(first(audit(*good, *desk.settings, good->globals.seq - 1, desk.now)) == "held");
}

TEST_CASE("an audit says when no channel takes a page that is owed") {
  Desk desk;
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  Snapshot s = *desk.state.snapshot();
  const Instant later = desk.now + owed_too_long + milliseconds(1);
  s.globals.channel_health = {{"pager", {3, desk.now, never}}, {"mail", {}}};
  CHECK_FALSE(look(desk, s, later).no_channel_takes);
  s.globals.channel_health["mail"].failures = 1;
  CHECK_FALSE(look(desk, s, desk.now).no_channel_takes);
  CHECK(look(desk, s, later).no_channel_takes);
}
