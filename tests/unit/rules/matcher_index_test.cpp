// The index of matchers against its plain twin, which walks all of them.

#include "rules/model/matcher_index.hpp"

#include <re2/re2.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <random>

#include "rules/classify/rules.hpp"
#include "rules/model/literals.hpp"
#include "rules/model/silence.hpp"
#include "rules/prepare.hpp"

using namespace tocsin;
using Op = Matcher::Op;
using Of = Matcher::Of;

namespace {

std::mt19937_64 dice(20260609);

std::size_t below(std::size_t n) {
  return dice() % n;
}
template <class T, std::size_t N>
T one_of(const T (&list)[N]) {
  return list[below(N)];
}

constexpr const char* names[] = {"alertname", "env", "instance", "job", "team", "zone"};
constexpr const char* words[] = {
    "",     "a",     "b",      "ab",       "db-1",     "db-12",
    "db-2", "web-1", "web-12", "DiskFull", "Disk",     "DiskWillFill",
    "x.y",  "prod",  "test",   "a|b",      "\xc3\xa4", "longer-than-24-bytes-db-1"};
constexpr const char* expressions[] = {"a|b",
                                       "db-.*",
                                       ".*-1",
                                       "(db|web)-[12]+",
                                       "Disk(Full|WillFill)?",
                                       ".*Will.*",
                                       "",
                                       ".*",
                                       ".+",
                                       "x\\.y",
                                       "(?:a|b)(c|)?",
                                       "[ab]+",
                                       "(?i)diskfull",
                                       "db-1{1,2}",
                                       "\\w+-1",
                                       "(ab)*",
                                       "a.b|db-1",
                                       "(web-1|db-12)$",
                                       "^prod|^test",
                                       "a\\|b",
                                       "\xc3\xa4?b",
                                       "(Disk.*|a)",
                                       "x{0,2}y?a",
                                       ".*than-24.*db.*",
                                       "(prod|te(st|))"};

Matcher matcher() {
  Matcher m;
  const auto kind = below(10);
  m.label = one_of(names);
  if (kind == 0) m.of = Of::ci_class;
  if (kind == 1) m.of = Of::source;
  if (kind == 2) m.of = Of::annotation;
  m.op = static_cast<Op>(below(4));
  if (below(2)) m.op = below(2) ? Op::equal : Op::matches;
  m.value = m.op == Op::equal || m.op == Op::not_equal ? one_of(words) : one_of(expressions);
  std::string why;
  if (m.op == Op::matches || m.op == Op::not_matches) REQUIRE(compile_regex(m, why));
  return m;
}

struct Alert {
  std::string bytes;
  Subject subject;
  Alert() {
    std::vector<Pair> labels, annotations;
    for (const char* name : names)
      if (const char* word = one_of(words); *word && below(4)) labels.emplace_back(name, word);
    for (const char* name : names)
      if (const char* word = one_of(words); *word && !below(4))
        annotations.emplace_back(name, word);
    pack_alert(bytes, labels, annotations, "");
    subject.text = AlertText(bytes);
    subject.ci_class = one_of(words), subject.source = one_of(words);
  }
  Alert(const Alert&) = delete;
};

Settings rules_of(std::size_t count) {
  Settings s;
  for (std::size_t i = 0; i < count; ++i) {
    Rule rule;
    for (std::size_t k = below(4); k > 0 || (rule.match.empty() && below(50)); k -= k > 0)
      rule.match.push_back(matcher());
    s.rules.push_back(std::move(rule));
  }
  index_matchers(s);
  return s;
}

std::int32_t prepared_rule(const Settings& s, const char* alertname) {
  std::string bytes;
  pack_alert(bytes, {{"alertname", alertname}}, {}, "");
  return prepare_stored(AlertText(bytes), {}, s).rule;
}

}  // namespace

