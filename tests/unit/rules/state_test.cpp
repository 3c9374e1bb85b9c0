// Slabs, snapshots, the archive, totals: what readers and checkpoints rely on.
#include <catch2/catch.hpp>

#include "rules/invariants.hpp"
#include "rules/model/table.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

TEST_CASE("a snapshot does not move when the table does") {
  Table<int> table;
  std::vector<std::uint32_t> slots;
  for (int i = 0; i < 200; ++i) slots.push_back(table.insert(i));
  const auto before = table.snapshot();
  for (auto slot : slots) table.change(slot) += 1000;
  table.erase(slots[5]);
  const auto after = table.snapshot();
  table.insert(-1);
  CHECK(before.size() == 200);
  CHECK(after.size() == 199);
  CHECK(before.used(slots[5]));
  CHECK_FALSE(after.used(slots[5]));
  for (int i = 0; i < 200; ++i) CHECK(before.at(slots[static_cast<std::size_t>(i)]) == i);
  std::int64_t sum = 0;
  after.each([&](std::uint32_t, int v) { sum += v; });
  CHECK(sum == 200 * 1000 + 199 * 100 - 1005);
}

TEST_CASE("dirty slots are told once, and again after they were given back") {
  Table<int> table;
  const auto a = table.insert(1), b = table.insert(2);
  table.change(a) = 3;
  CHECK(table.take_dirty() == std::vector<std::uint32_t>{a, b});
  CHECK(table.dirty() == 0);
  table.change(b) = 4;
  table.give_back_dirty({a, b});
  CHECK(table.dirty() == 2);
  table.erase(a);
  CHECK(table.insert(9) == a);
  CHECK(table.at(a) == 9);
}

TEST_CASE("archived entries stay for old readers and go in whole chunks") {
  constexpr std::uint32_t chunk = Archive::chunk_size;
  Archive archive;
  const auto add = [&](std::uint32_t n) {
    archive.add(IncidentNumber(n), "k" + std::to_string(n), std::to_string(n));
  };
  const auto find = [](const Archive::View& view, std::uint32_t n) {
    return view.find(IncidentNumber(n), "k" + std::to_string(n));
  };
  for (std::uint32_t n = 1; n <= 2 * chunk + 100; ++n) add(n);
  const auto old = archive.view();
  archive.drop_before(chunk - 1);
  CHECK(archive.size() == 2 * chunk + 100);
  archive.drop_before(2 * chunk + 1);
  CHECK(archive.size() == 100);
  CHECK(find(archive.view(), 3) == nullptr);
  REQUIRE(find(archive.view(), 2 * chunk + 100) != nullptr);
  REQUIRE(find(old, 3) != nullptr);
  CHECK(find(old, 3)->value == "3");
  add(2 * chunk + 101);
  CHECK(find(old, 2 * chunk + 101) == nullptr);
  CHECK(archive.end() == 2 * chunk + 101);
}

TEST_CASE("an archived entry is found among those of its own incident") {
  // Numbers far apart share a chain; a look-up passes over the others and stops at the oldest
  // entry that waits. The plain twin looks at every entry.
  Archive archive;
  std::vector<Archive::View> views;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const IncidentNumber n(1 + i % 7 + (i % 3) * 16384);
    archive.add(n, std::to_string(n.value) + "/" + std::to_string(i), std::to_string(i));
    if (i % 999 == 0) views.push_back(archive.view());
    if (i == 3000) archive.drop_before(2500);
  }
  views.push_back(archive.view());
  for (const auto& view : views)
    for (std::uint32_t i = 0; i < 5000; i += 13) {
      const IncidentNumber n(1 + i % 7 + (i % 3) * 16384);
      const std::string key = std::to_string(n.value) + "/" + std::to_string(i);
      const ArchiveEntry* plain = nullptr;
      std::size_t of_it = 0, found_of_it = 0;
      view.each([&](const ArchiveEntry& e) {
        if (e.key == key) plain = &e;
        of_it += e.incident == n;
      });
      view.each_of(n, [&](const ArchiveEntry&) { return ++found_of_it != 0; });
      CHECK(view.find(n, key) == plain);
      CHECK(found_of_it == of_it);
    }
}

TEST_CASE("a snapshot keeps the words of what is gone") {
  Desk desk;
  std::shared_ptr<const Snapshot> old, older = desk.state.snapshot();
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  old = desk.state.snapshot();
  const std::uint32_t slot = desk.state.incident_slot(IncidentNumber(1));
  desk.give(AcknowledgeIncident{IncidentNumber(1), {"ann", 1u << index(Role::engineer)}, "api"});
  for (int i = 0; i < 50; ++i) desk.state.snapshot();
  CHECK(old->incidents.at(slot).words().owner.empty());
  CHECK(desk.incident(1).words().owner == "ann");
  CHECK(older->incidents.size() == 0);
  older.reset();
  CHECK(old->incident(IncidentNumber(1))->words().ci == "db-1");
}

