// What is explained: every disposition and every reason to join, with the rule and the line that
// changes it; and that asking changes nothing.

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "daemon/api/explain_event.hpp"
#include "daemon/api/store_copy.hpp"
#include "rules/story.hpp"
#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;
namespace json = boost::json;

namespace {

constexpr Wall morning{1'780'995'600'000};  // 2026-06-09T09:00:00Z

constexpr const char* company = R"(integrations: [{name: prom, source: alertmanager_v2}]
channels: [{name: pager, kind: mailbox, )"
                                R"(directory: /tmp/pages, from: a@example.org, to: b@example.org}]
people: [{id: ann, email: ann@example.org, reach: {page: [pager]}}, )"
                                R"({id: bob, email: bob@example.org, reach: {page: [pager]}}]
groups: [{id: blue, members: [ann, bob]}, {id: red, members: [bob]}]
default_group: blue
catch_all: {people: [bob]}
severities: {sev1: critical}
cis:
  - {id: svc, class: service, criticality: mission_critical, users: 5000}
  - {id: db-1, class: database, supports: [svc], group: red}
  - {id: web-1, class: host, pool: web, depends_on: [sw]}
  - {id: web-2, class: host, pool: web, depends_on: [sw]}
  - {id: sw, class: network_switch}
pools: [{id: web, supports: [svc], min_members: 1}]
rules:
  - {id: a100, match: ['alertname="PostgresDown"'], set: {category: database, )"
                                R"(subcategory: availability}}
  - {id: a200, match: ['alertname="Slow"'], set: {category: database, )"
                                R"(subcategory: performance_locks}}
  - {id: a300, match: ['alertname="Watchdog"'], set: {class: heartbeat}}
  - {id: a400, match: ['alertname="Loud"'], set: {severity: info}}
hold_down: {error: 0s, warning: 2m}
maintenance: [{id: rack, owner: ann, reason: a new rack, match: ['more="rack"'], )"
                                R"(start: "2026-06-09T08:00", end: "2026-06-09T12:00"}]
inhibit: [{id: root, owner: bob, reason: the root is known, source_match: ['alertname="Root"'], )"
                                R"(target_match: ['alertname="Effect"']}]
)";

AlertBatch alert(const std::string& name, const std::string& ci, const std::string& severity,
                 bool resolved = false, const std::string& more = "x",
                 const std::vector<Pair>& annotations = {}) {
  AlertBatch batch;
  std::vector<Pair> labels{{"alertname", name}, {"ci", ci}, {"more", more}, {"severity", severity}};
  std::erase_if(labels, [](const Pair& p) { return p.second.empty(); });
  pack_alert(batch.bytes, labels, annotations, "");
  IncomingAlert in;
  in.text_size = static_cast<std::uint32_t>(batch.bytes.size());
  in.resolved = resolved;
  batch.alerts.push_back(in);
  return batch;
}

// A daemon's state, and questions about events that nobody sent to it.
struct House {
  std::shared_ptr<const Settings> settings;
  std::unique_ptr<Rehearsal> real;

  House() {
    Loaded loaded = load_text(company, "company.yaml");
    for (const Diagnostic& d : loaded.errors) FAIL(to_text(d));
    settings = loaded.settings;
    RehearsalOptions options;
    options.start = morning;
    real = std::make_unique<Rehearsal>(settings, options);
  }
  void hear(const AlertBatch& batch) { real->receive(batch, "prom"); }
  Explained ask(const AlertBatch& batch) {
    const std::string before = real->state().canonical();
    std::vector<std::string> missing;
    const auto all =
        explain_events(batch, "prom", settings, *real->snapshot(), real->now(), missing);
    CHECK(real->state().canonical() == before);
    REQUIRE(all.size() == 1);
    for (const ExplainLine& line : all[0].lines) CHECK_FALSE(line.text.empty());
    return all[0];
  }
};

std::string text_of(const Explained& e) {
  std::string out = e.summary + "\n";
  for (const ExplainLine& line : e.lines) {
    out += line.topic + ": " + line.text;
    if (!line.rule.empty()) out += " [" + line.rule + "]";
    for (const Place& place : line.places) out += " -> " + to_text(place);
    out += "\n";
  }
  return out;
}
bool says(const Explained& e, const std::string& part) {
  const bool found = text_of(e).find(part) != std::string::npos;
  if (!found) UNSCOPED_INFO("not found: " + part + "\nin:\n" + text_of(e));
  return found;
}

}  // namespace

TEST_CASE("a new critical alert: each decision with its rule and the line that changes it") {
  House house;
  const Explained e = house.ask(alert("PostgresDown", "db-1", "sev1"));
  CHECK(e.disposition == "incident_opened");
  CHECK(e.incident == IncidentNumber(1));
  CHECK(e.somebody_is_woken);
  CHECK(says(e, "incident_opened, INC0000001, P1: wakes bob"));
  CHECK(says(e, "the first at once"));
  CHECK(says(e, "heard: an alert that fires, by integration prom: 'PostgresDown'"));
  CHECK(says(e, "-> company.yaml:1 (integrations.prom)"));
  CHECK(says(e, "known: no alert with these labels from this source is known"));
  CHECK(says(e, "ci: about db-1: label ci has its id [exact] -> company.yaml:10 (cis.db-1)"));
  CHECK(says(e,
             "severity: critical: it says 'sev1', which means that here -> company.yaml:7 "
             "(severities.sev1)"));
  CHECK(says(e, "rule a100 is the first that fits [a100] -> company.yaml:16 (rules.a100)"));
  CHECK(says(e,
             "owner: red: it owns db-1 -> company.yaml:10 (cis.db-1) -> company.yaml:4 "
             "(groups.red)"));
  CHECK(says(e, "silences: no silence covers it"));
  CHECK(says(e,
             "hold-down: none: what is critical counts at once [BND-6] -> default of Tocsin; "
             "hold_down.critical overrides it"));
  for (const char* rule :
       {"[BND-7 a]", "[BND-7 b]", "[BND-7 c]", "[BND-7 d]", "[BND-7 e]", "[BND-7 f]"})
    CHECK(says(e, rule));
  CHECK(says(e, "joins: db-1 is in no pool"));
  CHECK(says(e, "joins: so it opens INC0000001 [BND-7]"));
  CHECK(says(e,
             "priority: P1, row 1 and column 1 of the matrix: impact 1 from criticality "
             "mission_critical of svc, which depends on it"));
  CHECK(says(e, "default of Tocsin; priority.matrix[0] overrides it -> company.yaml:9 (cis.svc)"));
  CHECK(says(e, "escalated: escalation step 0: the step is due"));
  CHECK(says(e, "default of Tocsin; escalation.P1[0] overrides it"));
  CHECK(says(e, "page_requested: page for bob by pager"));
  CHECK(says(e, "then: if nobody answers:"));
  CHECK(says(e, "nobody has answered the whole policy, so the catch-all is called"));
}

TEST_CASE("a forecast is told what it leaves, and which key says how much is enough") {
  House house;
  const auto ask = [&](const std::string& days) {
    return house.ask(alert("CertExpires", "db-1", "critical", false, "x", {{"days_left", days}}));
  };
  const Explained later = ask("30.25");
  CHECK(later.disposition == "work_item");
  CHECK_FALSE(later.somebody_is_woken);
  CHECK(says(later,
             "class: a forecast that leaves 30.2 days, more than 14 days [BND-5] -> default of "
             "Tocsin; dispositions.forecast_horizon overrides it"));
  const Explained soon = ask("1");
  CHECK(soon.disposition == "incident_opened");
  CHECK(says(soon, "class: a forecast that leaves 1 day, not more than 14 days [BND-5]"));
  CHECK(says(ask("-1"), "class: a forecast that leaves no time, not more than 14 days"));
  CHECK(says(ask("soon"), "class: a forecast that does not say in days_left"));
}

TEST_CASE("what is restricted joins nothing but its like") {
  House house;
  house.hear(alert("Slow", "db-1", "error"));
  const auto batch = [] {
    AlertBatch out;
    pack_alert(out.bytes,
               {{"alertname", "Intruder"},
                {"category", "security"},
                {"ci", "db-1"},
                {"severity", "error"},
                {"subcategory", "malware"}},
               {}, "");
    IncomingAlert in;
    in.text_size = static_cast<std::uint32_t>(out.bytes.size());
    out.alerts.push_back(in);
    return out;
  }();
  const Explained e = house.ask(batch);
  CHECK(e.incident == IncidentNumber(2));
  CHECK(says(e, "joins: it is restricted, so it joins nothing but its like [BND-12]"));
  CHECK_FALSE(text_of(e).find("is younger than") != std::string::npos);
  CHECK(says(e, "restricted: restricted, because its subcategory is malware"));
  CHECK(says(e, "dispositions.restricted_subcategories overrides it"));
}

TEST_CASE("every disposition of an event is explained, and why nobody is woken") {
  House house;
  const Explained held = house.ask(alert("Slow", "db-1", "warning"));
  CHECK(held.disposition == "held");
  CHECK(says(held, "waits 2 min before it opens an incident"));
  CHECK(says(held, "company.yaml:20 (hold_down.warning)"));
  CHECK(says(held, "then: if it still fires then:"));
  CHECK(held.incident == IncidentNumber(1));

  const Explained beat = house.ask(alert("Watchdog", "db-1", "critical"));
  CHECK(beat.disposition == "heartbeat");
  CHECK(says(beat, "rule a300 sets it [a300] -> company.yaml:18 (rules.a300)"));
  CHECK(says(beat, "nobody is woken: it is in no incident"));
  const Explained info = house.ask(alert("Loud", "db-1", "critical"));
  CHECK(info.disposition == "informational");
  CHECK(says(info, "rule a400 sets it"));
  AlertBatch request = alert("New laptop", "", "");
  request.alerts[0].event_class = EventClass::request;
  CHECK(house.ask(request).disposition == "service_request");
  request.alerts[0].event_class = EventClass::change;
  CHECK(house.ask(request).disposition == "change_record");
  CHECK(house.ask(alert("Odd", "db-1", "error", true)).disposition == "orphan_resolve");

  house.hear(alert("PostgresDown", "db-1", "sev1"));
  const Explained again = house.ask(alert("PostgresDown", "db-1", "sev1"));
  CHECK(again.disposition == "duplicate");
  CHECK(says(again, "the same labels fire since 2026-06-09 09:00:00 UTC, in INC0000001"));
  CHECK(again.somebody_is_woken);  // by the steps of the incident that go on
  const Explained over = house.ask(alert("PostgresDown", "db-1", "sev1", true));
  CHECK(over.disposition == "correlated");
  CHECK(says(over, "all its alerts are clear"));
  house.real->give(
      AcknowledgeIncident{IncidentNumber(1), {"bob", 1u << index(Role::engineer)}, "cli"});
  const Explained quiet = house.ask(alert("PostgresDown", "db-1", "sev1"));
  CHECK_FALSE(quiet.somebody_is_woken);
  CHECK(says(quiet, "nobody else is paged: bob has it since 2026-06-09 09:00:00 UTC"));

  house.hear(alert("Slow", "web-1", "warning"));
  CHECK(house.ask(alert("Slow", "web-1", "warning", true)).disposition == "held_then_cleared");
  house.hear(alert("Gone", "web-1", "critical"));
  house.real->advance(morning + seconds(5));
  house.hear(alert("Gone", "web-1", "critical", true));
  AlertBatch late = alert("Gone", "web-1", "critical");
  late.alerts[0].starts_at = morning;
  CHECK(house.ask(late).disposition == "out_of_order");
  house.real->give(SetSilence{{"ann", 1u << index(Role::incident_manager)},
                              {},
                              pack_matchers({{"ci", Matcher::Op::equal, "sw", nullptr}}),
                              "ann",
                              "swap",
                              house.real->now(),
                              house.real->now() + hours(30)});
  const Explained silenced = house.ask(alert("Down", "sw", "critical"));
  CHECK(silenced.disposition == "silenced");
  CHECK(says(silenced, " of ann covers it until 2026-06-10 15:00:05 UTC: swap"));
  CHECK(says(silenced, "everything that fires in it is silenced"));
}

TEST_CASE("windows and inhibitions of the configuration are named with their line") {
  House house;
  const Explained planned = house.ask(alert("Down", "sw", "critical", false, "rack"));
  CHECK(planned.disposition == "maintenance_suppressed");
  CHECK(
      says(planned,
           "window rack of ann suppresses it until 2026-06-09 12:00:00 UTC: a new rack [BND-5] -> "
           "company.yaml:21 (maintenance.rack)"));
  house.hear(alert("Root", "sw", "critical"));
  const Explained effect = house.ask(alert("Effect", "svc", "critical"));
  CHECK(effect.disposition == "inhibited");
  CHECK(says(effect,
             "rule root of bob keeps it from paging while a source fires: the root is known "
             "[root] -> company.yaml:22 (inhibit.root)"));
  CHECK(says(effect, "inhibited by rule root of bob while Root on sw fires, so nobody is paged"));
}

TEST_CASE("every disposition has words, whoever makes it") {
  for (std::size_t i = 0; i < EnumTable<Disposition>::count; ++i)
    CHECK_FALSE(disposition_words(static_cast<Disposition>(i)).empty());
}

TEST_CASE("every reason to join is told with its letter, after those that were asked in vain") {
  House house;
  house.hear(alert("PostgresDown", "db-1", "critical"));
  const Explained same = house.ask(alert("PostgresDown", "db-1", "critical", false, "other"));
  CHECK(same.disposition == "correlated");
  CHECK(says(same, "joins: the same alert is in no open incident [BND-7 a]"));
  CHECK(says(same, "joins: it joins INC0000001: same CI and same subcategory [BND-7 b]"));
  CHECK_FALSE(text_of(same).find("[BND-7 c]") != std::string::npos);
  const Explained recently = house.ask(alert("Slow", "db-1", "critical"));
  CHECK(says(recently,
             "it joins INC0000001: same CI, and the incident is young [BND-7 d] -> default "
             "of Tocsin; correlation.same_ci_window overrides it"));
  house.hear(alert("Down", "web-1", "critical"));
  const Explained pool = house.ask(alert("Down", "web-2", "critical"));
  CHECK(says(pool,
             "it joins INC0000002: another CI of the same pool [BND-7 c] -> company.yaml:14 "
             "(pools.web)"));
  House below;
  below.hear(alert("Down", "sw", "critical"));
  const Explained upstream = below.ask(alert("Down", "web-2", "critical"));
  CHECK(says(upstream, "it joins INC0000001: its CI depends on that of the incident [BND-7 e]"));
  CHECK(says(upstream, "company.yaml:12 (cis.web-2)"));
  CHECK(says(upstream, "joins: no other CI of pool web has an open incident [BND-7 c]"));
  House gone;
  gone.hear(alert("PostgresDown", "db-1", "critical"));
  gone.real->finish(morning + seconds(5));
  gone.hear(alert("PostgresDown", "db-1", "critical", true));
  gone.real->finish(morning + hours(1));
  const Explained back = gone.ask(alert("PostgresDown", "db-1", "critical"));
  CHECK(back.disposition == "reopened");
  CHECK(says(back,
             "it joins INC0000001: the same alert had been part of it [BND-7 f] -> default of "
             "Tocsin; lifecycle.reopen_window overrides it"));
  const Explained like = gone.ask(alert("PostgresDown", "db-1", "critical", false, "other"));
  CHECK(says(like, "same CI and subcategory as what was resolved [BND-7 f]"));
}

TEST_CASE("of a child it is said who speaks for it") {
  House house;
  house.hear(alert("Down", "web-2", "critical"));
  house.real->advance(morning + seconds(5));
  house.hear(alert("Down", "sw", "critical"));
  CHECK(says(house.ask(alert("Down", "web-2", "critical")),
             "nobody is paged for it: INC0000002, which it belongs to, speaks for it"));
}

TEST_CASE("of a large store what is near is copied, and that is said") {
  House house;
  for (int i = 0; i < 30; ++i) house.hear(alert("Down", "far-" + std::to_string(i), "critical"));
  house.hear(alert("Down", "web-1", "critical"));
  const auto snapshot = house.real->snapshot();
  const auto near = neighbourhood("web-2", *house.settings);
  CHECK(near == std::set<std::string_view>{"sw", "web-1", "web-2"});
  const StoreCopy copy = copy_store(*snapshot, near, {}, 10);
  CHECK_FALSE(copy.whole);
  std::size_t incidents = 0;
  for (const auto& [key, value] : copy.rows) incidents += key[0] == incident_prefix;
  CHECK(incidents == 1);
  CHECK(copy_store(*snapshot, near, {}).rows.size() > 60);
}

TEST_CASE("the API explains incidents and events, refuses like a read, and writes nothing") {
  World world;
  REQUIRE(world.problems.empty());
  REQUIRE(world
              .post("/hooks/shop", "shop-secret",
                    R"({"key":"disk-full","ci":"db-1","severity":"critical"})")
              .status == 200);
  const HttpResponse one = world.get("/v1/explain?incident=INC0000001");
  REQUIRE(one.status == 200);
  const json::value incident = json::parse(one.body);
  const auto& lines = incident.at("explained").at(0).at("lines").as_array();
  CHECK(
      std::string(incident.at("explained").at(0).at("summary").as_string()).find("INC0000001, P") ==
      0);
  bool place = false;
  for (const auto& line : lines)
    for (const auto& p : line.at("places").as_array())
      place = place || (p.as_object().contains("file") && p.at("file").as_string() == "test.yaml");
  CHECK(place);
  CHECK(world.get("/v1/explain?incident=99").status == 404);

  const auto owed = [&] {
    std::size_t pages = 0;
    world.engine->read_now()->pages.each(
        [&](std::uint32_t, const PageRow& p) { pages += !p.delivered; });
    return pages;
  };
  for (int i = 0; i < 500 && owed() > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  REQUIRE(owed() == 0);
  const auto seq = world.engine->health().durable;
  const auto event = world.call(
      request(HttpMethod::post, "/v1/explain?integration=shop", R"({"key":"odd","ci":"db-1"})"));
  REQUIRE(event.status == 200);
  CHECK(json::parse(event.body).at("explained").at(0).at("disposition").as_string() ==
        "correlated");
  const auto bad =
      json::parse(world.call(request(HttpMethod::post, "/v1/explain?integration=shop", "{")).body);
  CHECK(bad.at("explained").at(0).at("disposition").as_string() == "rejected_malformed");
  CHECK(bad.at("missing").as_array().size() >= 1);  // the token that a sender needs
  const auto line = json::parse(world
                                    .call(request(HttpMethod::post, "/v1/explain?syslog=true",
                                                  "<30>Jan  5 09:00:02 web-9 nobody[1]: well"))
                                    .body);
  CHECK(line.at("explained").at(0).at("disposition").as_string() == "unmatched");
  CHECK(world.call(request(HttpMethod::post, "/v1/explain?integration=nosuch", "{}")).status ==
        404);
  CHECK(world.call(request(HttpMethod::post, "/v1/explain", std::string(70'000, ' '))).status ==
        413);
  HttpRequest far = request(HttpMethod::post, "/v1/explain", "{}");
  far.loopback = false, far.peer = "192.0.2.9";
  CHECK(world.call(far).status == 401);
  CHECK(world.engine->health().durable == seq);
}
