// Time zones: the machine's database as tables.

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "connectors/text/rfc3339.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

std::shared_ptr<const Settings> settings(const std::string& text) {
  const auto loaded = load_text(text, "t.yaml");
  INFO(lines(loaded.errors));
  REQUIRE(loaded.settings);
  return loaded.settings;
}

}  // namespace

TEST_CASE("a person reads times in their zone, others in that of the instance, else in UTC") {
  const auto s = settings(R"(
instance: {time_zone: America/New_York}
people: [{id: bob, time_zone: Europe/Berlin}, {id: alice}]
)");
  REQUIRE(s->zone_of("bob"));
  CHECK(s->zone_of("bob")->name == "Europe/Berlin");
  CHECK(s->zone_of("alice")->name == "America/New_York");
  CHECK(s->zone_of("")->name == "America/New_York");
  CHECK_FALSE(settings("people: [{id: bob}]")->zone_of("bob"));
}

TEST_CASE("changes of the clock fall where the database says") {
  struct Row {
    const char* zone;
    const char* at;
    const char* text;
  };
  const Row rows[] = {
      {"Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29 01:59 CET"},
      {"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00 CEST"},
      {"Europe/Berlin", "2026-10-25T00:59:59Z", "2026-10-25 02:59 CEST"},
      {"Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25 02:00 CET"},
      {"Australia/Lord_Howe", "2026-04-04T14:59:00Z", "2026-04-05 01:59 +11"},
      {"Australia/Lord_Howe", "2026-04-04T15:00:00Z", "2026-04-05 01:30 +1030"},
      {"Pacific/Apia", "2011-12-30T09:59:00Z", "2011-12-29 23:59 -10"},
      {"Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31 00:00 +14"},
      {"Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01 05:45 +0545"},
      {"UTC", "2026-01-01T00:00:00Z", "2026-01-01 00:00 UTC"},
  };
  for (const Row& row : rows) {
    const auto s = settings("people: [{id: bob, time_zone: " + std::string(row.zone) + "}]");
    const auto zone = s->zone_of("bob");
    REQUIRE(zone);
    CHECK(people_text(*parse_rfc3339(row.at), zone.get()) == row.text);
    CHECK(zone->periods.size() < 300);
  }
}

TEST_CASE("a channel by mail is stored and read back as it was") {
  const auto s = settings(R"(
people: [{id: bob, email: b@b.example, time_zone: Europe/Berlin}]
channels:
  - {name: mail, kind: smtp, host: h.example.org, port: 2525, tls: true, from: a@b.example,
     to: ops@b.example}
)");
  const auto again = settings(s->text);
  CHECK(again->hash == s->hash);
  CHECK(again->channel("mail")->settings == s->channel("mail")->settings);
  CHECK(again->channel("mail")->answers_within == seconds(30));
  CHECK(again->zone_of("bob")->name == "Europe/Berlin");
  CHECK(s->catch_all_channel == "mail");
}

TEST_CASE("nobody is told by a mail that has no address") {
  const auto s = settings(R"(
people: [{id: bob, email: b@b.example}, {id: alice}]
channels:
  - {name: a-mail, kind: smtp, host: h.example.org, from: a@b.example}
  - {name: pager, kind: webhook, url: "https://h.example.org"}
)");
  CHECK(s->person("bob")->page == std::vector<std::string>{"a-mail"});
  CHECK(s->person("alice")->page == std::vector<std::string>{"pager"});
  CHECK(s->catch_all_channel == "pager");
}

TEST_CASE("what only this machine hears is no way to leave it") {
  const auto loaded = load_text(R"(
people: [{id: bob}]
channels: [{name: local, kind: syslog}]
)",
                                "t.yaml");
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->catch_all_channel == "terminal");
  CHECK(lines(loaded.warnings).find("every page ends on the terminal") != std::string::npos);
}
