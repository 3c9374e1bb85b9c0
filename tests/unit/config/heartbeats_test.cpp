// What is expected to be heard of, as people write it down.
#include <catch2/catch.hpp>

#include "rules/heartbeats.hpp"
#include "rules/model/places.hpp"
#include "rules/model/silence.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

const std::string company =
    "people: [{id: bob, email: bob@example.org}]\n"
    "groups: [{id: ops, members: [bob]}]\n"
    "cis: [{id: db}]\n";

std::string errors_of(const std::string& heartbeat) {
  return lines(load_text(company + "heartbeats:\n  - {" + heartbeat + "}\n", "t.yaml").errors);
}

}  // namespace

TEST_CASE("heartbeats: read, completed by their kind, and written back") {
  const std::string text = R"(
heartbeats:
  - {name: wd, every: 2m, match: ['alertname="Watchdog"', 'job=~"prom.*"'], severity: critical}
  - {name: Nightly-Backup, every: 24h, grace: 2h, missed: 2, ci: db, group: ops,
     summary: "no \"dump\""}
  - {name: mailer, every: 90s, grace: 0s, category: network, subcategory: dns}
)";
  const auto loaded = load_text(company + text, "t.yaml");
  INFO(lines(loaded.errors));
  REQUIRE(loaded.settings);
  const Settings& s = *loaded.settings;
  REQUIRE(s.heartbeats.size() == 3);
  const Heartbeat &backup = s.heartbeats[0], &mailer = s.heartbeats[1], &wd = s.heartbeats[2];
  CHECK(backup.bound() == hours(50));
  CHECK(backup.subcategory == "backup_missing");
  CHECK(backup.symptom == "S09");
  CHECK(backup.severity == Severity::error);
  CHECK(mailer.bound() == seconds(90));
  CHECK(mailer.category == "network");
  CHECK(mailer.symptom == "S09");
  CHECK(wd.bound() == minutes(3));
  CHECK(wd.subcategory == "agent_down");
  CHECK(wd.key == "heartbeats.wd");
  REQUIRE(s.heartbeat_index);
  CHECK(s.heartbeat_index->size() == 1);
  CHECK(s.heartbeat("mailer") == &mailer);
  CHECK(s.heartbeat("nobody") == nullptr);
  CHECK(s.sources.back() == heartbeat_source);
  REQUIRE(s.places);
  CHECK(to_text(s.places->of("heartbeats.mailer")) == "t.yaml:9 (heartbeats.mailer)");

  const auto again = load_stored(s.text);
  REQUIRE(again.settings);
  CHECK(again.settings->text == s.text);
  CHECK(again.settings->hash == s.hash);
  CHECK(again.settings->heartbeats[0].summary == "no \"dump\"");
}

TEST_CASE("heartbeats: what is wrong is said with its place") {
  const std::pair<const char*, const char*> wrong[] = {
      {"every: 1h", "5:5: a heartbeat has no name"},
      {"name: a", "has no every"},
      {"name: a, every: 9s", "5:22: every is 10s to 366d"},
      {"name: a, every: 367d", "every is 10s to 366d"},
      {"name: a, every: often", "every is a duration"},
      {"name: a, every: 1h, grace: 32d", "grace is 0s to 31d"},
      {"name: a, every: 1h, missed: 0", "missed is a whole number from 1 to 100, not '0'"},
      {"name: a, every: 1h, missed: 101", "missed is a whole number from 1 to 100, not '101'"},
      {"name: a/b, every: 1h", "5:12: the name of a heartbeat is part of a path"},
      {"name: .., every: 1h", "the name of a heartbeat is part of a path"},
      {"name: a, every: 1h, ci: dbb", "unknown CI 'dbb'"},
      {"name: a, every: 1h, group: opps", "unknown group 'opps'"},
      {"name: a, every: 1h, severity: info", "critical, error or warning"},
      {"name: a, every: 1h, category: backup", "a category needs its subcategory"},
      {"name: a, every: 1h, category: backupp, subcategory: x", "unknown category 'backupp'"},
      {"name: a, every: 1h, symptom: S77", "a symptom is S01 to S15 or S99"},
      {"name: a, every: 1h, match: []", "match is of matchers that not everything fits"},
      {"name: a, every: 1h, match: ['x=~\".*\"']", "match is of matchers that not everything fits"},
      {"name: a, every: 1h, match: ['x=~\"(\"']", "in the matcher"},
      {"name: a, every: 1h, graze: 1m", "'graze' in a heartbeat, did you mean 'grace'?"},
  };
  for (const auto& [heartbeat, message] : wrong) {
    INFO(heartbeat);
    INFO(errors_of(heartbeat));
    CHECK(errors_of(heartbeat).find(message) != std::string::npos);
  }
  CHECK(lines(load_text(company + "heartbeats: [{name: a, every: 1h}, {name: a, every: 1h}]\n",
                        "t.yaml")
                  .errors)
            .find("heartbeat 'a' stands twice") != std::string::npos);
  CHECK(lines(load_text(company + "integrations: [{name: heartbeat, source: generic}]\n", "t.yaml")
                  .errors)
            .find("an integration has another name") != std::string::npos);
}

TEST_CASE("heartbeats: at most 10,000") {
  std::string text = company + "heartbeats:\n";
  for (std::size_t i = 0; i <= heartbeats_max; ++i)
    text += "  - {name: h" + std::to_string(i) + ", every: 1h}\n";
  CHECK(lines(load_text(text, "t.yaml").errors).find("more than 10000 heartbeats") !=
        std::string::npos);
}
