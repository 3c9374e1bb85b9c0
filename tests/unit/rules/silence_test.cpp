// Silences: the index against its plain twin, the bytes of matchers, the limits, the sweeps.
#include <catch2/catch.hpp>

#include <random>

#include "rules/intake/silences.hpp"
#include "rules/invariants.hpp"
#include "rules/model/matcher.hpp"
#include "rules/oncall/mute.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;
using Op = Matcher::Op;

namespace {

Actor ivan() {
  return {"ivan", 1u << index(Role::incident_manager)};
}

SetSilence silence(const Desk& desk, std::vector<Matcher> matchers, Span lasts = hours(1)) {
  const Wall now = desk.state.globals().wall(desk.now);
  return {ivan(), {}, pack_matchers(std::move(matchers)), "ivan", "why not", now, now + lasts};
}

Matcher is(const std::string& label, const std::string& value, Op op = Op::equal) {
  return {label, op, value, nullptr};
}

void firing(Desk& desk, const std::string& name, const std::string& ci) {
  desk.alert(name, ci, "critical", desk.state.globals().wall(desk.now));
}

std::string broken(const Desk& desk) {
  return broken_law(desk.state, *desk.settings).value_or("");
}

}  // namespace

TEST_CASE("the index finds what the plain twin finds") {
  std::mt19937 random(7);
  const auto pick = [&](std::initializer_list<const char*> from) {
    return std::string(from.begin()[random() % from.size()]);
  };
  SilenceIndex index;
  std::vector<std::vector<Matcher>> plain;
  for (std::uint32_t i = 0; i < 300; ++i) {
    std::vector<Matcher> m;
    for (unsigned n = 1 + random() % 3; n > 0; --n) {
      const Op op = static_cast<Op>(random() % 4);
      const bool regex = op == Op::matches || op == Op::not_matches;
      m.push_back(is(pick({"ci", "job", "zone", ""}),
                     regex ? pick({"a.*", "b|c", ".+", ""}) : pick({"a", "b", "ab", ""}), op));
    }
    const std::string packed = pack_matchers(m);
    std::string why;
    plain.push_back(unpack_matchers(packed, why).value());
    index.add(SilenceId(i + 1), i, packed);
    if (i % 5 == 4) index.erase(SilenceId(i), pack_matchers(plain[i - 1])), plain[i - 1].clear();
  }
  for (int round = 0; round < 500; ++round) {
    std::vector<std::string> words;
    for (int i = 0; i < 3; ++i) words.push_back(pick({"a", "b", "ab", "c"}));
    std::vector<Pair> labels;
    const char* names[] = {"ci", "job", "zone"};
    for (int i = 0; i < 3; ++i)
      if (random() % 4) labels.emplace_back(names[i], words[static_cast<std::size_t>(i)]);
    const std::string bytes = pack(labels);
    std::set<std::uint32_t> found, expected;
    index.each_fit(AlertText(bytes), [&](std::uint32_t slot) { found.insert(slot); });
    for (std::uint32_t i = 0; i < plain.size(); ++i)
      if (!plain[i].empty() && matches_all(plain[i], AlertText(bytes))) expected.insert(i);
    CHECK(found == expected);
  }
}

TEST_CASE("the same matchers are the same bytes, and cut ones are none") {
  const auto a = pack_matchers({is("b", "2"), is("a", "x|y", Op::matches), is("b", "2")});
  const auto b = pack_matchers({is("a", "x|y", Op::matches), is("b", "2")});
  CHECK(a == b);
  CHECK(matchers_text(a) == R"({a=~"x|y", b="2"})");
  std::string why;
  CHECK(unpack_matchers(a, why)->size() == 2);
  for (std::size_t n = 1; n < a.size(); ++n) {
    const std::string copy = a.substr(0, n);
    const auto cut = unpack_matchers(copy, why);
    CHECK((!cut || cut->size() < 2));
  }
  CHECK_FALSE(unpack_matchers(pack_matchers({is("a", "(", Op::matches)}), why));
  CHECK(why.starts_with("error parsing regexp: "));
  SilenceIndex index;  // bytes that cannot be read mute nothing
  index.add(SilenceId(1), 0, "nonsense");
  bool found = false;
  const std::string bytes = pack({{"a", "b"}});
  index.each_fit(AlertText(bytes), [&](std::uint32_t) { found = true; });
  CHECK_FALSE(found);
}

TEST_CASE("a UUID is read back, and nothing else is one") {
  Desk desk;
  const Answer made = desk.give(silence(desk, {is("ci", "db")}));
  REQUIRE(made.code == Answer::Code::done);
  const Fingerprint uuid = parse_uuid(made.id);
  CHECK(uuid_text(uuid) == made.id);
  CHECK(made.id[14] == '4');
  CHECK(std::string("89ab").find(made.id[19]) != std::string::npos);
  CHECK(desk.state.silence_slot(uuid) != no_slot);
  for (const char* bad : {"", "x", "12345678-1234-4234-8234-12345678901",
                          "12345678-1234-4234-8234-"
                          "12345678901g",
                          "1234567801234-4234-8234-123456789012"})
    CHECK(parse_uuid(bad) == Fingerprint{});
}

