// Who is told and when: positions in a policy, keys, back-off, channels of a person.
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "rules/oncall/escalation.hpp"
#include "rules/oncall/outbox.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

Policy policy(std::initializer_list<int> at, int repeat_every, int repeats, bool must_page = true) {
  Policy p;
  for (int m : at) p.steps.push_back({minutes(m), {{Target::Kind::primary, "", true}}});
  p.repeat_every = minutes(repeat_every), p.repeats_max = static_cast<std::uint16_t>(repeats);
  p.must_page = must_page;
  return p;
}
std::int64_t minute_of(const Policy& p, int step, int repeat) {
  const Instant due =
      due_of(p, {0}, {static_cast<std::uint16_t>(step), static_cast<std::uint16_t>(repeat)});
  return due == never ? -1 : due.ms / 60'000;
}

}  // namespace

TEST_CASE("steps, repeats, and then the catch-all for ever") {
  const Policy p = policy({0, 5, 10}, 30, 2);
  CHECK(minute_of(p, 0, 0) == 0);
  CHECK(minute_of(p, 1, 0) == 5);
  CHECK(minute_of(p, 2, 0) == 10);
  CHECK(minute_of(p, 3, 0) == 40);
  CHECK(minute_of(p, 3, 1) == 70);
  CHECK(minute_of(p, 3, 2) == 100);
  CHECK(minute_of(p, 3, 3) == 130);
  CHECK(minute_of(p, 3, 2000) > minute_of(p, 3, 1999));
}

TEST_CASE("what need not page ends with its last step") {
  CHECK(minute_of(policy({0, 5}, 0, 0, false), 2, 0) == -1);
  CHECK(minute_of(policy({}, 0, 0, false), 0, 0) == -1);
  CHECK(minute_of(policy({}, 0, 0, true), 0, 0) == 30);
  CHECK(minute_of(policy({0}, 0, 0, true), 1, 0) == 30);
}

TEST_CASE("a policy that became shorter or longer than the position still answers") {
  for (int steps = 0; steps < 4; ++steps)
    for (int repeats = 0; repeats < 3; ++repeats)
      for (int step = 0; step < 6; ++step)
        for (int repeat = 0; repeat < 6; ++repeat) {
          Policy p = policy({}, repeats ? 10 : 0, repeats);
          for (int i = 0; i < steps; ++i) p.steps.push_back({minutes(i), {}});
          const Position at{static_cast<std::uint16_t>(step), static_cast<std::uint16_t>(repeat)};
          CHECK(due_of(p, {0}, at) != never);
          const Position next = after(p, at);
          // Positions only ever grow, so a cycle never asks for the same key twice.
          CHECK(std::pair(next.step, next.repeat) > std::pair(at.step, at.repeat));
          CHECK(due_of(p, {0}, next) >= due_of(p, {0}, at));
        }
}

TEST_CASE("a page key is of its obligation and of nothing else") {
  Globals store;
  store.secret = {1, 2};
  const auto key = [&store](std::uint16_t cycle, std::uint16_t step, std::uint16_t repeat,
                            PageKind kind, WhyPage why, const char* person, const char* channel) {
    return page_key(store, IncidentNumber(1), cycle, step, repeat, kind, why, person, channel);
  };
  const auto base = key(1, 0, 0, PageKind::page, WhyPage::step_due, "ann", "pager");
  CHECK(base == key(1, 0, 0, PageKind::page, WhyPage::nobody_to_page, "ann", "pager"));
  CHECK(hex(base) == hex(key(1, 0, 0, PageKind::page, WhyPage::step_due, "ann", "pager")));
  std::set<PageKey> keys{base};
  keys.insert(key(2, 0, 0, PageKind::page, WhyPage::step_due, "ann", "pager"));
  keys.insert(key(1, 1, 0, PageKind::page, WhyPage::step_due, "ann", "pager"));
  keys.insert(key(1, 0, 1, PageKind::page, WhyPage::step_due, "ann", "pager"));
  keys.insert(key(1, 0, 0, PageKind::inform, WhyPage::step_due, "ann", "pager"));
  keys.insert(key(1, 0, 0, PageKind::page, WhyPage::priority_raised, "ann", "pager"));
  keys.insert(key(1, 0, 0, PageKind::page, WhyPage::step_due, "eve", "pager"));
  keys.insert(key(1, 0, 0, PageKind::page, WhyPage::step_due, "ann", "chat"));
  keys.insert(key(1, 0, 0, PageKind::page, WhyPage::step_due, "annp", "ager"));
  store.lost_to = 7;  // numbers that came again after a loss are other obligations
  keys.insert(key(1, 0, 0, PageKind::page, WhyPage::step_due, "ann", "pager"));
  store.lost_to = 0, store.secret = {1, 3};
  keys.insert(key(1, 0, 0, PageKind::page, WhyPage::step_due, "ann", "pager"));
  CHECK(keys.size() == 11);
  // For ever: providers hold these keys across versions of ours.
  CHECK(hex(base) == "f9805d5ea742e827ad7f47fd7742d1aa");
}

