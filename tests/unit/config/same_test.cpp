// One meaning, one text, one hash.

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

std::string hash(const std::string& text) {
  const auto loaded = load_text(text, "t.yaml");
  INFO(lines(loaded.errors));
  REQUIRE(loaded.settings);
  return loaded.settings->hash;
}

const std::string base = R"(# who
people:
  - {id: bob, email: bob@example.org, reach: {page: [pager]}}
  - {id: alice}
channels:
  - {name: pager, kind: webhook, url: "https://hooks.example.org/x"}
cis: [{id: db-1, class: database, supports: [svc]}, {id: svc, criticality: low}]
rules:
  - id: a
    match: ['alertname="A"', 'b=~"c\d"']
    set: {category: storage, subcategory: capacity}
hold_down: {error: 60s}
lifecycle: {auto_close_after: 5d}
)";

}  // namespace

TEST_CASE("comments, order, spaces and spellings leave no trace") {
  const std::string other = R"(
lifecycle:
    auto_close_after: 120h
hold_down:
    error: 1m
rules:
- {set: {subcategory: "capacity", category: 'storage'},
   match: ['{alertname = "A", b=~"c\\d"}'], id: a}
cis:
  - criticality: low
    id: svc
  - {supports: svc, id: db-1, class: database, criticality: important}
channels: [{url: https://hooks.example.org/x, kind: webhook, name: pager, in_flight_max: 4}]
people: [{id: alice}, {reach: {page: pager}, email: bob@example.org, id: bob}]   # the same two
)";
  CHECK(hash(base) == hash(other));
}

TEST_CASE("what means something else has another hash") {
  const auto replaced = [](std::string from, std::string to) {
    std::string text = base;
    text.replace(text.find(from), from.size(), to);
    return hash(text);
  };
  const std::string before = hash(base);
  CHECK(replaced("error: 60s", "error: 61s") != before);
  CHECK(replaced("'b=~\"c\\d\"'", "'b=~\"c.\"'") != before);
  CHECK(replaced("id: alice", "id: alicia") != before);
  CHECK(replaced("hooks.example.org/x", "hooks.example.org/y") != before);
  CHECK(replaced("criticality: low", "criticality: important") != before);
}

TEST_CASE("the normalised text reads back to itself") {
  for (const auto& text :
       {base, std::string("people: [{id: bob}]"),
        std::string("people: [{id: bob2}, {id: \"b\\\"o\\\\b\\n\\u00e4\"}]\n"
                    "cis: [{id: x, match: ['\"a.b\"!~\"[\\d\\\"]+\"']}]\n"
                    "escalation: {P2: [{at: 1m, to: [bob2, lead], inform: [cio]}]}\n"
                    "groups: [{id: g, members: [bob2], lead: bob2, channel: terminal}]\n")}) {
    const auto loaded = load_text(text, "t.yaml");
    INFO(lines(loaded.errors) << text);
    REQUIRE(loaded.settings);
    const auto again = load_stored(loaded.settings->text);
    INFO(loaded.settings->text << lines(again.errors));
    REQUIRE(again.settings);
    CHECK(again.settings->text == loaded.settings->text);
    CHECK(again.settings->hash == loaded.settings->hash);
    CHECK(again.settings->rules.size() == loaded.settings->rules.size());
    CHECK(again.body.listen == loaded.body.listen);
  }
}

TEST_CASE("files: split or whole, in any order, it is one configuration") {
  Folder split, whole;
  split.write("conf.d/20-web.yaml",
              "people: [{id: bob, reach: {page: [pager]}, email: bob@example.org}]\n"
              "hold_down: {error: 60s}\n");
  split.write("conf.d/10-pay.yaml",
              "channels: [{name: pager, kind: webhook, url: \"https://hooks.example.org/x\"}]\n"
              "rules: [{id: b, match: ['x=\"1\"'], set: {}}]\n");
  const auto main = split.write("main.yaml",
                                "include: [\"conf.d/*.yaml\"]\n"
                                "people: [{id: alice}]\n"
                                "hold_down: {warning: 2m}\n"
                                "rules: [{id: a, match: ['y=\"1\"'], set: {}}]\n");
  const auto one = whole.write("main.yaml", R"(
people:
  - {id: alice}
  - {id: bob, reach: {page: [pager]}, email: bob@example.org}
channels: [{name: pager, kind: webhook, url: "https://hooks.example.org/x"}]
hold_down: {error: 60s, warning: 2m}
rules: [{id: a, match: ['y="1"'], set: {}}, {id: b, match: ['x="1"'], set: {}}]
)");
  const auto a = load_file(main), b = load_file(one);
  INFO(lines(a.errors) << lines(b.errors));
  REQUIRE(a.settings);
  REQUIRE(b.settings);
  CHECK(a.settings->hash == b.settings->hash);
  CHECK(a.warnings.empty());
}

TEST_CASE("files: mistakes keep their file") {
  Folder folder;
  folder.write("conf.d/a.yaml", "people: [{id: alice}]\nhold_down: {error: 1m}\n");
  folder.write("conf.d/b.yaml",
               "people: [{id: alice}]\nhold_down: {error: 2m}\ninclude: [x.yaml]\n");
  const auto main = folder.write(
      "main.yaml", "include: [conf.d/*.yaml, gone.yaml]\npeople: [{id: bob, emial: x}]\n");
  CHECK(without(lines(load_file(main).errors), folder.path()) ==
        "conf.d/b.yaml:1:15: person 'alice' stands twice, first in conf.d/a.yaml:1\n"
        "conf.d/b.yaml:2:13: 'error' is also given in conf.d/a.yaml:2\n"
        "conf.d/b.yaml:3:10: only the main file includes others\n"
        "main.yaml:1:26: the included file 'gone.yaml' cannot be read\n"
        "main.yaml:2:20: unknown key 'emial' in a person, did you mean 'email'?\n");

  folder.write("conf.d/b.yaml", "people: [{id: alice\n");
  folder.write("gone.yaml", "{");
  const auto broken = without(lines(load_file(main).errors), folder.path());
  CHECK(broken.find("conf.d/b.yaml:2:1: ") == 0);
  CHECK(broken.find("gone.yaml:") != std::string::npos);
  CHECK(broken.find("emial") == std::string::npos);
}

TEST_CASE("anchors are read, and do not grow without end") {
  const auto loaded = load_text(
      "people: [{id: bob, reach: &r {page: [terminal]}}, {id: eve, reach: *r}]", "t.yaml");
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->person("eve")->page == loaded.settings->person("bob")->page);
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j ? ", *a" : "*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  const std::string limit = "more than 1000000 values";
  CHECK(lines(load_text(bomb, "t.yaml").errors).find(limit) != std::string::npos);
  // What the store keeps was several files, each within the limit.
  std::string large = bomb.substr(0, bomb.find("a5:")) + "b: [*a4";
  for (int i = 0; i < 9; ++i) large += ", *a4";
  CHECK(lines(load_text(large + "]", "t.yaml").errors).find(limit) != std::string::npos);
  CHECK(lines(load_stored(large + "]").errors).find("values") == std::string::npos);
}