TEST_CASE("limits are answers") {
  Desk desk;
  CHECK(desk.give(silence(desk, {})).code == Answer::Code::invalid);
  CHECK(desk.give(silence(desk, {is("", "x")})).code == Answer::Code::invalid);
  CHECK(desk.give(silence(desk, {is("a", std::string(1025, 'x'))})).code == Answer::Code::invalid);
  CHECK(desk.give(silence(desk, {is("a", "b")}, {})).code == Answer::Code::invalid);
  SetSilence c = silence(desk, {is("a", "b")});
  c.comment = std::string(1025, 'x');
  CHECK(desk.give(c).code == Answer::Code::invalid);
  c = silence(desk, {is("a", "b")});
  c.ends_at = {INT64_MAX};
  CHECK(desk.give(c).code == Answer::Code::invalid);
  // So many on one exact label, and so many on none; others are not refused for it.
  const auto fill = [&](const std::string& label, Op op) {
    Answer last;
    for (std::size_t i = 0; i <= SilenceLimits::together; ++i)
      last = desk.give(
          silence(desk, {is(label, "same", op), is("i", std::to_string(i), Op::matches)}));
    return last;
  };
  CHECK(fill("zone", Op::equal).fields.front().first == "matchers");
  CHECK(fill("zone", Op::matches).fields.front().first == "matchers");
  CHECK(desk.give(silence(desk, {is("zone", "other")})).code == Answer::Code::done);
  CHECK(desk.state.silence_index().size() == 2 * SilenceLimits::together + 1);
}

TEST_CASE("what was over for longest is forgotten when there is no more room") {
  Desk desk;
  for (std::size_t i = 0; i < SilenceLimits::rows; ++i) {
    const Answer made = desk.give(silence(desk, {is("i", std::to_string(i))}));
    REQUIRE(made.code == Answer::Code::done);
    desk.give(ExpireSilence{ivan(), parse_uuid(made.id)});
  }
  CHECK(desk.state.silences().size() == SilenceLimits::rows);
  REQUIRE(desk.give(silence(desk, {is("i", "one more")})).code == Answer::Code::done);
  CHECK(desk.state.silences().size() == SilenceLimits::rows);
  CHECK(desk.state.silence_slot(SilenceId(1)) == no_slot);
  CHECK(desk.state.silence_slot(SilenceId(2)) != no_slot);
  CHECK(broken(desk).empty());
}

TEST_CASE("a sweep over many incidents holds and resumes every one of them") {
  Desk desk;
  for (int i = 0; i < 400; ++i) firing(desk, "Down", "ci-" + std::to_string(i));
  const Answer made = desk.give(silence(desk, {is("ci", "ci-.*", Op::matches)}));
  REQUIRE(made.code == Answer::Code::done);
  desk.pass({});
  int held = 0;
  desk.state.incidents().each(
      [&](std::uint32_t, const IncidentRow& r) { held += r.held_until != never; });
  CHECK(held == 400);
  CHECK_FALSE(desk.state.globals().mute_next);
  CHECK(broken(desk).empty());
  desk.give(ExpireSilence{ivan(), parse_uuid(made.id)});
  desk.pass({});
  desk.state.incidents().each([&](std::uint32_t, const IncidentRow& r) {
    CHECK(r.held_until == never);
    CHECK(r.cycle == 2);
  });
  CHECK(broken(desk).empty());
}

TEST_CASE("an incident of more alerts than are looked through is not held") {
  Desk desk;
  for (std::uint32_t i = 0; i <= muted_members_max; ++i)
    firing(desk, "Down" + std::to_string(i), "db");
  REQUIRE(desk.state.incidents().size() == 1);
  REQUIRE(desk.give(silence(desk, {is("ci", "db")})).code == Answer::Code::done);
  CHECK(desk.incident(1).held_until == never);
  desk.pass(minutes(5));
  CHECK_FALSE(desk.orders.empty());
}

TEST_CASE("of two silences the later end counts, and of two alerts the sooner") {
  Desk desk;
  desk.give(silence(desk, {is("ci", "db")}, hours(1)));
  desk.give(silence(desk, {is("alertname", "A")}, hours(2)));
  firing(desk, "A", "db");
  CHECK(desk.incident(1).held_until == desk.now + hours(2));
  firing(desk, "B", "db");
  CHECK(desk.incident(1).held_until == desk.now + hours(1));
  CHECK(desk.incident(1).held_by == SilenceId(1));
  CHECK(broken(desk).empty());
}

TEST_CASE("members stay right when alerts change their incident, end and are forgotten") {
  Desk desk;
  const Wall start = desk.state.globals().wall(desk.now);
  for (const char* name : {"A", "B", "C"}) desk.alert(name, "db", "critical", start);
  const auto members = [&] {
    int n = 0;
    desk.state.each_member(IncidentNumber(1), [&](std::uint32_t) { return ++n, true; });
    return n;
  };
  CHECK(members() == 3);
  desk.pass(seconds(1));
  desk.alert("B", "db", "critical", start, true);
  CHECK(members() == 2);
  desk.alert("C", "db", "critical", start, true);
  desk.alert("A", "db", "critical", start, true);
  CHECK(members() == 0);
  desk.alert("B", "db", "critical", desk.state.globals().wall(desk.now) + seconds(1));
  CHECK(members() == 1);
}
