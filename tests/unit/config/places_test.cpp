// Where each part of a configuration stands, and what is said of what nobody wrote.

#include "rules/model/places.hpp"

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

const std::string company = R"(people: [{id: bob}]
channels:
  - {name: pager, kind: terminal}
rules:
  - {id: a100, match: ['alertname="X"'], set: {category: database}}

  - id: a200
    match: ['alertname="Y"']
    set: {category: network}
priority:
  matrix:
    - [P1, P1, P2, P3]
    - [P2, P2, P3, P4]
    - [P2, P3, P4, P5]
    - [P3, P4, P5, P5]
hold_down: {error: 30s}
escalation:
  P1:
    steps:
      - {at: 0m, to: [primary]}
      - {at: 5m, to: [primary]}
)";

std::string place(const Settings& s, std::initializer_list<std::string_view> keys) {
  return to_text(s.places->of(keys));
}

}  // namespace

TEST_CASE("things that were written have their place, the others are defaults with their key") {
  const auto loaded = load_text(company, "t.yaml");
  CHECK(lines(loaded.errors) == "");
  REQUIRE(loaded.settings);
  const Settings& s = *loaded.settings;
  REQUIRE(s.places);
  CHECK(place(s, {"people.bob"}) == "t.yaml:1 (people.bob)");
  CHECK(place(s, {"channels.pager"}) == "t.yaml:3 (channels.pager)");
  CHECK(place(s, {"rules.a100"}) == "t.yaml:5 (rules.a100)");
  CHECK(place(s, {"rules.a200"}) == "t.yaml:7 (rules.a200)");
  CHECK(place(s, {"priority.matrix[1]"}) == "t.yaml:13 (priority.matrix[1])");
  CHECK(place(s, {"hold_down.error"}) == "t.yaml:16 (hold_down.error)");
  CHECK(place(s, {"hold_down.warning"}) == "default of Tocsin; hold_down.warning overrides it");
  CHECK(place(s, {"escalation.P1[1]", "escalation.P1.steps[1]", "escalation.P1"}) ==
        "t.yaml:21 (escalation.P1.steps[1])");
  CHECK(place(s, {"rules.m165"}) == "default of Tocsin; rules.m165 overrides it");
}

TEST_CASE("the file of each thing is that which was included") {
  Folder folder;
  folder.write("more.yaml", "\n\ncis:\n  - {id: db-1}\n");
  const auto loaded = load_file(
      folder.write("main.yaml", "people: [{id: bob}]\ninclude: [more.yaml]\ncis: [{id: db-2}]\n"));
  CHECK(lines(loaded.errors) == "");
  REQUIRE(loaded.settings);
  CHECK(without(place(*loaded.settings, {"cis.db-1"}), folder.path())
            .find("more.yaml:4 (cis.db-1)") != std::string::npos);
  CHECK(without(place(*loaded.settings, {"cis.db-2"}), folder.path())
            .find("main.yaml:3 (cis.db-2)") != std::string::npos);
}

TEST_CASE("what comes from the store has no file, and lines do not change the hash") {
  const auto one = load_text(company, "t.yaml"), two = load_text("# moved\n\n" + company, "t.yaml");
  REQUIRE(one.settings);
  REQUIRE(two.settings);
  CHECK(one.settings->hash == two.settings->hash);
  CHECK(place(*two.settings, {"people.bob"}) == "t.yaml:3 (people.bob)");
  const auto stored = load_stored(one.settings->text);
  REQUIRE(stored.settings);
  CHECK(stored.settings->places->stored());
  CHECK(place(*stored.settings, {"rules.a100"}) ==
        "rules.a100 of the configuration that the store remembers: the file was not usable");
}
