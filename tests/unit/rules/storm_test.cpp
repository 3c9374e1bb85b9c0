// Storms, families of incidents and alerts that flap, at their edges and in their bounds (BND-6,
// BND-8 to BND-10, LCY-14 to LCY-16).
#include <catch2/catch.hpp>

#include "rules/invariants.hpp"
#include "rules/model/row_codec.hpp"
#include "rules/model/silence.hpp"
#include "rules/model/storm_text.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

std::string host(int i) {
  const std::string n = std::to_string(i);
  return "h-" + std::string(4 - n.size(), '0') + n;
}

// A switch with hosts below it, and a database beside; errors wait a minute.
std::shared_ptr<Settings> estate(int hosts) {
  auto s = small_settings();
  s->hold_down[index(Severity::error)] = seconds(60);
  const auto add = [&](const std::string& id, const char* cls) {
    Ci ci;
    ci.id = id, ci.ci_class = cls, ci.group = "blue";
    s->ci_by_name[id] = static_cast<std::uint32_t>(s->cis.size());
    s->cis.push_back(ci);
  };
  add("db-1", "database");
  for (int i = 0; i < hosts; ++i) add(host(i), "host");
  add("sw-1", "network_switch");
  std::vector<DependencyGraph::Edge> edges;
  const auto sw = static_cast<std::uint32_t>(hosts + 1);
  for (std::uint32_t i = 1; i <= static_cast<std::uint32_t>(hosts); ++i)
    edges.push_back({i, sw, true});
  s->dependencies = {sw + 1, edges};
  return s;
}

void lawful(const Desk& desk) {
  const auto broken = broken_law(desk.state, *desk.settings);
  INFO((broken ? *broken : ""));
  CHECK_FALSE(broken);
}

// What a restart makes of the same rows.
std::string reloaded(State& state) {
  State again;
  const auto snapshot = state.snapshot();
  std::uint32_t slot = 0;
  const auto load = [&](std::string key, std::string value) {
    REQUIRE(RowCodec::load(again, key, value, slot));
  };
  load(std::string(1, globals_prefix), RowCodec::encode(snapshot->globals));
  load(std::string(1, totals_prefix), RowCodec::encode(snapshot->totals));
  load(std::string(1, config_prefix), state.config_text());
  snapshot->incidents.each([&](std::uint32_t, const IncidentRow& r) {
    load(row_key(incident_prefix, r.number.value), RowCodec::encode(r));
  });
  snapshot->alerts.each([&](std::uint32_t, const AlertRow& r) {
    load(row_key(alert_prefix, r.serial().value), RowCodec::encode(r));
  });
  snapshot->pages.each([&](std::uint32_t, const PageRow& r) {
    load(row_key(page_prefix, r.id.value), RowCodec::encode(r));
  });
  RowCodec::loaded(again);
  return again.canonical();
}

}  // namespace

