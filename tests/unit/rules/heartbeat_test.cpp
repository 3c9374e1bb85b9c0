// Dead-man timers: to the millisecond, in bounds, and over starts.

#include <catch2/catch.hpp>

#include "rules/heartbeats.hpp"
#include "rules/invariants.hpp"
#include "rules/model/row_codec.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

Heartbeat beat(std::string name, Span every, Span grace = {}) {
  Heartbeat h;
  h.name = std::move(name), h.every = every, h.grace = grace;
  h.category = "application", h.subcategory = "job_batch", h.symptom = "S09";
  return h;
}
std::shared_ptr<Settings> expecting(std::vector<Heartbeat> heartbeats) {
  auto s = small_settings();
  s->sources = {"prom", std::string(heartbeat_source)};
  s->heartbeats = std::move(heartbeats);
  index_heartbeats(*s);
  for (const Heartbeat& h : s->heartbeats) s->hash += " " + h.name + h.key;
  s->text = s->hash;
  return s;
}
HeartbeatRow row(const Desk& desk, const std::string& name) {
  return desk.state.heartbeats().at(desk.state.heartbeat_slot(name));
}
Answer ping(Desk& desk, const std::string& name) {
  return desk.give(PingHeartbeat{name, desk.state.source_slot(heartbeat_source)});
}
void restart(Desk& desk, std::uint64_t epoch) {
  desk.sightings = {};
  desk.give(TakeEpoch{Epoch(epoch), "test", "boot", 0, {1, 2}, {3, 4, 5, 6}});
  desk.pass({});
}
constexpr Span just_before(Span span) {
  return {span.ms - 1};
}
void lawful(const Desk& desk) {
  const auto broken = broken_law(desk.state, *desk.settings);
  INFO(broken.value_or(""));
  CHECK(!broken.has_value());
}

}  // namespace

TEST_CASE("heartbeat: missed when its bound is over, and not a millisecond before") {
  Heartbeat h = beat("job", minutes(10), minutes(2));
  h.missed = 3;
  Desk desk(expecting({h}));
  desk.pass({});
  CHECK(desk.state.globals().format == 4);
  CHECK(row(desk, "job").state == HeartbeatState::waiting);
  desk.pass(just_before(minutes(32)));
  CHECK(row(desk, "job").state == HeartbeatState::waiting);
  lawful(desk);
  desk.pass(milliseconds(1));
  CHECK(row(desk, "job").state == HeartbeatState::missed);
  REQUIRE(desk.state.incidents().size() == 1);
  const IncidentRow incident = desk.incident(1);
  CHECK(incident.words().category_rule == "heartbeats.job");
  CHECK(incident.words().subcategory == "job_batch");
  CHECK(incident.words().summary == "no sign of life of job for 32 min");
  lawful(desk);

  ping(desk, "job");
  CHECK(row(desk, "job").state == HeartbeatState::alive);
  CHECK(desk.incident(1).alerts_firing == 0);
  lawful(desk);
}

TEST_CASE("heartbeat: a sign of life at the due instant is in time, one later is not") {
  for (const Span late : {Span{}, milliseconds(1)}) {
    Desk desk(expecting({beat("job", minutes(10))}));
    desk.pass({});
    ping(desk, "job");
    desk.pass(just_before(minutes(10)));
    desk.now = desk.now + milliseconds(1);  // a command of that instant is decided before timers
    if (late > Span{}) desk.pass(late);
    ping(desk, "job");
    desk.pass({});
    CHECK(desk.state.incidents().size() == (late > Span{} ? 1u : 0u));
    CHECK(row(desk, "job").state == HeartbeatState::alive);
  }
}

TEST_CASE("heartbeat: one fact per bound, however often it beats") {
  Desk desk(expecting({beat("often", minutes(10)), beat("seldom", hours(24))}));
  desk.pass({});
  for (int i = 0; i < 3600; ++i) {
    ping(desk, "often"), ping(desk, "seldom");
    desk.pass(seconds(1));
  }
  std::size_t often = 0, seldom = 0;
  for (const auto& f : desk.written<HeartbeatSeen>()) ++(f.name == "often" ? often : seldom);
  CHECK(often == 7);    // the first, and one for each 10 minutes, less the second it was early
  CHECK(seldom == 12);  // one in 5 minutes
  CHECK(desk.state.incidents().size() == 0);
  lawful(desk);
}

TEST_CASE("heartbeat: a start gives a short bound a whole round, whatever is on record") {
  Desk desk(expecting({beat("job", minutes(10))}));
  desk.pass({});
  ping(desk, "job");
  desk.now = desk.now + minutes(30);  // nobody ran
  restart(desk, 2);
  CHECK(row(desk, "job").state == HeartbeatState::alive);
  desk.pass(just_before(minutes(10)));
  restart(desk, 3);  // and again: of a short bound each time
  desk.pass(just_before(minutes(10)));
  CHECK(desk.state.incidents().size() == 0);
  desk.pass(milliseconds(1));
  CHECK(desk.state.incidents().size() == 1);
  lawful(desk);
}

