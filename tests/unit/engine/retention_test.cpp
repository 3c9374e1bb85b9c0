// Closed incidents are found on the disk slice by slice, and their rows go with the next
// checkpoint.
#include <catch2/catch.hpp>

#include <chrono>
#include <future>
#include <thread>

#include "daemon/engine/retention.hpp"
#include "daemon/journal/memory_journal.hpp"
#include "rules/model/row_codec.hpp"
#include "rules/story.hpp"

using namespace tocsin;

namespace {

std::shared_ptr<Settings> settings() {
  auto s = std::make_shared<Settings>();
  s->hash = s->text = "small";
  s->people = {{"ada", "", {"pager"}, {}, ""}};
  s->channels = {{"pager", "webhook", {}, 4}};
  s->catch_all_people = {"ada"};
  s->keep_incidents = Span{1};
  return s;
}

struct Running {
  MemoryStore store;
  MemoryJournal journal{store};
  std::unique_ptr<Engine> engine;

  Running() {
    EngineOptions options;
    options.checkpoint_every = Span{10};
    EnginePorts ports;
    ports.journal = &journal;
    ports.compile = [](const std::string&) { return settings(); };
    ports.send = [this](const std::vector<SendOrder>& orders) {
      for (const SendOrder& o : orders)
        engine->settle({o.page, o.attempt, o.epoch, AttemptOutcome::accepted, "", {}});
    };
    engine = std::make_unique<Engine>(options, std::move(ports));
    REQUIRE(engine->start(settings()).ok);
  }
  Answer give(Command command) {
    std::promise<Answer> done;
    REQUIRE(engine->offer(std::move(command), [&](const Answer& a, std::uint64_t) {
      done.set_value(a);
    }) == Offer::taken);
    return done.get_future().get();
  }
  // A loss is an incident of our own, which a person can resolve and close.
  void closed_incident() {
    give(DeclareLoss{1, 1, "for the test"});
    const Actor ada{"ada", 1u << index(Role::incident_manager)};
    const IncidentNumber n(1);
    REQUIRE(give(AcknowledgeIncident{n, ada, "test"}).code == Answer::Code::done);
    REQUIRE(give(ResolveIncident{n, ada, ClosureCode::no_fault_found, CauseCode::unknown,
                                 "this was only a test of retention", true})
                .code == Answer::Code::done);
    REQUIRE(give(CloseIncident{n, ada}).code == Answer::Code::done);
  }
  bool comes(const std::function<bool()>& what) {
    for (int i = 0; i < 1000; ++i) {
      if (what()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
};

std::size_t rows_of(Journal& journal, char table) {
  std::size_t n = 0;
  journal.scan_rows(std::string(1, table), [&](std::string_view, std::string_view) { return ++n; });
  return n;
}

}  // namespace

TEST_CASE("what is forgotten is gone for readers at once, and from the disk with a checkpoint") {
  Running r;
  r.closed_incident();
  const std::string key = incident_archive_key(IncidentNumber(1));
  REQUIRE(r.comes([&] { return r.journal.row(key).has_value(); }));
  REQUIRE(rows_of(r.journal, timeline_prefix) > 0);
  const auto totals = r.engine->read_now()->totals;

  Retention retention(*r.engine, r.journal, [](LogLevel, std::string_view, std::string_view) {});
  const auto snapshot = r.engine->read_now();
  const Instant now = snapshot->globals.instant(r.engine->wall_now());
  CHECK(retention.next(now - hours(1), snapshot->globals.next_incident).incidents.empty());
  const auto slice = retention.next(now + seconds(1), snapshot->globals.next_incident);
  REQUIRE(slice.incidents.size() == 1);
  CHECK_FALSE(slice.more);

  // Checkpoints are made every 10 ms: the reader asks after the fact and before or after one.
  r.give(ForgetIncidents{slice.incidents});
  CHECK_FALSE(r.engine->archived(*r.engine->read_now(), IncidentNumber(1), key));
  CHECK(r.comes([&] { return !r.journal.row(key); }));
  CHECK(rows_of(r.journal, timeline_prefix) == 0);
  CHECK(r.engine->read_now()->totals == totals);
  CHECK(r.engine->read_now()->globals.format == 2);
  r.engine->stop();
}

TEST_CASE("a walk comes to every block, and no slice is larger than it may be") {
  Running r;
  constexpr std::uint32_t count = 700;
  IncidentRow row;
  row.blob = make_incident_blob({});
  row.state = IncidentState::closed;
  row.resolved_at = Instant{5};
  row.timeline = 3;
  for (std::uint32_t n = 1; n <= count; ++n) {
    row.number = IncidentNumber(n);
    r.store.rows[incident_archive_key(row.number)] = RowCodec::encode(row);
  }
  Retention retention(*r.engine, r.journal, [](LogLevel, std::string_view, std::string_view) {});
  std::size_t found = 0, slices = 0;
  for (bool more = true; more && slices < 20; ++slices) {
    const auto slice = retention.next(Instant{10}, IncidentNumber(count + 1));
    CHECK(slice.incidents.size() <= Retention::incidents_max);
    for (const ClosedIncident& closed : slice.incidents) {
      r.store.rows.erase(incident_archive_key(closed.number));
      ++found;
    }
    more = slice.more;
  }
  CHECK(found == count);
  CHECK(slices < 10);
  r.engine->stop();
  free_blob(row.blob);
}
