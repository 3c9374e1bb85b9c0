#include <re2/re2.h>
#include <catch2/catch.hpp>
#include <string>

#include "connectors/in/syslog/rules.hpp"

using namespace tocsin;

namespace {

SyslogRule rule(std::string id, std::string match, std::string clear = {}) {
  SyslogRule r;
  r.id = id, r.alertname = std::move(id), r.match = std::move(match), r.clear = std::move(clear);
  return r;
}

std::shared_ptr<const SyslogRules> compiled(std::vector<SyslogRule> rules) {
  std::vector<SyslogRules::Fault> faults;
  auto out = SyslogRules::compile(std::move(rules), faults);
  for (const auto& fault : faults) FAIL_CHECK(fault.message);
  REQUIRE(out);
  return out;
}

// "id", "id clears", "-", with the groups that took part.
std::string asked(const SyslogRules& rules, const SyslogMessage& message) {
  SyslogMatch m;
  rules.match(message, m);
  if (!m.rule) return "-";
  std::string out = m.rule->id + (m.clears ? " clears" : "");
  for (const auto& [name, value] : m.captures)
    out.append(" ").append(name).append("=").append(value);
  return out;
}
std::string asked(const SyslogRules& rules, std::string_view text) {
  SyslogMessage message;
  message.text = text;
  return asked(rules, message);
}

// What the rules mean, one after the other and without a set.
std::string twin(const std::vector<SyslogRule>& rules, const SyslogMessage& m) {
  const re2::StringPiece text(m.text.data(), m.text.size());
  const re2::StringPiece program(m.program.data(), m.program.size());
  for (const auto& r : rules) {
    if (r.facilities && !(r.facilities >> m.facility & 1u)) continue;
    if (!r.program.empty() && !re2::RE2::FullMatch(program, r.program)) continue;
    if (!r.clear.empty() && re2::RE2::PartialMatch(text, r.clear)) return r.id + " clears";
    if (m.severity <= r.severity && re2::RE2::PartialMatch(text, r.match)) return r.id;
  }
  return "-";
}

std::vector<SyslogRules::Fault> faults_of(SyslogRule r) {
  std::vector<SyslogRules::Fault> faults;
  CHECK_FALSE(SyslogRules::compile({std::move(r)}, faults));
  return faults;
}

}  // namespace

TEST_CASE("syslog rules: the first that wants a line has it") {
  const auto rules = compiled({rule("a", "disk (?P<disk>\\w+) broke", "disk (?P<disk>\\w+) mended"),
                               rule("b", "broke"), rule("c", "(?:x(?P<x>1)|y(?P<y>2)) burns")});
  CHECK(asked(*rules, "disk sda broke") == "a disk=sda");
  CHECK(asked(*rules, "disk sda mended") == "a clears disk=sda");
  CHECK(asked(*rules, "disk sda broke, disk sdb mended") == "a clears disk=sdb");
  CHECK(asked(*rules, "fan broke") == "b");
  CHECK(asked(*rules, "y2 burns") == "c y=2");  // a group that took no part is not there
  CHECK(asked(*rules, "all is well") == "-");
  CHECK(asked(*rules, "") == "-");
  CHECK(asked(*compiled({}), "disk sda broke") == "-");
}

TEST_CASE("syslog rules: program, facility and severity are conditions") {
  SyslogRule r = rule("a", "broke", "mended");
  r.program = "app|other", r.facilities = 1u << 3, r.severity = 4;
  const auto rules = compiled({r});
  SyslogMessage m;
  m.text = "broke", m.program = "app", m.facility = 3, m.severity = 4;
  CHECK(asked(*rules, m) == "a");
  m.program = "apps";
  CHECK(asked(*rules, m) == "-");
  m.program = "other", m.facility = 4;
  CHECK(asked(*rules, m) == "-");
  m.facility = 3, m.severity = 5;
  CHECK(asked(*rules, m) == "-");
  m.text = "mended";  // good news is seldom an error
  CHECK(asked(*rules, m) == "a clears");
}

TEST_CASE("syslog rules: one set says what all rules one by one say") {
  const std::string words[] = {"disk", "fan", "broke", "mended", "link", "down", "up", "eth0", "7"};
  std::uint64_t seed = 7;
  const auto random = [&](std::size_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(seed >> 33) % n;
  };
  const auto phrase = [&](std::size_t n, const char* between) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i)
      (out += i ? between : "") += words[random(std::size(words))];
    return out;
  };
  for (int round = 0; round < 20; ++round) {
    std::vector<SyslogRule> list;
    for (int i = 0; i < 20; ++i) {
      SyslogRule r = rule("r" + std::to_string(i), phrase(1 + random(2), ".*"),
                          random(3) ? "" : phrase(2, " "));
      if (random(4) == 0) r.program = random(2) ? "kernel" : "k.*|app";
      if (random(4) == 0) r.facilities = 1u << random(3);
      if (random(4) == 0) r.severity = static_cast<std::uint8_t>(random(8));
      list.push_back(std::move(r));
    }
    const auto rules = compiled(list);
    for (int i = 0; i < 200; ++i) {
      const std::string text = phrase(1 + random(6), " ");
      SyslogMessage m;
      m.text = text, m.program = random(2) ? "kernel" : "app";
      m.facility = static_cast<std::uint8_t>(random(3));
      m.severity = static_cast<std::uint8_t>(random(8));
      std::string found = asked(*rules, m);
      CHECK(found == twin(list, m));
    }
    CHECK(rules->out_of_memory() == 0);
  }
}

TEST_CASE("syslog rules: what cannot be compiled is named") {
  CHECK(faults_of(rule("a", "(")).at(0).key == "match");
  CHECK(faults_of(rule("a", "x", "[")).at(0).key == "clear");
  CHECK(faults_of(rule("a", std::string(SyslogRules::expression_bytes_max + 1, 'x'))).size() == 1);
  CHECK(faults_of(rule("a", "(x)(x)(x)(x)(x)(x)(x)(x)(x)(x)(x)(x)(x)(x)(x)(x)(x)")).size() == 1);
  CHECK(faults_of(rule("a", "(?P<severity>x)")).at(0).message ==
        "has a group named 'severity', which every alert has of its own");
  CHECK(faults_of(rule("a", "(?P<x>x)", "y")).at(0).key == "clear");
  SyslogRule r = rule("a", "(?P<x>x)");
  r.notes = {"y"};
  CHECK(faults_of(r).at(0).message == "names 'y', which is no group of match");
  r.notes = {}, r.summary = "{x} and {z}";
  CHECK(faults_of(r).at(0).message == "has a summary with {z}, which is no group of match");
  r.summary = {}, r.program = "(";
  CHECK(faults_of(r).at(0).key == "program");
  // All that is wrong at once.
  std::vector<SyslogRules::Fault> faults;
  CHECK_FALSE(SyslogRules::compile({rule("a", "("), rule("b", "x"), rule("c", "[")}, faults));
  REQUIRE(faults.size() == 2);
  CHECK(faults[1].rule == 2);
}

TEST_CASE("syslog rules: groups that only describe need not stand in what clears") {
  SyslogRule r = rule("a", "(?P<disk>sd.) at (?P<sector>\\d+)", "(?P<disk>sd.) mended");
  r.notes = {"sector"};
  CHECK(asked(*compiled({r}), "sda at 7") == "a disk=sda sector=7");
}
