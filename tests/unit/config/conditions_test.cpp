// What a rule may ask beside the labels, how it counts, and rules that are never asked.

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "rules/classify/assess.hpp"
#include "rules/classify/classify.hpp"
#include "rules/prepare.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

const std::string somebody = "people: [{id: bob}]\n";

Loaded good(const std::string& text) {
  auto loaded = load_text(somebody + text, "t.yaml");
  INFO(lines(loaded.errors));
  REQUIRE(loaded.settings);
  return loaded;
}
std::string errors(const std::string& text) {
  return lines(load_text(somebody + text, "t.yaml").errors);
}
std::string warnings(const std::string& text) {
  return lines(good(text).warnings);
}
bool has(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

Verdict verdict(const Settings& s, std::string& bytes, std::vector<Pair> labels,
                const std::vector<Pair>& annotations = {}) {
  pack_alert(bytes, labels, annotations, "");
  return classify(prepare_stored(AlertText(bytes), {}, s), s);
}

}  // namespace

TEST_CASE("conditions of a rule: all keys, and the normalised text has them") {
  const auto loaded = good(R"(
integrations: [{name: prom, source: alertmanager_v2}, {name: zabbix, source: generic}]
rules:
  - id: a
    match: ['alertname="A"']
    ci_class: [host, database]
    environment: prod
    source: [zabbix, syslog]
    severity: [error, critical]
    facility: [auth, authpriv]
    program: 'ssh.*'
    message: 'from \d+'
    count: {at_least: 20, within: 5m, by: [user, address]}
    set: {category: security, subcategory: brute_force}
)");
  const Rule& rule = loaded.settings->rules[0];
  REQUIRE(rule.match.size() == 8);
  CHECK(rule.match[1].of == Matcher::Of::ci_class);
  CHECK(rule.match[5].value == "auth|authpriv");
  CHECK(rule.match[7].of == Matcher::Of::message);
  CHECK(rule.count == CountWindow{20, minutes(5), {"address", "user"}});
  CHECK(load_stored(loaded.settings->text).settings->text == loaded.settings->text);
}

TEST_CASE("conditions that are none") {
  const std::pair<const char*, const char*> table[] = {
      {"source: promm", "2:25: unknown integration 'promm'"},
      {"severity: high", "severity is critical, error, warning or info, not 'high'"},
      {"facility: sshd", "facility is kern, user"},
      {"program: '('", "bad regular expression"},
      {"message: '['", "bad regular expression"},
      {"ci_class: ''", "ci_class is empty"},
      {"count: {at_least: 1, within: 5m}", "at_least is a whole number from 2 to 100"},
      {"count: {at_least: 5}", "count has no within"},
      {"count: {within: 5m}", "count has no at_least"},
      {"count: {at_least: 5, within: 2d}", "within is 1s to 1d"},
      {"count: {at_least: 5, within: 1m, of: [a]}", "unknown key 'of' in count"},
  };
  for (const auto& [text, expected] : table)
    CHECK(has(errors(std::string("rules: [{id: r, ") + text + ", set: {}}]\n"), expected));
}

TEST_CASE("what no rule says is said by the class of the CI, then by the facility of the line") {
  const auto loaded = good(R"(
cis: [{id: r1, class: router}, {id: t1, class: toaster}, {id: v1, class: vm}]
category_defaults:
  ci_class:
    toaster: {category: facilities, subcategory: power}
    vm: {rule: x1, category: compute, subcategory: memory}
)");
  const Settings& s = *loaded.settings;
  std::string b1, b2, b3, b4, b5, b6;
  const Verdict router = verdict(s, b1, {{"ci", "r1"}}, {{"facility", "mail"}});
  CHECK(router.subcategory == "routing");
  CHECK(router.rule == "m910");
  const Verdict toaster = verdict(s, b2, {{"ci", "t1"}});
  CHECK(toaster.subcategory == "power");
  CHECK(toaster.rule == "ci_class:toaster");
  CHECK(verdict(s, b3, {{"ci", "v1"}}).rule == "x1");
  const Verdict mail = verdict(s, b4, {{"ci", "other"}}, {{"facility", "mail"}});
  CHECK(mail.category == "messaging");
  CHECK(mail.rule == "m985");
  CHECK(verdict(s, b5, {{"ci", "other"}}).rule == "m999");
  // Valid labels of the sender go before everything.
  const Verdict own = verdict(
      s, b6,
      {{"alertname", "DiskFull"}, {"category", "backup"}, {"subcategory", "backup_missing"}});
  CHECK(own.rule == "m010");
  CHECK(
      has(errors("category_defaults: {facility: {mailing: {category: a}}}"), "a facility is kern"));
  CHECK(has(errors("category_defaults: {ci_class: {x: {category: nowhere}}}"),
            "unknown category 'nowhere'"));
  CHECK(has(errors("category_defaults: {ci_class: {x: {category: backup}}}"),
            "a default is a category and a subcategory"));
}

