#include <catch2/catch.hpp>
#include <set>

#include "config/compiler.hpp"
#include "config/load.hpp"
#include "connectors/in/syslog/rules.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

const std::string somebody = "people: [{id: bob, email: bob@example.org}]\n";

std::string errors_of(const std::string& rules) {
  return lines(load_text(somebody + rules, "t.yaml").errors);
}

}  // namespace

TEST_CASE("syslog rules: each built-in one takes its own examples, and no line of another") {
  // As a section of the user's, the examples of the built-in rules are run.
  const auto loaded = load_text(somebody + config::default_syslog, "t.yaml");
  CHECK(lines(loaded.errors) == "");
  CHECK(lines(run_examples(loaded)) == "");
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->syslog_rules.size() >= 24);

  std::set<std::string> shown, cleared;
  for (const auto& example : loaded.examples) {
    shown.insert(example.rule);
    const auto clears = example.expect.find("clears");
    if (clears != example.expect.end() && clears->second == "true") cleared.insert(example.rule);
  }
  for (const auto& rule : loaded.settings->syslog_rules) {
    INFO(rule.id);
    CHECK(shown.count(rule.id) == 1);
    // Who is cleared by a line or is not cleared by silence shows the line that does it.
    CHECK((rule.clear.empty() || cleared.count(rule.id) == 1));
  }
}

TEST_CASE("syslog rules: built in, replaced one by one, or as a whole") {
  const auto plain = load_text(somebody, "t.yaml");
  REQUIRE(plain.settings);
  CHECK(plain.settings->syslog_rule("s100"));
  CHECK(plain.settings->syslog);
  CHECK(std::find(plain.settings->sources.begin(), plain.settings->sources.end(), "syslog") ==
        plain.settings->sources.end());

  const auto own = load_text(somebody + R"(syslog_rules:
  - {id: s100, match: mine}
  - {id: a100, alertname: First, match: '(?P<what>\w+) broke', clear: '(?P<what>\w+) mended',
     program: app, facility: [local0, auth], severity: err, clear_over_udp: true,
     quiet_after: 15m,
     set: {severity: critical, summary: "{what} is broken", runbook_url: "https://x"}}
)",
                             "t.yaml");
  CHECK(lines(own.errors) == "");
  REQUIRE(own.settings);
  const Settings& s = *own.settings;
  CHECK(s.syslog_rules[0].id == "a100");
  CHECK(s.syslog_rules[0].facilities == (1u << 16 | 1u << 4));
  CHECK(s.syslog_rules[0].severity == 3);
  CHECK(s.syslog_rules[0].quiet_after == minutes(15));
  CHECK(s.syslog_rules[1].alertname == "s100");
  CHECK(s.syslog_rules[1].quiet_after == minutes(30));  // LCY-6
  CHECK(s.syslog_rules[2].id == "s105");
  CHECK(s.sources.front() == "syslog");
  CHECK(load_stored(s.text).settings->hash == s.hash);

  const auto none = load_text(somebody + "default_syslog_rules: []\n", "t.yaml");
  REQUIRE(none.settings);
  CHECK(none.settings->syslog_rules.empty());
  CHECK(none.settings->syslog);
}

TEST_CASE("syslog rules: silence clears what no line clears, unless it is told not to") {
  const auto quiet = [](const std::string& rest) {
    const auto loaded =
        load_text(somebody + "syslog_rules: [{id: a, match: x" + rest + "}]\n", "t.yaml");
    return loaded.settings->syslog_rule("a")->quiet_after;
  };
  CHECK(quiet("") == minutes(30));
  CHECK(quiet(", clear: y") == Span{});
  CHECK(quiet(", clear: y, quiet_after: 1h") == hours(1));
  CHECK(quiet(", quiet_after: never") == Span{});
}

TEST_CASE("syslog rules: mistakes have a place and a name") {
  CHECK(errors_of(R"(syslog_rules:
  - {id: a, match: '(', severity: loud}
  - {id: b}
  - {id: c, match: 'x', program: '[', quiet_after: 0s, sett: {}}
  - {id: d, match: '(?P<if>x)', clear: 'y'}
  - {id: e, match: '(?P<host>x)', notes: [nothing]}
  - {id: f, match: 'x', set: {summary: "{if} is down", severity: bad}}
)") == R"(t.yaml:3:20: match of rule 'a' is no regular expression: missing ): (
t.yaml:3:35: severity is emerg, alert, crit, err, warning, notice, info or debug, not 'loud'
t.yaml:4:5: a rule of syslog has no match
t.yaml:5:34: program of rule 'c' is no regular expression: missing ]: [
t.yaml:5:52: quiet_after is at least 1s, or never
t.yaml:5:56: unknown key 'sett' in a rule of syslog, did you mean 'set'?
t.yaml:6:40: clear of rule 'd' has other named groups than match: they say which alert is over
t.yaml:7:20: match of rule 'e' has a group named 'host', which every alert has of its own
t.yaml:7:42: notes of rule 'e' names 'nothing', which is no group of match
t.yaml:8:30: set of rule 'f' has a summary with {if}, which is no group of match
t.yaml:8:66: severity is critical, error, warning or info, not 'bad'
)");
}

TEST_CASE("syslog rules: examples that do not hold are found") {
  const auto loaded = load_text(somebody + R"(syslog_rules:
  - id: a
    match: 'disk (?P<disk>\w+) broke'
    clear: 'disk (?P<disk>\w+) mended'
    examples:
      - {line: "<11>Mar 11 04:12:07 h app: disk sda broke", expect: {disk: sda, severity: error}}
      - {line: "<11>Mar 11 04:12:07 h app: disk sda broke", expect: {disk: sdb, clears: "true"}}
      - {line: "<11>Mar 11 04:12:07 h app: all is well"}
  - id: b
    match: 'sda broke'
    examples: [{line: "<11>Mar 11 04:12:07 h app: disk sda broke"}]
)",
                                "t.yaml");
  CHECK(lines(loaded.errors) == "");
  CHECK(lines(run_examples(loaded)) ==
        "t.yaml:8:9: example of rule 'a': expected clears true, found false\n"
        "t.yaml:8:9: example of rule 'a': expected disk sdb, found sda\n"
        "t.yaml:9:9: example of rule 'a': no rule matches it\n"
        "t.yaml:12:16: example of rule 'b': rule 'a' takes it first\n");
}