TEST_CASE("back-off doubles to a minute and is jittered by a quarter at most") {
  for (std::uint64_t low : {0ull, 1ull, 249ull, 250ull, 251ull, 123456789ull, ~0ull})
    for (std::uint16_t attempt = 0; attempt < 40; ++attempt) {
      const std::int64_t base =
          std::min<std::int64_t>(60'000, 1000LL << std::min<int>(attempt ? attempt - 1 : 0, 6));
      const Span wait = back_off(attempt, {0, low});
      CHECK(wait.ms >= base);
      CHECK(wait.ms <= base + base / 4);
    }
  CHECK(back_off(UINT16_MAX, {0, 0}).ms == 60'000);
}

TEST_CASE("channels of a person are total") {
  const auto s = small_settings();
  using List = std::vector<std::string>;
  CHECK(channels_for(*s, "ann", PageKind::page) == List{"pager", "chat"});
  CHECK(channels_for(*s, "ann", PageKind::notice) == List{"chat"});
  CHECK(channels_for(*s, "eve", PageKind::inform) == List{"pager"});
  CHECK(channels_for(*s, "nobody", PageKind::page) == List{"chat"});
  s->channels.clear();
  CHECK(channels_for(*s, "ann", PageKind::page) == List{"chat"});
}

TEST_CASE("a step that wakes nobody who is left goes to the catch-all") {
  Desk desk;
  desk.settings->people.erase(desk.settings->people.begin());  // ann
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  REQUIRE(desk.orders.size() == 1);
  CHECK(desk.orders[0].person == "eve");
  CHECK(desk.orders[0].why == WhyPage::nobody_to_page);
  desk.settings->people.clear();
  desk.pass(minutes(5));
  const auto step = std::find_if(desk.orders.begin(), desk.orders.end(),
                                 [](const SendOrder& o) { return o.step == 1; });
  REQUIRE(step != desk.orders.end());
  CHECK(step->person.empty());
  CHECK(step->channel == "chat");
}

TEST_CASE("overdue steps collapse into the highest") {
  Desk desk;
  for (auto& p : desk.settings->policies)
    p.steps.push_back({minutes(9), {{Target::Kind::catch_all, "", true}}});
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  desk.now = desk.now + minutes(20);
  desk.pass({});
  std::set<std::string> told;
  for (const auto& order : desk.orders)
    if (order.kind == PageKind::page && order.attempt == 1 && order.step == 2)
      told.insert(order.person);
  CHECK(told == std::set<std::string>{"ann", "eve"});
  CHECK(desk.incident(1).step == 3);
}

TEST_CASE("an outcome of another attempt changes nothing") {
  Desk desk;
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  REQUIRE(desk.orders.size() == 1);
  const SendOrder order = desk.orders[0];
  const std::string before = desk.state.canonical();
  desk.give(SettleAttempt{order.page, 7, order.epoch, AttemptOutcome::refused, "", {}});
  desk.give(SettleAttempt{order.page, 1, Epoch(9), AttemptOutcome::unknown, "", {}});
  desk.give(SettleAttempt{PageId(99), 1, order.epoch, AttemptOutcome::accepted, "", {}});
  CHECK(desk.state.canonical() == before);
  desk.give(SettleAttempt{order.page, 1, order.epoch, AttemptOutcome::accepted, "", {}});
  CHECK(desk.state.pages().at(desk.state.page_slot(order.page)).delivered);
}

TEST_CASE("a late yes ends a page that waits for another try") {
  Desk desk;
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  const SendOrder order = desk.orders.at(0);
  desk.pass(seconds(75));  // the lease
  CHECK(desk.state.pages().at(desk.state.page_slot(order.page)).state == PageState::waiting);
  desk.give(SettleAttempt{order.page, 1, order.epoch, AttemptOutcome::accepted, "", {}});
  CHECK(desk.state.pages().at(desk.state.page_slot(order.page)).delivered);
}
