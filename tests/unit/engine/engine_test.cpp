// The running core on the memory journal: a page goes out for a critical alert, a restart forgets
// nothing and settles what the older process left, and a reader sees only what is durable.
#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>

#include "daemon/engine/auditor.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/journal/memory_journal.hpp"
#include "rules/prepare.hpp"

using namespace tocsin;

namespace {

std::shared_ptr<Settings> small_settings() {
  auto s = std::make_shared<Settings>();
  s->hash = "small";
  s->text = "small";
  s->sources = {"test"};
  s->people = {{"ada", "ada@example.org", {"pager"}, {}, ""}};
  s->channels = {{"pager", "webhook", {}, 4}, {"terminal", "terminal", {}, 4}};
  s->catch_all_people = {"ada"};
  for (auto& policy : s->policies) {
    policy.steps = {{seconds(0), {{Target::Kind::catch_all, "", true}}}};
    policy.must_page = true;
  }
  return s;
}

// One running engine over a store that outlives it.
struct Running {
  MemoryJournal journal;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<SendOrder> sent;
  std::atomic<bool> handing_over{false};
  std::shared_ptr<const Settings> settings = small_settings();
  Engine engine;

  explicit Running(MemoryStore& store, EngineOptions options = {})
      : journal(store),
        engine(std::move(options), {&journal,
                                    [this](const std::string&) { return settings; },
                                    [this](std::vector<SendOrder> orders) {
                                      handing_over = true;
                                      std::lock_guard lock(mutex);
                                      for (auto& o : orders) sent.push_back(std::move(o));
                                      changed.notify_all();
                                    },
                                    {},
                                    {}}) {
    const StartResult started = engine.start(settings);
    INFO(started.message);
    REQUIRE(started.ok);
  }
  SendOrder wait_for_order(std::size_t n) {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return sent.size() >= n; }));
    return sent[n - 1];
  }
  // Offers one alert and waits until it is durable.
  std::uint64_t alert(const std::string& name, const std::string& severity, bool resolved = false) {
    AlertsRequest request = one(name, severity, resolved);
    std::promise<std::uint64_t> done;
    request.done = [&](bool, std::uint64_t seq) { done.set_value(seq); };
    REQUIRE(engine.offer(std::move(request)) == Offer::taken);
    auto future = done.get_future();
    REQUIRE(future.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    return future.get();
  }
  AlertsRequest one(const std::string& name, const std::string& severity, bool resolved) const {
    AlertsRequest request;
    request.batch = std::make_shared<AlertBatch>();
    pack_alert(request.batch->bytes,
               {{"alertname", name}, {"instance", "db-1"}, {"severity", severity}}, {}, "");
    IncomingAlert a;
    a.text_size = static_cast<std::uint32_t>(request.batch->bytes.size());
    a.resolved = resolved;
    request.batch->alerts.push_back(a);
    request.settings = engine.settings();
    request.source = engine.source_slot("test");
    request.received_at = engine.wall_now();
    request.prepared.push_back(prepare(*request.batch, a, *request.settings, engine.secret(),
                                       request.source, request.received_at));
    return request;
  }
};

}  // namespace

TEST_CASE("a critical alert pages, and a restart keeps all of it") {
  MemoryStore store;
  PageKey key;
  {
    Running first(store);
    const std::uint64_t seq = first.alert("DbDown", "critical");
    const SendOrder order = first.wait_for_order(1);
    key = order.key;
    CHECK(order.person == "ada");
    CHECK(order.incident == IncidentNumber(1));
    CHECK(first.alert("DbDown", "critical") ==
          seq);  // a repeat rests on the same frame and writes none
    const auto seen = first.engine.read_now(seq);
    REQUIRE(seen);
    CHECK(seen->incidents.size() == 1);
    CHECK(seen->totals.dispositions[index(Disposition::incident_opened)] == 1);
  }
  Running second(store);
  // Nobody told the first process how its attempt ended: it goes out again, under the same key.
  const SendOrder again = second.wait_for_order(1);
  CHECK(again.key == key);
  CHECK(again.attempt == 2);
  second.engine.settle(
      {again.page, again.attempt, again.epoch, AttemptOutcome::accepted, "ok", {}});
  std::promise<Answer> acknowledged;
  AcknowledgeIncident ack{IncidentNumber(1), {"ada", ~0u}, "test"};
  REQUIRE(second.engine.offer(ack, [&](const Answer& a, std::uint64_t) {
    acknowledged.set_value(a);
  }) == Offer::taken);
  CHECK(acknowledged.get_future().get().code == Answer::Code::done);
  const auto seen = second.engine.read_now(0);
  REQUIRE(seen);
  CHECK(seen->totals.dispositions[index(Disposition::duplicate)] == 1);
  const auto row = seen->incident(IncidentNumber(1));
  REQUIRE(row);
  CHECK(row->state == IncidentState::in_progress);
  CHECK(row->words().owner == "ada");
}

