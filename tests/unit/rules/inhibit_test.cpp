// Inhibition: the keys against the plain twin, what holds and what lets go.
#include <catch2/catch.hpp>

#include <random>

#include "rules/inhibition.hpp"
#include "rules/invariants.hpp"
#include "rules/model/inhibit.hpp"
#include "rules/model/matcher.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;
using Op = Matcher::Op;

namespace {

Matcher is(const std::string& label, const std::string& value, Op op = Op::equal) {
  Matcher m{label, op, value, nullptr};
  std::string why;
  if (op == Op::matches || op == Op::not_matches) compile_regex(m, why);
  return m;
}

std::shared_ptr<Settings> with_rules(std::vector<InhibitRule> rules) {
  auto s = small_settings();
  s->inhibit = std::move(rules);
  s->hash = s->text = "inhibits " + std::to_string(s->inhibit.size());
  REQUIRE(index_inhibition(*s).empty());
  return s;
}
InhibitRule down_hides_slow() {
  return {"r",
          "eve",
          "down anyway",
          {is("alertname", "Down")},
          {is("alertname", "Slow.*", Op::matches)},
          {}};
}

std::string broken(const Desk& desk) {
  return broken_law(desk.state, *desk.settings).value_or("");
}

}  // namespace

TEST_CASE("inhibition: keys find what the plain twin finds") {
  std::mt19937 random(11);
  const auto pick = [&](std::initializer_list<const char*> from) {
    return std::string(from.begin()[random() % from.size()]);
  };
  std::vector<InhibitRule> rules;
  for (int i = 0; i < 60; ++i) {
    const auto side = [&] {
      const bool regex = random() % 2;
      return is(pick({"a", "b", "c"}), regex ? pick({"x|y", "y.*", ".+"}) : pick({"x", "y", "z"}),
                regex ? Op::matches : Op::equal);
    };
    InhibitRule rule{"r" + std::to_string(i), "eve", "", {side()}, {side(), side()}, {}};
    if (random() % 2) rule.equal = {pick({"a", "b", "d"})};
    rules.push_back(std::move(rule));
  }
  const auto s = with_rules(std::move(rules));
  const auto text = [&] {
    std::vector<std::string> values;
    for (int i = 0; i < 4; ++i) values.push_back(pick({"x", "y", "z"}));
    std::vector<Pair> labels;
    const char* names[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; ++i)
      if (random() % 4) labels.emplace_back(names[i], values[static_cast<std::size_t>(i)]);
    return pack(labels);
  };
  int held = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string a = text(), b = text();
    const AlertText source(a), target(b);
    bool expected = false;
    for (const InhibitRule& rule : s->inhibit) {
      bool equal = true;
      for (const auto& label : rule.equal)
        equal = equal && source.label(label) == target.label(label);
      const bool both = matches_all(rule.target, source) && matches_all(rule.source, target);
      expected = expected || (equal && !both && matches_all(rule.source, source) &&
                              matches_all(rule.target, target));
    }
    const auto keys = source_keys(*s, source);
    if (keys.size() >= source_keys_max) continue;
    const auto has = [&](std::uint64_t key) {
      return std::binary_search(keys.begin(), keys.end(), key);
    };
    bool found = false;
    for (const TargetKeys& t : target_keys(*s, target))
      found = found || has(t.of_sources) || (t.of_both && has(*t.of_both));
    CHECK(found == expected);
    held += found;
  }
  CHECK(held > 100);
}

TEST_CASE("inhibition: the last source that ends lets everything go on, however much waits") {
  const auto patient = with_rules({down_hides_slow()});
  patient->resolve_timeout = hours(24);
  Desk desk(patient);
  const auto now = [&] { return desk.state.globals().wall(desk.now); };
  desk.alert("Down", "a", "critical", now());
  desk.alert("Down", "b", "critical", now());
  const Wall start = now();
  for (int i = 0; i < 400; ++i) desk.alert("Slow", "ci-" + std::to_string(i), "critical", now());
  CHECK(desk.incident(3).held_until == when_uninhibited);
  CHECK(broken(desk).empty());
  desk.pass(hours(2));  // nobody is paged for what is inhibited, whatever its policy says
  CHECK(desk.incident(3).step == 0);
  desk.alert("Down", "a", "critical", start, true);
  desk.pass({});
  CHECK(desk.incident(3).held_until == when_uninhibited);
  desk.alert("Down", "b", "critical", start, true);
  desk.pass({});
  for (std::uint32_t n = 3; n < 403; ++n) {
    CHECK(desk.incident(n).held_until == never);
    CHECK(desk.incident(n).cycle == 2);
  }
  CHECK(broken(desk).empty());
}

TEST_CASE("inhibition: an alert that is not inhibited is paged with the whole incident") {
  Desk desk(with_rules({down_hides_slow()}));
  const Wall start = desk.state.globals().wall(desk.now);
  desk.alert("Down", "a", "critical", start);
  desk.alert("Slow", "b", "critical", start);
  CHECK(desk.incident(2).held_until == when_uninhibited);
  desk.alert("Odd", "b", "critical", start);
  CHECK(desk.incident(2).held_until == never);
  CHECK(broken(desk).empty());
}

TEST_CASE("inhibition: changed rules are measured against what fires, slice by slice") {
  Desk desk;
  const Wall start = desk.state.globals().wall(desk.now);
  for (int i = 0; i < 300; ++i) desk.alert("Down", "src-" + std::to_string(i), "critical", start);
  desk.alert("Slow", "b", "critical", start);
  CHECK(desk.incident(301).held_until == never);
  const auto with = with_rules({down_hides_slow()});
  desk.give(ApplyConfig{with, "reload"});
  desk.settings = with;
  desk.pass({});
  CHECK_FALSE(desk.state.globals().sources_next);
  CHECK(desk.incident(301).held_until == when_uninhibited);
  CHECK(broken(desk).empty());
  auto without = small_settings();
  without->hash = without->text = "none";
  desk.give(ApplyConfig{without, "reload"});
  desk.settings = without;
  desk.pass({});
  CHECK(desk.incident(301).held_until == never);
  CHECK(broken(desk).empty());
}
