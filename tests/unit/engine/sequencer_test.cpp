// Turns, held replies, checkpoints and recovery, one step at a time on a store in memory.
#include <catch2/catch.hpp>

#include "daemon/engine/checkpoint.hpp"
#include "daemon/engine/recover.hpp"
#include "daemon/engine/sequencer.hpp"
#include "daemon/journal/memory_journal.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

// A process on a store; destroying it is a crash.
struct Process {
  explicit Process(MemoryStore& store, TurnLimits limits = {}) : journal(store) {
    found = recover(journal, state, checkpointer);
    marker = found.opened.marker;
    sequencer = std::make_unique<Sequencer>(
        state, settings, found.next_seq, [this] { return ++uid; }, limits);
    if (!found.ok || state.globals().seq > 0) return;
    give(TakeEpoch{Epoch(1), "test", "boot", 0, {1, 2}, {}});
    give(ApplyConfig{settings, "start"});
    commit(take());
  }
  void give(Command c, std::string name = {}) {
    inbox.push_back({now, std::move(c),
                     [this, name](const Answer&, std::uint64_t) { said.push_back(name); }, 0});
  }
  void alert(const std::string& name, const std::string& severity = "critical",
             std::size_t times = 1) {
    AlertsRequest r;
    r.batch = std::make_shared<AlertBatch>();
    r.settings = settings, r.received_at = {now.ms};
    for (std::size_t i = 0; i < times; ++i) {
      IncomingAlert in;
      in.text_at = static_cast<std::uint32_t>(r.batch->bytes.size());
      const std::string label = times > 1 ? name + std::to_string(i) : name;
      pack_alert(r.batch->bytes, {{"alertname", label}, {"ci", label}, {"severity", severity}}, {},
                 "");
      in.text_size = static_cast<std::uint32_t>(r.batch->bytes.size()) - in.text_at;
      in.starts_at = {1000};
      r.batch->alerts.push_back(in);
    }
    for (const auto& in : r.batch->alerts)
      r.prepared.push_back(
          prepare(*r.batch, in, *settings, state.globals().secret, 0, r.received_at));
    r.done = [this, name](bool, std::uint64_t) { said.push_back(name); };
    inbox.push_back({now, std::move(r), {}, 0});
  }
  Turn take() { return sequencer->take(inbox, now); }
  void commit(const Turn& turn) {
    REQUIRE(journal.append(turn.seq, turn.epoch, turn.uid, turn.payload) == Append::ok);
    release(turn.seq);
  }
  void release(std::uint64_t durable) {
    auto out = sequencer->committed(durable);
    for (auto& r : out.replies) r.done ? r.done(r.answer, r.seq) : r.stored(true, r.seq);
    for (auto& o : out.orders) orders.push_back(o);
  }
  Install checkpoint() {
    Cut cut = checkpointer.cut(state, sequencer->head(), sequencer->snapshot_now());
    Marker written;
    const Install outcome = checkpointer.write(journal, cut, marker, written);
    if (outcome == Install::installed) {
      marker = written;
      state.installed(cut.snapshot->archive.end);
    } else {
      state.give_back(std::move(cut.dirty));
    }
    return outcome;
  }

  std::shared_ptr<Settings> settings = small_settings();
  State state;
  Checkpointer checkpointer;
  MemoryJournal journal;
  Recovered found;
  Marker marker;
  std::unique_ptr<Sequencer> sequencer;
  std::deque<Work> inbox;
  std::vector<std::string> said;
  std::vector<SendOrder> orders;
  std::uint64_t uid = 0;
  Instant now{1'000'000};
};

}  // namespace

TEST_CASE("nothing is said before the frame it rests on is durable") {
  MemoryStore store;
  Process p(store);
  p.said.clear();
  p.alert("Down");
  const Turn first = p.take();
  REQUIRE(first.seq > 0);
  p.alert("Down");  // a repeat, decided while the first frame is on its way
  const Turn second = p.take();
  CHECK(second.seq == 0);
  p.release(first.seq - 1);
  CHECK(p.said.empty());
  CHECK(p.orders.empty());
  CHECK(p.sequencer->owes());
  p.commit(first);
  CHECK(p.said == std::vector<std::string>{"Down", "Down"});
  CHECK(p.orders.size() == 1);
  CHECK_FALSE(p.sequencer->owes());
}

TEST_CASE("a turn ends at its caps and the next one goes on") {
  MemoryStore store;
  Process p(store, {10, 4000, 512u << 10, 1000});
  p.said.clear();
  p.alert("Many", "critical", 25);
  std::size_t turns = 0;
  for (Turn turn = p.take(); turn.seq; turn = p.take()) {
    ++turns;
    CHECK(turn.more == (turns < 3));
    p.commit(turn);
    CHECK(p.said.empty() == (turns < 3));
    if (!turn.more) break;
  }
  CHECK(turns == 3);
  CHECK(p.state.incidents().size() == 25);
}

TEST_CASE("what is due goes before a later command and after one of the same instant") {
  MemoryStore store;
  Process p(store);
  p.alert("Down");
  p.commit(p.take());
  const auto slot = p.state.incident_slot(IncidentNumber(1));
  const Instant due = p.state.incidents().at(slot).escalate_due;
  const auto acknowledge = [&](Instant stamp, Instant taken) {
    p.inbox.push_back({stamp,
                       Command(AcknowledgeIncident{
                           IncidentNumber(1), {"ann", 1u << index(Role::engineer)}, "api"}),
                       {},
                       0});
    p.now = taken;
    p.commit(p.take());
    return p.state.incidents().at(slot).step;
  };
  SECTION("answered at the due instant, handled a minute later") {
    CHECK(acknowledge(due, due + minutes(1)) == 1);
  }
  SECTION("answered a millisecond later") {
    CHECK(acknowledge(due + milliseconds(1), due + minutes(1)) == 2);
  }
}