TEST_CASE("alerts are counted by the second, in a window that slides") {
  StormWatch watch;
  watch.count(Instant{100'500});
  watch.count(Instant{100'900}, 2);
  watch.count(Instant{130'000});
  CHECK(watch.within(Instant{130'000}, 60) == 4);
  CHECK(watch.within(Instant{159'999}, 60) == 4);
  CHECK(watch.within(Instant{160'000}, 60) == 1);
  CHECK(watch.within(Instant{189'999}, 60) == 1);
  CHECK(watch.within(Instant{190'000}, 60) == 0);
  CHECK(watch.within(Instant{130'000}, 10) == 1);
  watch.count(Instant{1'000'000});  // long after: nothing of before is left
  CHECK(watch.within(Instant{1'000'000}, 60) == 1);
  watch.count(Instant{-5});
  CHECK(watch.within(Instant{1'000'000}, 60) == 1);
}

TEST_CASE("lists of a storm are read totally") {
  std::string packed;
  append_relation(packed, "site attic");
  append_relation(packed, "");
  append_relation(packed, "upstream sw-1");
  CHECK(relations_text(packed) == "site attic, , upstream sw-1");
  for (std::size_t n = 0; n < packed.size(); ++n) relations_text(packed.substr(0, n));
  std::string counts;
  append_storm_count(counts, {7, 2});
  CHECK(storm_counts_text(counts) == "2 alerts 7 s ago");
  CHECK(storm_counts_text(counts.substr(1)).empty());
}

TEST_CASE("times of a flapping alert stand in its row, and the oldest are forgotten") {
  FlapTimes times;
  for (int i = 1; i <= 20; ++i) times.add(Instant{i});
  CHECK(times.count == FlapTimes::max);
  CHECK(times.at[0].ms == 5);
  CHECK(times.since(Instant{19}) == 2);
  times.quiet_due = Instant{77};
  AlertRow row;
  row.blob = make_alert_blob({1, 2}, AlertSerial(3), "db-1", pack({{"alertname", "Down"}}), times);
  CHECK(row.ci() == "db-1");
  CHECK(row.text().label("alertname") == "Down");
  CHECK(row.flaps().at[15].ms == 20);
  CHECK(row.quiet_due() == never);
  row.flags |= AlertRow::flapping;
  CHECK(row.quiet_due().ms == 77);
  const std::string bytes(row.blob->view());
  CHECK(whole_alert_blob(bytes));
  for (std::size_t n = 0; n < 26 + 4 + 9 + 16 * 8; ++n)
    CHECK_FALSE(whole_alert_blob(bytes.substr(0, n)));
  free_blob(row.blob);
}

TEST_CASE("thousands that are held join what opens above them, a slice at a time") {
  Desk desk(estate(1000));
  for (int i = 0; i < 1000; ++i) {
    desk.alert("Down", host(i), "error", {desk.now.ms});
    if (i % 3 == 0) desk.alert("Slow", host(i), "error", {desk.now.ms});
  }
  CHECK(desk.state.totals().held == 1334);
  CHECK(desk.state.globals().storm.on);
  desk.alert("SwitchDown", "sw-1", "critical", {desk.now.ms});
  CHECK(desk.state.totals().held > 1000);  // the first slice
  desk.pass({});                           // in the same instant
  CHECK(desk.state.totals().held == 0);
  CHECK(desk.state.globals().next_incident.value == 2);
  CHECK(desk.incident(1).alerts_firing == 1335);
  CHECK(desk.incident(1).family_due == never);
  lawful(desk);
  CHECK(reloaded(desk.state) == desk.state.canonical());
}

TEST_CASE("a late root cause speaks for hundreds, and lets them go one by one") {
  auto settings = estate(300);
  settings->storm_alerts = 0;
  Desk desk(settings);
  for (int i = 0; i < 300; ++i) desk.alert("Down", host(i), "critical", {desk.now.ms});
  REQUIRE(desk.state.globals().next_incident.value == 301);
  desk.alert("SwitchDown", "sw-1", "critical", {desk.now.ms});
  desk.pass({});
  CHECK(desk.state.children_of(IncidentNumber(301)).size() == 300);
  CHECK(desk.incident(301).priority <= desk.incident(1).priority);
  lawful(desk);
  CHECK(reloaded(desk.state) == desk.state.canonical());
  // Half of them recover and are verified by themselves; the switch recovers, too.
  for (int i = 0; i < 150; ++i) desk.alert("Down", host(i), "critical", {desk.now.ms}, true);
  desk.alert("SwitchDown", "sw-1", "critical", {desk.now.ms}, true);
  desk.pass(minutes(20));
  CHECK(desk.incident(301).state == IncidentState::resolved);
  CHECK(desk.incident(1).state == IncidentState::resolved);
  CHECK(desk.incident(300).parent == IncidentNumber{});
  CHECK(desk.incident(300).cycle == 2);
  CHECK(desk.state.children_of(IncidentNumber(301)).empty());
  lawful(desk);
}

TEST_CASE("windows of late root causes are inclusive, and soft dependencies cause nothing") {
  auto settings = estate(2);
  Desk desk(settings);
  desk.alert("Down", host(0), "critical", {desk.now.ms});
  desk.pass(settings->late_root_cause_window);
  desk.alert("SwitchDown", "sw-1", "critical", {desk.now.ms});
  CHECK(desk.incident(1).parent.value == 2);

  Desk late(estate(2));
  late.alert("Down", host(0), "critical", {late.now.ms});
  late.pass(milliseconds(settings->late_root_cause_window.ms + 1));
  late.alert("SwitchDown", "sw-1", "critical", {late.now.ms});
  CHECK_FALSE(late.incident(1).parent);

  auto soft = estate(2);
  soft->dependencies = {4, {{1, 3, false}}};
  Desk other(soft);
  other.alert("Down", host(0), "critical", {other.now.ms});
  other.alert("SwitchDown", "sw-1", "critical", {other.now.ms});
  CHECK_FALSE(other.incident(1).parent);
}

TEST_CASE("a critical alert waits in a storm only with others below the same CI") {
  Desk desk(estate(120));
  for (int i = 0; i < 100; ++i) desk.alert("Down", host(i), "error", {desk.now.ms});
  REQUIRE(desk.state.globals().storm.on);
  desk.alert("Dead", host(110), "critical", {desk.now.ms});
  CHECK(desk.state.globals().next_incident.value == 1);
  CHECK(desk.state.totals().held == 101);
  // Nothing is above the database: it pages at once.
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  CHECK(desk.state.globals().next_incident.value == 2);
  CHECK(desk.orders.size() > 0);
  // Nothing came from above: one incident for all below the switch, and it pages.
  desk.pass(seconds(60));
  desk.pass({});
  CHECK(desk.state.totals().held == 0);
  std::size_t own = 0;
  desk.state.incidents().each([&](std::uint32_t, const IncidentRow& r) { own += !r.parent; });
  CHECK(own == 2);
  lawful(desk);
}

TEST_CASE("what the children of a silenced incident are, it is not silenced for") {
  Desk desk(estate(3));
  desk.alert("Down", host(0), "critical", {desk.now.ms});
  desk.alert("SwitchDown", "sw-1", "critical", {desk.now.ms});
  REQUIRE(desk.incident(1).parent.value == 2);
  SetSilence silence{{"eve", 1u << index(Role::incident_manager)}, {}, {}, "eve", "quiet", {}, {}};
  silence.matchers = pack_matchers({{"ci", Matcher::Op::equal, "sw-1", nullptr}});
  silence.starts_at = {desk.now.ms}, silence.ends_at = {desk.now.ms + hours(1).ms};
  desk.give(silence);
  desk.pass(minutes(6));
  CHECK(desk.incident(2).held_until == never);
  CHECK(desk.incident(2).step == 2);
  lawful(desk);
}

TEST_CASE("relations of a storm are bounded, and whoever finds none speaks for itself") {
  auto settings = estate(1100);
  settings->storm_alerts = 3;
  settings->dependencies = {};
  for (int i = 0; i < 1100; ++i)
    settings->cis[static_cast<std::size_t>(i) + 1].site = "site-" + std::to_string(i);
  Desk desk(settings);
  for (int i = 0; i < 1100; ++i) desk.alert("Down", host(i), "critical", {desk.now.ms});
  CHECK(desk.state.globals().storm.on);
  CHECK(desk.state.globals().storm.relations.size() == StormWatch::relations_max);
  CHECK(desk.state.globals().next_incident.value == 1101);
  bool alone = true;
  desk.state.incidents().each([&](std::uint32_t, const IncidentRow& r) { alone &= !r.parent; });
  CHECK(alone);
  CHECK(reloaded(desk.state) == desk.state.canonical());
  lawful(desk);
}

TEST_CASE("who could be related to nobody leaves no trace in a storm") {
  auto settings = estate(1);
  settings->storm_alerts = 3;
  Desk desk(settings);
  for (int i = 0; i < 100; ++i)
    desk.alert("Down", "stranger-" + std::to_string(i), "critical", {desk.now.ms});
  CHECK(desk.state.globals().storm.on);
  CHECK(desk.state.globals().storm.relations.empty());
  CHECK(desk.incident(100).storm == 0);
  lawful(desk);
}