TEST_CASE("the index of rules finds what walking all of them finds, 100,000 times") {
  std::size_t found = 0;
  for (int world = 0; world < 1000; ++world) {
    const Settings s = rules_of(1 + below(40));
    for (int i = 0; i < 100; ++i) {
      const Alert alert;
      const auto expected = first_rule_walking(alert.subject, s);
      for (int again = 0; again < 2; ++again)  // the second time from what is remembered
        if (first_rule(alert.subject, s) != expected) {
          INFO(world << " " << i << " " << expected);
          REQUIRE(first_rule(alert.subject, s) == expected);
        }
      found += expected >= 0;
    }
  }
  CHECK(found > 10'000);
  CHECK(found < 100'000);
}

TEST_CASE("what is certain of an expression is true of every text that it fits") {
  for (const char* expression : expressions) {
    const Literals known = literals_of(expression);
    const re2::RE2 regex(expression);
    for (const char* word : words) {
      if (!re2::RE2::FullMatch(word, regex) || known.nothing()) continue;
      INFO(expression << " fits " << word);
      const std::string text = word;
      CHECK(std::any_of(known.texts.begin(), known.texts.end(), [&](const std::string& part) {
        return known.whole ? text == part : text.find(part) != std::string::npos;
      }));
    }
  }
}

TEST_CASE("what is certain of an expression") {
  const auto texts = [](const char* expression) {
    const Literals known = literals_of(expression);
    std::string out = known.whole ? "=" : "~";
    for (const auto& text : known.texts) out += " " + text;
    return out;
  };
  CHECK(texts("DiskFull") == "= DiskFull");
  CHECK(texts("a|b|c") == "= a b c");
  CHECK(texts("(Host|Node)(Is)?Down") == "= HostDown HostIsDown NodeDown NodeIsDown");
  CHECK(texts(".*(DiskFull|Filesystem(Space|Gone)).*") ==
        "~ DiskFull FilesystemGone FilesystemSpace");
  CHECK(texts("db-pay-01(:\\d+)?") == "~ db-pay-01");
  CHECK(texts("(Postgres|Mysql).*Down") == "~ Mysql Postgres");
  CHECK(texts("x\\.y+") == "~ x.");
  CHECK(texts(".*") == "~");
  CHECK(texts("(?i)disk") == "~");
  CHECK(texts("[a-z]+") == "~");
  CHECK(texts("disk|.*") == "~");
  CHECK(texts("\\pL") == "~");
  CHECK(texts("[]a]b") == "~ b");
  CHECK(texts("") == "= ");
}

TEST_CASE("an alert is tried against few of ten thousand rules, of whatever kind") {
  Settings s;
  for (int i = 0; i < 10'000; ++i) {
    const std::string n = std::to_string(10'000 + i);
    const Matcher kinds[] = {
        {"instance", Op::equal, "host-" + n, nullptr},
        {"alertname", Op::matches, "Own.*" + n, nullptr},
        {"instance", Op::matches, ".*[-_]" + n + "(:\\d+)?", nullptr},
        {"alertname", Op::matches, "Down" + n + "|Up" + n, nullptr},
    };
    Matcher m = kinds[i % 4];
    std::string why;
    if (m.op == Op::matches) REQUIRE(compile_regex(m, why));
    s.rules.emplace_back().match = {m, {"severity", Op::not_equal, "none", nullptr}};
  }
  const auto before = std::chrono::steady_clock::now();
  index_matchers(s);
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(5));  // of a Debug build
  CHECK(s.rule_index->always().empty());
  std::string bytes;
  pack_alert(bytes, {{"alertname", "Own17001"}, {"instance", "db_12346:9100"}}, {}, "");
  Subject subject;
  subject.text = AlertText(bytes);
  MatcherIndex::Places found;
  s.rule_index->find(subject, found);
  CHECK(found.size() <= 4);
  CHECK(first_rule(subject, s) == first_rule_walking(subject, s));
  CHECK(first_rule(subject, s) == 2346);
}

TEST_CASE("rules without anything to look up are tried always, in their order") {
  Settings s;
  const auto rule = [&](Matcher m) { s.rules.emplace_back().match = {std::move(m)}; };
  rule({"env", Op::not_equal, "", nullptr});
  rule({"alertname", Op::equal, "Down", nullptr});
  rule({"team", Op::equal, "", nullptr});
  index_matchers(s);
  CHECK(s.rule_index->always().size() == 2);
  CHECK(prepared_rule(s, "Down") == 1);
  CHECK(prepared_rule(s, "Up") == 2);
}

TEST_CASE("a rule may ask for the CI, the sender, the severity and what the alert says") {
  Settings s;
  s.cis.emplace_back().id = "db-1";
  s.cis[0].ci_class = "database", s.cis[0].environment = "test";
  s.ci_by_name["db-1"] = 0;
  const auto rule = [&](Of of, const char* value) {
    s.rules.emplace_back().match = {{"", Op::equal, value, nullptr, of}};
  };
  rule(Of::ci_class, "database"), rule(Of::environment, "prod"), rule(Of::source, "zabbix");
  rule(Of::severity, "critical");
  Matcher says{"", Op::matches, "lost \\d+ packets", nullptr, Of::message};
  says.regex = std::make_shared<const re2::RE2>(says.value);
  s.rules.emplace_back().match = {says};
  s.rules.push_back(s.rules[1]);
  s.rules.back().match[0].value = "stage";
  for (int indexed = 0; indexed < 2; ++indexed) {
    const auto of = [&](std::vector<Pair> labels, const char* summary, const char* source) {
      std::string bytes;
      pack_alert(bytes, labels, {{"summary", summary}}, "");
      return prepare_stored(AlertText(bytes), {}, s, source).rule;
    };
    CHECK(of({{"ci", "db-1"}}, "-", "zabbix") == 0);
    CHECK(of({{"ci", "x"}}, "-", "zabbix") == 2);
    CHECK(of({{"ci", "x"}, {"severity", "critical"}}, "-", "a") == 3);
    CHECK(of({{"ci", "x"}}, "eth0 lost 12 packets", "a") == 4);
    CHECK(of({{"ci", "x"}, {"environment", "stage"}}, "-", "a") == 5);
    CHECK(of({{"ci", "x"}}, "-", "a") == -1);
    index_matchers(s);
  }
}
