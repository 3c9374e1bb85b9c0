// What an event is in the light of what is known, and where it belongs: the tables of BND-4 and
// BND-7.
#include <catch2/catch.hpp>

#include "rules/classify/classify.hpp"
#include "rules/correlate/correlate.hpp"
#include "rules/intake/intake.hpp"
#include "rules/model/matcher_index.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

Known judge(AlertState state, Severity known, Severity now, std::int64_t known_start,
            std::int64_t start, std::int64_t known_end = 0) {
  AlertRow row;
  row.state = state, row.severity = known, row.starts_at = {known_start}, row.ends_at = {known_end};
  Prepared p;
  p.severity = now, p.starts_at = {start};
  return judge_firing(row, p);
}

}  // namespace

TEST_CASE("a firing event for a known key") {
  const auto E = Severity::error, C = Severity::critical;
  CHECK(judge(AlertState::held, E, E, 10, 10) == Known::repeat);
  CHECK(judge(AlertState::held, E, E, 10, 20) == Known::repeat);
  CHECK(judge(AlertState::held, E, C, 10, 10) == Known::held_changed);
  CHECK(judge(AlertState::firing, E, E, 10, 10) == Known::repeat);
  CHECK(judge(AlertState::firing, E, E, 10, 9) ==
        Known::repeat);  // the other of a pair saw it earlier
  CHECK(judge(AlertState::firing, E, E, 10, 0) == Known::repeat);  // no start given
  CHECK(judge(AlertState::firing, E, E, 10, 11) == Known::changed);
  CHECK(judge(AlertState::firing, E, C, 10, 10) == Known::changed);
  CHECK(judge(AlertState::stale, E, E, 10, 10) == Known::back);
  CHECK(judge(AlertState::resolved, E, E, 10, 15, 20) == Known::out_of_order);
  CHECK(judge(AlertState::resolved, E, E, 10, 20, 20) == Known::out_of_order);
  CHECK(judge(AlertState::resolved, E, E, 10, 21, 20) == Known::back);
  CHECK(judge(AlertState::resolved, E, E, 10, 0, 20) == Known::back);
  CHECK(judge(AlertState::tombstone, E, E, 10, 20, 20) == Known::out_of_order);
  CHECK(judge(AlertState::tombstone, E, E, 10, 21, 20) == Known::back);
}