TEST_CASE("a rule that an earlier one covers is never asked, and both places are named") {
  const auto never = [](const std::string& wide, const std::string& narrow) {
    return has(warnings("rules:\n  - {id: a, " + wide + ", set: {}}\n  - {id: b, " + narrow +
                        ", set: {}}\n"),
               "t.yaml:4:5: rule 'b' never matches: rule 'a' (t.yaml:3) comes first");
  };
  CHECK(never("match: ['x=~\"a|b\"']", "match: ['x=\"a\"', 'y=\"c\"']"));
  CHECK(never("match: ['x=~\"Disk.*\"']", "match: ['x=~\"DiskFull|DiskLost\"']"));
  CHECK(never("match: ['x!=\"test\"']", "match: ['x=\"prod\"']"));
  CHECK(never("match: ['x!=\"\"', 'y=~\".*\"']", "match: ['x=~\"a.+\"']"));
  CHECK(never("match: ['x=~\"a.*\"', 'y=~\"b.*z\"']", "match: ['x=\"ab\"', 'y=~\"b.*z\"']"));
  CHECK(never("match: ['x=~\"a.*\"']", "match: ['x=~\"a.*\"'], ci_class: host"));
  CHECK(never("ci_class: [host, vm]", "ci_class: vm, match: ['x=\"1\"']"));
  CHECK(never("severity: [critical, error]", "severity: error"));
  CHECK(never("match: []", "match: ['x=\"a\"']"));
  CHECK_FALSE(never("match: ['x=\"a\"']", "match: ['x=~\"a|b\"']"));
  CHECK_FALSE(never("match: ['x=\"a\"', 'y=\"b\"']", "match: ['x=\"a\"']"));
  CHECK_FALSE(never("match: ['x=~\"a.*\"']", "match: ['x=~\"b.*\"']"));
  CHECK_FALSE(never("ci_class: host", "match: ['ci_class=\"host\"']"));
}

TEST_CASE("thousands of rules on one condition are warned of") {
  std::string text = "rules:\n";
  for (int i = 1000; i < 1300; ++i)
    text += "  - {id: r" + std::to_string(i) + ", match: ['x=~\"[a-z]+" + std::to_string(i) +
            "y?\"', 'z!=\"1\"'], set: {}}\n";
  CHECK_FALSE(has(warnings(text), "rest on the same condition"));
  for (int i = 2000; i < 2300; ++i)
    text += "  - {id: r" + std::to_string(i) + ", match: ['x=~\"[" + std::to_string(i) +
            "]+\"'], set: {}}\n";
  CHECK(has(warnings(text), "300 rules rest on the same condition"));
}

TEST_CASE("a matrix of three or five levels") {
  const auto three = good("priority: {matrix: [[P1, P2, P3], [P2, P3, P4], [P3, P4, P5]]}\n");
  const auto five = good(
      "priority: {matrix: [[P1, P1, P2, P2, P3], [P1, P2, P2, P3, P3], [P2, P2, P3, P3, P4],"
      " [P2, P3, P3, P4, P5], [P3, P3, P4, P5, P5]]}\n"
      "cis: [{id: sw}, {id: a, class: service, criticality: low, soft_depends_on: [sw]}]\n");
  for (const auto* loaded : {&three, &five})
    CHECK(load_stored(loaded->settings->text).settings->hash == loaded->settings->hash);
  // What is computed beyond the last level is the last one.
  const Assessment most = assess({"", "S99", Severity::info, {}, Wall{}}, *three.settings);
  CHECK(int(most.impact) == 3);
  CHECK(int(most.urgency) == 3);
  CHECK(most.priority == Priority::P5);
  const Assessment soft = assess({"sw", "S99", Severity::info, {}, Wall{}}, *five.settings);
  CHECK(int(soft.impact) == 5);
  CHECK(int(soft.urgency) == 4);
  CHECK(soft.priority == Priority::P5);
}