TEST_CASE("heartbeat: restarts every night cannot hide that a nightly job is dead") {
  Desk desk(expecting({beat("backup", hours(24), hours(2))}));
  desk.pass({});
  ping(desk, "backup");
  const Instant last = desk.now;
  int days = 0;
  for (; desk.state.incidents().size() == 0 && days < 10; ++days) {
    desk.pass(minutes(23 * 60 + 59));
    desk.now = desk.now + minutes(1);
    restart(desk, static_cast<std::uint64_t>(days) + 2);
  }
  CHECK(row(desk, "backup").missed_at <= last + hours(24 * 3));
  lawful(desk);
}

TEST_CASE("heartbeat: a start at another time of the day leaves a long bound as it was") {
  Desk desk(expecting({beat("backup", hours(24), hours(2))}));
  desk.pass({});
  ping(desk, "backup");
  desk.pass(hours(9));
  restart(desk, 2);
  desk.pass(just_before(hours(17)));
  CHECK(desk.state.incidents().size() == 0);
  desk.pass(milliseconds(1));
  CHECK(desk.state.incidents().size() == 1);
}

TEST_CASE("heartbeat: missed again after the wall clock was set back") {
  Desk desk(expecting({beat("job", minutes(10))}));
  desk.pass(minutes(10));
  CHECK(desk.state.incidents().size() == 1);
  desk.pass(minutes(1));
  ping(desk, "job");
  desk.give(StepClock{-hours(3).ms, "test"});
  desk.pass(minutes(10));
  CHECK(row(desk, "job").state == HeartbeatState::missed);
  CHECK(desk.incident(1).alerts_firing == 1);
  lawful(desk);
  ping(desk, "job");
  CHECK(desk.incident(1).alerts_firing == 0);
  lawful(desk);
}

TEST_CASE("heartbeat: one alert is a sign of life of all that it fits, in bounds") {
  std::vector<Heartbeat> many;
  for (char c = 'a'; c < 'a' + 20; ++c) {
    many.push_back(beat(std::string(1, c), minutes(10)));
    many.back().match = {{"alertname", Matcher::Op::equal, "Watchdog", nullptr}};
  }
  Desk desk(expecting(std::move(many)));
  desk.pass(minutes(5));
  const Wall start = desk.state.globals().wall(desk.now);
  CHECK(desk.alert("Watchdog", "ci", "critical", start).disposition == Disposition::heartbeat);
  CHECK(desk.alert("Watchdog", "ci", "critical", start, true).disposition ==
        Disposition::heartbeat);
  CHECK(row(desk, "a").state == HeartbeatState::alive);
  CHECK(row(desk, "p").state == HeartbeatState::alive);
  CHECK(row(desk, "q").state == HeartbeatState::waiting);
  CHECK(desk.state.alerts().size() == 0);
}

TEST_CASE("heartbeat: ten thousand come and go in slices, each of few facts") {
  std::vector<Heartbeat> many;
  for (int i = 0; i < 10'000; ++i) many.push_back(beat(std::to_string(100'000 + i), hours(2)));
  auto none = expecting({});
  Desk desk(none);
  const auto change = [&](std::shared_ptr<Settings> to) {
    desk.give(ApplyConfig{to, "reload"});
    desk.settings = std::move(to);
    std::size_t most = 0, before = 0;
    while (desk.state.globals().heartbeats_due != never) {
      before = desk.written<HeartbeatAdded>().size() + desk.written<HeartbeatRemoved>().size();
      desk.pass_one();
      most = std::max(most, desk.written<HeartbeatAdded>().size() +
                                desk.written<HeartbeatRemoved>().size() - before);
    }
    CHECK(most <= 256);
  };
  change(expecting(std::move(many)));
  CHECK(desk.state.heartbeats().size() == 10'000);
  lawful(desk);
  change(none);
  CHECK(desk.state.heartbeats().size() == 0);
  CHECK(desk.state.globals().next_heartbeat == HeartbeatId(10'001));
}

TEST_CASE("heartbeat: a row of the checkpoint is read back as it was") {
  Desk desk(expecting({beat("a", minutes(10)), beat("b", hours(24))}));
  desk.pass(minutes(10));
  ping(desk, "b");
  State other;
  std::uint32_t slot;
  for (const auto& [name, at] : desk.state.heartbeats_by_name()) {
    const HeartbeatRow r = desk.state.heartbeats().at(at);
    REQUIRE(
        RowCodec::load(other, row_key(heartbeat_prefix, r.id.value), RowCodec::encode(r), slot));
    CHECK(other.heartbeat_slot(name) == slot);
    CHECK(RowCodec::encode(other.heartbeats().at(slot)) == RowCodec::encode(r));
  }
  REQUIRE(RowCodec::load(other, "g", RowCodec::encode(desk.state.globals()), slot));
  CHECK(RowCodec::encode(other.globals()) == RowCodec::encode(desk.state.globals()));
}