TEST_CASE("an end for a known key") {
  AlertRow row;
  Prepared p;
  row.starts_at = {10'000}, p.until = {20'000};
  for (auto state : {AlertState::held, AlertState::firing, AlertState::stale}) {
    row.state = state;
    CHECK(judge_resolve(row, p) == KnownEnd::ends);
  }
  p.until = {9'001};  // a sender that counts in seconds
  CHECK(judge_resolve(row, p) == KnownEnd::ends);
  p.until = {9'000};
  CHECK(judge_resolve(row, p) == KnownEnd::out_of_order);
  row.state = AlertState::resolved;
  CHECK(judge_resolve(row, p) == KnownEnd::repeat);
  row.state = AlertState::tombstone;
  CHECK(judge_resolve(row, p) == KnownEnd::repeat);
}

TEST_CASE("windows of correlation are inclusive") {
  Desk desk;
  desk.settings->rules = {{"r",
                           {{"alertname", Matcher::Op::equal, "Slow", nullptr}},
                           "application",
                           "latency",
                           "",
                           "",
                           {},
                           {}}};
  const auto join = [&](std::string_view subcategory) {
    std::string frame;
    Facts out(desk.state, fold_function(), frame);
    return find_join({desk.state, *desk.settings, desk.sightings, desk.now, out}, {}, "db-1",
                     subcategory);
  };
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  const Instant opened = desk.now;
  CHECK(join("uncategorized").why == JoinReason::same_ci_and_subcategory);
  desk.now = opened + desk.settings->same_ci_window;
  CHECK(join("latency").why == JoinReason::same_ci_recently);
  desk.now = desk.now + milliseconds(1);
  CHECK_FALSE(join("latency").incident);

  desk.now = opened + minutes(16);
  desk.alert("Down", "db-1", "critical", {opened.ms}, true);
  desk.pass(minutes(20));
  REQUIRE(desk.incident(1).state == IncidentState::resolved);
  const Instant resolved = desk.incident(1).resolved_at;
  desk.now = resolved + desk.settings->reopen_window;
  CHECK(join("uncategorized").reopen);
  CHECK(join("uncategorized").why == JoinReason::reopened_same_ci_and_subcategory);
  CHECK_FALSE(join("latency").incident);
  desk.now = desk.now + milliseconds(1);
  CHECK_FALSE(join("uncategorized").incident);
}

TEST_CASE("an ended alert is remembered while its incident can be reopened") {
  Desk desk;
  desk.alert("Down", "", "critical", {desk.now.ms});
  desk.pass(minutes(1));
  desk.alert("Down", "", "critical", {desk.now.ms}, true);
  desk.pass(minutes(20));
  REQUIRE(desk.incident(1).state == IncidentState::resolved);
  desk.now = desk.incident(1).resolved_at + desk.settings->reopen_window - Span{};
  desk.pass({});
  desk.alert("Down", "", "critical", {desk.now.ms});
  CHECK(desk.incident(1).reopened == 1);
}

TEST_CASE("the rule of an alert is the first that fits, walked or looked up") {
  Desk desk;
  auto s = desk.settings;
  s->rules = {{"r1",
               {{"alertname", Matcher::Op::equal, "Down", nullptr},
                {"env", Matcher::Op::not_equal, "test", nullptr}},
               "database",
               "availability",
               "",
               "",
               {},
               {}},
              {"r2",
               {{"alertname", Matcher::Op::equal, "Down", nullptr}},
               "compute",
               "cpu",
               "",
               "",
               {},
               {}},
              {"r3",
               {{"team", Matcher::Op::not_equal, "", nullptr}},
               "network",
               "dns",
               "",
               "",
               Severity::warning,
               {}}};
  const char* names[] = {"Down", "Up"};
  const char* envs[] = {"", "test", "prod"};
  const char* teams[] = {"", "a"};
  for (int round = 0; round < 2; ++round) {
    if (round == 1) index_matchers(*s);
    for (auto name : names)
      for (auto env : envs)
        for (auto team : teams) {
          std::vector<Pair> labels{{"alertname", name}};
          if (*env) labels.emplace_back("env", env);
          if (*team) labels.emplace_back("team", team);
          const std::string bytes = pack(labels);
          std::int32_t expected = -1;
          for (std::size_t i = s->rules.size(); i-- > 0;)
            if (matches_all(s->rules[i].match, AlertText(bytes)))
              expected = static_cast<std::int32_t>(i);
          CHECK(prepare_stored(AlertText(bytes), {}, *s).rule == expected);
        }
  }
}

TEST_CASE("times of senders that are not to be believed") {
  Desk desk;
  const std::string bytes = pack({{"alertname", "Down"}});
  AlertBatch batch;
  batch.bytes = bytes;
  const Wall received{1'000'000'000'000};
  const auto suspect = [&](Wall starts) {
    IncomingAlert in;
    in.text_size = static_cast<std::uint32_t>(bytes.size()), in.starts_at = starts;
    return prepare(batch, in, *desk.settings, {}, 0, received).time_suspect;
  };
  CHECK_FALSE(suspect(received - hours(24)));
  CHECK(suspect(received - hours(24) - milliseconds(1)));
  CHECK_FALSE(suspect(received + minutes(5)));
  CHECK(suspect(received + minutes(5) + milliseconds(1)));
  CHECK_FALSE(suspect({}));
}

TEST_CASE("fingerprints are of the labels, the source and the store") {
  const auto s = small_settings();
  AlertBatch batch;
  batch.bytes = pack({{"alertname", "Down"}, {"ci", "a"}}, {{"summary", "one"}});
  IncomingAlert in;
  in.text_size = static_cast<std::uint32_t>(batch.bytes.size());
  AlertBatch other = batch;
  other.bytes = pack({{"alertname", "Down"}, {"ci", "a"}}, {{"summary", "two"}});
  const Fingerprint f = prepare(batch, in, *s, {1, 2}, 0, {}).fingerprint;
  CHECK(f == prepare(other, in, *s, {1, 2}, 0, {}).fingerprint);
  CHECK(f != prepare(batch, in, *s, {1, 2}, 1, {}).fingerprint);
  CHECK(f != prepare(batch, in, *s, {1, 3}, 0, {}).fingerprint);
}

TEST_CASE("texts are cut between characters") {
  CHECK(shorten("abc", 3) == "abc");
  CHECK(shorten("abc", 2) == "ab");
  CHECK(shorten("a\xc3\xa9", 2) == "a");      // é
  CHECK(shorten("\xe2\x82\xac", 2).empty());  // euro sign
  CHECK(shorten("\xf0\x9f\x94\x94x", 4) == "\xf0\x9f\x94\x94");
  for (std::size_t n = 0; n < 4; ++n) CHECK(shorten("\xf0\x9f\x94\x94x", n).empty());
  const std::string long_text = [] {
    std::string out;
    for (int i = 0; i < 100; ++i) out += "\xc3\xa9";
    return out;
  }();
  Verdict v;
  v.name = "Down", v.summary = long_text;
  const std::string title = title_of(v, "db-1");
  CHECK(title.size() <= 160);
  CHECK((static_cast<unsigned char>(title.back()) & 0xC0) == 0x80);  // ends with a whole é
}