TEST_CASE("a start takes its epoch before anything that became due meanwhile") {
  MemoryStore store;
  {
    Process p(store);
    p.alert("Down");
    p.commit(p.take());
  }
  Process p(store);
  p.now = p.now + hours(1);
  p.give(TakeEpoch{Epoch(2), "test", "boot", 0, {}, {}});
  const Turn turn = p.take();
  PayloadReader reader(turn.payload);
  FactView first;
  REQUIRE(reader.next(first));
  CHECK(first.tag == FactTag<EpochTaken>::value);
  p.commit(turn);
  for (const auto& order : p.orders) CHECK(order.epoch == Epoch(2));
}

TEST_CASE("tallies ride along, after ten seconds, or when asked for") {
  MemoryStore store;
  Process p(store);
  p.alert("Down");
  p.commit(p.take());
  p.alert("Down");
  CHECK(p.take().seq == 0);
  REQUIRE(p.sequencer->next_deadline());
  CHECK(*p.sequencer->next_deadline() == p.now + seconds(10));
  SECTION("asked for") {
    p.give(FlushTallies{});
    CHECK(p.take().facts == 1);
  }
  SECTION("after ten seconds") {
    p.now = p.now + seconds(10);
    CHECK(p.take().facts == 1);
  }
  CHECK(p.state.totals().dispositions[index(Disposition::duplicate)] == 1);
}

TEST_CASE("a checkpoint and the tail are the state") {
  MemoryStore store;
  std::string expected;
  {
    Process p(store);
    p.alert("Down");
    p.commit(p.take());
    REQUIRE(p.checkpoint() == Install::installed);
    p.alert("Full");
    p.commit(p.take());
    expected = p.state.canonical();
  }
  Process p(store);
  CHECK(p.found.ok);
  CHECK(p.found.frames == 1);
  CHECK(p.state.canonical() == expected);
}

TEST_CASE("a checkpoint that is not durable is refused, and nothing of it is forgotten") {
  MemoryStore store;
  Process p(store);
  p.alert("Down");
  const Turn turn = p.take();
  const Digests before = p.checkpointer.digests();
  const std::size_t dirty = p.state.dirty_rows();
  CHECK(p.checkpoint() == Install::failed);
  CHECK(p.checkpointer.digests() == before);
  CHECK(p.state.dirty_rows() == dirty);
  p.commit(turn);
  REQUIRE(p.checkpoint() == Install::installed);
  CHECK(p.checkpointer.digests() != before);
  CHECK(p.state.dirty_rows() == 0);
}

TEST_CASE("a second checkpoint at the same place keeps the log openable") {
  MemoryStore store;
  std::string expected;
  {
    Process p(store);
    REQUIRE(p.checkpoint() == Install::installed);
    REQUIRE(p.checkpoint() == Install::installed);
    expected = p.state.canonical();
  }
  Process p(store);
  CHECK(p.found.ok);
  CHECK(p.found.opened.trouble == OpenTrouble::none);
  CHECK(p.state.canonical() == expected);
}

TEST_CASE("damaged rows are found by their digest") {
  MemoryStore store;
  {
    Process p(store);
    p.alert("Down");
    p.commit(p.take());
    REQUIRE(p.checkpoint() == Install::installed);
  }
  const std::string key = row_key(incident_prefix, 1);
  REQUIRE(store.rows.count(key) == 1);
  SECTION("a bit") {
    store.rows[key][store.rows[key].size() - 3] ^= 1;
  }
  SECTION("a row is missing") {
    store.rows.erase(key);
  }
  SECTION("a row too many") {
    const std::string row = store.rows[key];
    store.rows[row_key(incident_prefix, 9)] = row;
  }
  SECTION("cut off") {
    store.rows[key].resize(10);
  }
  Process p(store);
  CHECK_FALSE(p.found.ok);
  CHECK_FALSE(p.found.message.empty());
}

TEST_CASE("a frame that cannot be folded stops the opening") {
  MemoryStore store;
  {
    Process p(store);
    p.alert("Down");
    p.commit(p.take());
    std::string payload(payload_header_bytes, '\0');
    append_fact(payload, p.now, NoteAdded{IncidentNumber(77), "ann", "about nothing"});
    write_payload_header(payload, {1, 1, p.now, 0});
    REQUIRE(p.journal.append(p.sequencer->head() + 1, 1, 99, payload) == Append::ok);
  }
  Process p(store);
  CHECK_FALSE(p.found.ok);
  CHECK(p.found.message.find("cannot be folded") != std::string::npos);
}

TEST_CASE("the marker's words are read back") {
  MarkerBody body;
  body.epoch = 3, body.at = {17}, body.offset_ms = -5, body.config_hash = "abc",
  body.archive_rows = 9;
  body.digests.pages = {2, 77};
  MarkerBody back;
  REQUIRE(decode(encode(body), back));
  CHECK(back.digests == body.digests);
  CHECK(back.config_hash == "abc");
  CHECK_FALSE(decode(encode(body).substr(0, 20), back));
}