TEST_CASE("a program is part of the configuration, wherever it stands") {
  Folder folder;
  const std::string program = "# \"what\"\n.a\t| {key: \"\\(.b) \xC3\xA4\"}\n";
  folder.write("p.jq", program);
  const auto with_file =
      load_file(folder.write("f.yaml",
                             "integrations: [{name: j, source: jq, program: p.jq}]\n"
                             "people: [{id: bob, reach: {page: [m]}}]\n"
                             "channels: [{name: m, kind: mailbox, directory: /x}]\n"));
  INFO(lines(with_file.errors));
  REQUIRE(with_file.settings);
  REQUIRE(with_file.body.integrations.size() == 1);
  CHECK(with_file.body.integrations[0].program.text == program);
  CHECK(with_file.body.integrations[0].program.file == folder.path() + "/p.jq");

  const auto stored = load_stored(with_file.settings->text);
  INFO(lines(stored.errors) << with_file.settings->text);
  REQUIRE(stored.settings);
  CHECK(stored.body.integrations[0].program.text == program);
  CHECK(stored.settings->hash == with_file.settings->hash);

  folder.write("p.jq", program + " ");
  CHECK(load_file(folder.path() + "/f.yaml").settings->hash != with_file.settings->hash);
}

TEST_CASE("the words of a program's arguments stay words") {
  const auto loaded = load_text(
      "people: [{id: bob, reach: {page: [x]}}]\n"
      "channels: [{name: x, kind: exec, command: /bin/true, arguments: [a, 'b, \"c\"', '[d']}]\n",
      "t.yaml");
  INFO(lines(loaded.errors));
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->channel("x")->settings.at("arguments") == "a\nb, \"c\"\n[d");
  const auto stored = load_stored(loaded.settings->text);
  REQUIRE(stored.settings);
  CHECK(stored.settings->hash == loaded.settings->hash);
  CHECK(stored.settings->channel("x")->settings == loaded.settings->channel("x")->settings);
}