TEST_CASE("a snapshot may outlive the state") {
  std::shared_ptr<const Snapshot> left;
  {
    Desk desk;
    desk.alert("Down", "db-1", "critical", {desk.now.ms});
    left = desk.state.snapshot();
  }
  REQUIRE(left->incident(IncidentNumber(1)));
  CHECK(left->incident(IncidentNumber(1))->words().ci == "db-1");
}

TEST_CASE("totals follow the events") {
  Desk desk;
  const Wall start{desk.now.ms};
  desk.settings->hold_down[index(Severity::warning)] = seconds(60);
  desk.alert("Down", "db-1", "critical", start);
  desk.alert("Odd", "db-2", "warning", start);
  const auto& t = desk.state.totals();
  CHECK(t.held == 1);
  CHECK(t.dispositions[index(Disposition::incident_opened)] == 1);
  desk.alert("Odd", "db-2", "warning", start, true);
  CHECK(t.held == 0);
  CHECK(t.dispositions[index(Disposition::held_then_cleared)] == 2);
  desk.alert("Never", "db-3", "warning", start, true);
  CHECK(t.dispositions[index(Disposition::orphan_resolve)] == 1);
  CHECK(desk.state.globals().tombstones == 1);
  CHECK(t.received[0] == 4);
  CHECK_FALSE(broken_law(desk.state, *desk.settings));
  std::uint64_t opened = 0;
  for (const auto& [key, n] : t.counters) opened += key.metric == Metric::incidents_opened ? n : 0;
  CHECK(opened == 1);
}

TEST_CASE("tombstones are bounded") {
  Desk desk;
  desk.settings->tombstones_max = 2;
  for (int i = 0; i < 5; ++i)
    desk.alert("N" + std::to_string(i), "x", "error", {desk.now.ms}, true);
  CHECK(desk.state.globals().tombstones == 2);
  CHECK(desk.state.alerts().size() == 2);
  desk.pass(hours(25));
  CHECK(desk.state.alerts().size() == 0);
  CHECK(desk.state.globals().tombstones == 0);
}

TEST_CASE("a deadline that has moved is not kept until it would have been due") {
  Desk desk;
  desk.settings->resolve_timeout = hours(4);
  for (int i = 0; i < 5000; ++i) {
    desk.alert("Flaps", "db-1", "warning", {desk.now.ms}, i % 2 == 1);
    desk.pass(seconds(1));
    REQUIRE(desk.state.next_deadline());
    REQUIRE(desk.state.deadlines_kept() < 2 * 64);
  }
}

TEST_CASE("deadlines come in the order of time and then of class") {
  Desk desk;
  desk.settings->policies[1].steps[1].after = seconds(75);  // as long as a lease
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  std::vector<DeadlineKind> order;
  const Instant start = desk.now;
  while (const auto due = desk.state.next_deadline()) {
    if (due->due > start + seconds(75)) break;
    order.push_back(due->kind);
    desk.now = due->due;
    std::string frame;
    Facts out(desk.state, fold_function(), frame);
    decide_due(desk.state, *desk.settings, desk.sightings, *due, desk.now, out);
    if (order.size() > 9) break;
  }
  REQUIRE(order.size() == 2);
  CHECK(order[0] == DeadlineKind::page_lease);
  CHECK(order[1] == DeadlineKind::escalation);
}

TEST_CASE("what is held at a CI is found by serial, whatever came and went between") {
  auto settings = small_settings();
  settings->hold_down[index(Severity::warning)] = minutes(3);
  Desk desk(settings);
  std::vector<Fingerprint> known;
  std::vector<bool> fires;
  std::uint64_t dice = 7;
  for (int step = 0; step < 400; ++step) {
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    const std::size_t which = (dice >> 33) % 12;
    if (which >= fires.size()) fires.resize(which + 1);
    desk.now = desk.now + seconds(1);
    fires[which] = !fires[which];
    desk.alert("Slow" + std::to_string(which), "web-1", "warning", {desk.now.ms}, !fires[which]);

    std::vector<AlertSerial> want, got;
    desk.state.alerts().each([&](std::uint32_t, const AlertRow& row) {
      if (row.state == AlertState::held) want.push_back(row.serial());
    });
    std::sort(want.begin(), want.end());
    const CiNow* now = desk.state.ci_now("web-1");
    CHECK((now ? now->held.size : 0) == want.size());
    if (now)
      for (const std::uint32_t slot : desk.state.held_at(*now, 5))
        got.push_back(desk.state.alerts().at(slot).serial());
    want.resize(std::min<std::size_t>(want.size(), 5));
    CHECK(got == want);
    CHECK(broken_law(desk.state, *desk.settings) == std::nullopt);
  }
}