TEST_CASE("what is only counted is counted to the last one, however much comes at once") {
  MemoryStore store;
  constexpr std::uint32_t threads = 4, times = 20'000;  // more than there are places for commands
  {
    Running run(store);
    std::vector<std::thread> counting;
    for (std::uint32_t i = 0; i < threads; ++i)
      counting.emplace_back([&, i] {
        for (std::uint32_t n = 0; n < times; ++n)
          run.engine.count_rejected(i % 2 ? std::uint8_t{0} : std::uint8_t{255},
                                    i < 2 ? Disposition::unmatched : Disposition::shed, 1);
      });
    for (auto& thread : counting) thread.join();
  }
  Running second(store);  // a clean stop kept all of it
  const auto seen = second.engine.read_now(0);
  REQUIRE(seen);
  CHECK(seen->totals.dispositions[index(Disposition::unmatched)] == 2 * times);
  CHECK(seen->totals.dispositions[index(Disposition::shed)] == 2 * times);
  CHECK(seen->totals.received[0] == 2 * times);
  CHECK(seen->totals.received[sources_max - 1] == 2 * times);
}

TEST_CASE(
    "short of room, critical alerts and ends are still taken, and nothing overtakes anything") {
  MemoryStore store;
  EngineOptions options;
  options.inbox_alerts_max = 8, options.inbox_ordinary_max = 4;
  Running run(store, options);
  // The core stands still in the middle of handing over a page.
  std::unique_lock standing_still(run.mutex);
  REQUIRE(run.engine.offer(run.one("Down", "critical", false)) == Offer::taken);
  while (!run.handing_over) std::this_thread::yield();

  std::vector<std::string> answered;  // on the core's thread
  std::promise<void> last;
  const auto offer = [&](const std::string& name, const std::string& severity, bool resolved,
                         std::uint8_t source = 0) {
    AlertsRequest request = run.one(name, severity, resolved);
    request.source = source;
    request.done = [&answered, &last, what = name + (resolved ? " ends" : "")](bool ok,
                                                                               std::uint64_t) {
      if (ok) answered.push_back(what);
      if (answered.size() == 8) last.set_value();
    };
    return run.engine.offer(std::move(request));
  };
  CHECK(offer("A", "warning", false) == Offer::taken);
  CHECK(offer("B", "error", false) == Offer::taken);
  CHECK(offer("C", "info", false) == Offer::taken);
  CHECK(offer("D", "error", false) == Offer::full);  // three quarters are this source's
  CHECK(offer("A", "warning", true) == Offer::taken);
  CHECK(offer("E", "critical", false) == Offer::taken);
  CHECK(offer("F", "warning", false) == Offer::full);
  CHECK(offer("E", "critical", true) == Offer::taken);
  CHECK(offer("G", "critical", false) == Offer::full);
  CHECK(offer("H", "critical", false, 1) == Offer::taken);
  CHECK(offer("I", "critical", false, 1) == Offer::taken);
  CHECK(offer("J", "critical", false, 1) == Offer::full);
  standing_still.unlock();
  last.get_future().wait();
  CHECK(answered == std::vector<std::string>{"A", "B", "C", "A ends", "E", "E ends", "H", "I"});
  const auto seen = run.engine.read_now(0);
  REQUIRE(seen);
  CHECK(seen->totals.dispositions[index(Disposition::orphan_resolve)] == 0);
}

TEST_CASE("the auditor finds a running core well, and says so to who asks") {
  MemoryStore store;
  Running running(store);
  Auditor auditor(running.engine, [](LogLevel, std::string_view, std::string_view) {});
  CHECK(auditor.not_well() == "the laws were not looked at yet");
  auditor.look();
  REQUIRE(auditor.last());
  CHECK(auditor.last()->audit.broken == std::vector<std::string>{});
  CHECK(auditor.not_well().empty());
}
