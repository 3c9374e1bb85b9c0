#include "daemon/rehearsal/rehearsal.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "config/load.hpp"
#include "rules/dump.hpp"

using namespace tocsin;

namespace {

constexpr Wall morning{1'780'995'600'000};  // 2026-06-09T09:00:00Z

constexpr const char* company = R"(
integrations: [{name: prom, source: alertmanager_v2}]
channels: [{name: pager, kind: mailbox, directory: /tmp/pages, from: a@example.org,
            to: b@example.org}]
people: [{id: ann, email: ann@example.org, reach: {page: [pager]}},
         {id: bob, email: bob@example.org, reach: {page: [pager]}}]
groups: [{id: blue, members: [ann, bob]}]
default_group: blue
catch_all: {people: [bob]}
cis: [{id: db-1, class: database, criticality: mission_critical}]
)";

std::shared_ptr<const Settings> settings_of(const std::string& yaml) {
  Loaded loaded = load_text(yaml, "company.yaml");
  for (const auto& e : loaded.errors) UNSCOPED_INFO(to_text(e));
  REQUIRE(loaded.settings);
  return loaded.settings;
}

AlertBatch alert(const std::string& name, const std::string& ci, const std::string& severity,
                 bool resolved = false) {
  AlertBatch batch;
  pack_alert(batch.bytes, {{"alertname", name}, {"ci", ci}, {"severity", severity}}, {}, "");
  IncomingAlert in;
  in.text_size = static_cast<std::uint32_t>(batch.bytes.size());
  in.resolved = resolved;
  batch.alerts.push_back(in);
  return batch;
}

struct Told {
  Wall at;
  std::string person;
  bool operator==(const Told&) const = default;
};

struct Play {
  std::vector<Told> told;
  std::vector<std::string> facts;
  AttemptOutcome outcome = AttemptOutcome::accepted;
  Span after{};
  Rehearsal stage;

  Play() : stage(settings_of(company), options()) {}
  RehearsalOptions options() {
    RehearsalOptions o;
    o.start = morning;
    o.fact = [this](const FactView& f) { facts.push_back(to_text(f)); };
    o.channel = [this](const SendOrder& order, Wall at) {
      if (order.kind == PageKind::page) told.push_back({at, order.person});
      return ChannelReply{outcome, after, ""};
    };
    return o;
  }
  Heard hear(const AlertBatch& batch) {
    const auto heard = stage.receive(batch, "prom");
    REQUIRE(heard.size() == 1);
    CHECK_FALSE(stage.broken());
    return heard[0];
  }
};

}  // namespace

TEST_CASE("A critical alert pages, and its escalation goes on in virtual time") {
  Play play;
  const Heard heard = play.hear(alert("Down", "db-1", "critical"));
  CHECK(heard.disposition == Disposition::incident_opened);
  CHECK(heard.incident == IncidentNumber(1));
  REQUIRE(play.told == std::vector<Told>{{morning, "ann"}});
  play.stage.finish(morning + minutes(5));
  REQUIRE(play.told.size() >= 2);
  CHECK(play.told[1] == Told{morning + minutes(5), "bob"});
  CHECK_FALSE(play.stage.broken());
}

TEST_CASE("What was given at an instant comes before what is due at it") {
  Play play;
  play.hear(alert("Down", "db-1", "critical"));
  play.stage.advance(morning + minutes(5));
  CHECK(play.told.size() == 1);
  const Answer a = play.stage.give(
      AcknowledgeIncident{IncidentNumber(1), {"ann", 1u << index(Role::engineer)}, "api"});
  CHECK(a.code == Answer::Code::done);
  play.stage.finish(morning + hours(2));
  CHECK(play.told.size() == 1);
}

TEST_CASE("Every kind of disposition is told to whoever gave the event") {
  Play play;
  CHECK_FALSE(play.hear(alert("Slow", "db-1", "error")).disposition);  // held for a minute
  CHECK(play.hear(alert("Slow", "db-1", "error")).disposition == Disposition::duplicate);
  play.stage.advance(morning + seconds(10));
  CHECK(play.hear(alert("Slow", "db-1", "error", true)).disposition ==
        Disposition::held_then_cleared);
  CHECK(play.hear(alert("Odd", "db-1", "error", true)).disposition == Disposition::orphan_resolve);
  CHECK(play.hear(alert("Note", "db-1", "info")).disposition == Disposition::informational);
  CHECK(play.hear(alert("Down", "db-1", "critical")).disposition == Disposition::incident_opened);
  const Heard joined = play.hear(alert("Gone", "db-1", "critical"));
  CHECK(joined.disposition == Disposition::correlated);
  CHECK(joined.incident == IncidentNumber(1));
  // A hold-down that ends at the instant of an event is not mistaken for what became of the event.
  CHECK_FALSE(play.hear(alert("Else", "web-2", "error")).disposition);
  play.stage.advance(play.stage.now() + minutes(1));
  CHECK(play.hear(alert("Note", "db-1", "info")).disposition == Disposition::informational);
  play.stage.reject("prom", Disposition::rejected_malformed);
  CHECK(play.stage.state().totals().dispositions[index(Disposition::rejected_malformed)] == 1);
}

TEST_CASE("A channel that never answers is given up in time, and the next one is asked") {
  Play play;
  play.after = hours(1);
  play.hear(alert("Down", "db-1", "critical"));
  play.stage.finish(morning + minutes(2));
  CHECK(play.told.size() >= 2);  // tried again under the same key
  CHECK_FALSE(play.stage.broken());
}

TEST_CASE(
    "The story of an incident outlives the checkpoints, and the same calls give the same facts") {
  const auto run = [](Play& play) {
    play.hear(alert("Down", "db-1", "critical"));
    for (int i = 0; i < 400; ++i) {
      play.stage.advance(play.stage.now() + minutes(7));
      std::string big(60'000, 'x');
      AlertBatch batch;
      pack_alert(batch.bytes,
                 {{"alertname", "Big" + std::to_string(i)}, {"ci", "db-1"}, {"severity", "error"}},
                 {{"description", std::string_view(big).substr(0, 8000)}}, "");
      IncomingAlert in;
      in.text_size = static_cast<std::uint32_t>(batch.bytes.size());
      batch.alerts.push_back(in);
      play.hear(batch);
    }
    play.stage.finish(play.stage.now() + hours(1));
  };
  Play one, two;
  run(one), run(two);
  CHECK(one.facts == two.facts);
  CHECK(one.told == two.told);
  const auto story = one.stage.timeline(IncidentNumber(1));
  REQUIRE(story.size() > 100);
  CHECK(story[0].kind == "created");
}

TEST_CASE("Another configuration is in force from when it is applied") {
  Play play;
  auto calm = std::string(company) + "hold_down: {critical: 10m}\n";
  play.stage.apply(settings_of(calm));
  CHECK_FALSE(play.hear(alert("Down", "db-1", "critical")).disposition);
  play.stage.finish(morning + minutes(10));
  CHECK(play.told.size() == 1);
}
