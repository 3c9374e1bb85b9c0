#pragma once
// A daemon as it was in service, on a journal in memory: the sequencer, frames, deadlines, pages
// that are accepted. What replays are measured against. One thread.

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "daemon/engine/recover.hpp"
#include "daemon/engine/sequencer.hpp"
#include "daemon/journal/memory_journal.hpp"
#include "daemon/replay/read_store.hpp"
#include "rules/prepare.hpp"

namespace tocsin::testing {

constexpr Instant morning{1'780'995'600'000};  // 2026-06-09T09:00:00Z

inline const std::string company = R"(
integrations: [{name: prom, source: alertmanager_v2}, {name: own, source: generic}]
channels: [{name: pager, kind: webhook, url: "https://pager.example.net/hook"},
           {name: chat, kind: webhook, url: "https://chat.example.net/hook"}]
people: [{id: ann, reach: {page: [pager], inform: [chat]}},
         {id: bob, reach: {page: [pager], inform: [chat]}}]
groups: [{id: blue, members: [ann, bob], channel: chat}, {id: red, members: [bob], channel: chat}]
default_group: blue
catch_all: {people: [bob], channel: pager}
cis: [{id: db-1, class: database, criticality: mission_critical, group: blue},
      {id: db-2, class: database, criticality: important, group: red},
      {id: web-1, class: host, criticality: low}]
)";

inline std::shared_ptr<const Settings> settings_of(const std::string& yaml) {
  Loaded loaded = load_text(yaml, "company.yaml");
  std::string wrong;
  for (const auto& e : loaded.errors) wrong += to_text(e) + "\n";
  INFO(wrong);
  REQUIRE(loaded.settings);
  return loaded.settings;
}

// What a sender reports.
struct Sent {
  Instant at;
  std::string name, ci, severity = "critical", source = "prom";
  std::string summary;
  bool resolved = false;
  EventClass event_class = EventClass::alert;
  Wall starts_at{};
  std::string days_left{};
};

class Service {
 public:
  Service(MemoryStore& store, std::shared_ptr<const Settings> settings, Instant begin = morning)
      : journal_(store), now_(begin) {
    Recovered found = recover(journal_, state, checkpointer_);
    sequencer_ =
        std::make_unique<Sequencer>(state, settings, found.next_seq, [this] { return ++uid_; });
    give(TakeEpoch{Epoch(1), "test", "boot", 0, {7, 9}, {}});
    give(ApplyConfig{std::move(settings), "start"});
  }

  // Everything that is due before, and then that.
  void advance(Instant to) {
    for (auto due = sequencer_->next_deadline(); due && *due < to;
         due = sequencer_->next_deadline()) {
      now_ = later(now_, *due);
      turn();
    }
    now_ = later(now_, to);
  }
  void finish(Instant to) {
    advance(to);
    give(FlushTallies{});
  }
  Answer give(Command command) {
    Answer out;
    inbox_.push_back({now_, std::move(command),
                      [&out](const Answer& answer, std::uint64_t) { out = answer; }, 0});
    turn();
    return out;
  }
  // The fingerprint of the alert.
  Fingerprint hear(const Sent& input) {
    advance(input.at);
    AlertsRequest request;
    request.batch = std::make_shared<AlertBatch>();
    std::vector<Pair> annotations;
    if (!input.days_left.empty()) annotations.emplace_back("days_left", input.days_left);
    if (!input.summary.empty()) annotations.emplace_back("summary", input.summary);
    pack_alert(request.batch->bytes,
               {{"alertname", input.name}, {"ci", input.ci}, {"severity", input.severity}},
               annotations, "");
    IncomingAlert in;
    in.text_size = static_cast<std::uint32_t>(request.batch->bytes.size());
    in.resolved = input.resolved, in.event_class = input.event_class;
    in.starts_at = input.starts_at;
    if (input.resolved) in.ends_at = {now_.ms};
    request.batch->alerts.push_back(in);
    request.settings = sequencer_->settings();
    request.source = state.source_slot(input.source);
    request.received_at = state.globals().wall(now_);
    request.prepared.push_back(prepare(*request.batch, in, *request.settings,
                                       state.globals().secret, request.source, request.received_at,
                                       {}, input.source));
    const Fingerprint fingerprint = request.prepared[0].fingerprint;
    request.done = [](bool, std::uint64_t) {};
    inbox_.push_back({now_, std::move(request), {}, 0});
    turn();
    return fingerprint;
  }
  // As the engine does every so often: rows beside the log.
  void checkpoint() {
    Cut cut = checkpointer_.cut(state, sequencer_->head(), sequencer_->snapshot_now());
    Marker written;
    REQUIRE(checkpointer_.write(journal_, cut, marker_, written) == Install::installed);
    marker_ = written;
    state.installed(cut.snapshot->archive.end);
  }

  // Of every turn, in order.
  std::function<void(const FactView&)> fact;
  State state;

 private:
  void turn() {
    bool more = true;
    while (more) {
      Turn turn = sequencer_->take(inbox_, now_);
      if (turn.seq) {
        PayloadReader reader(turn.payload);
        for (FactView view; reader.next(view);)
          if (fact) fact(view);
        REQUIRE(journal_.append(turn.seq, turn.epoch, turn.uid, turn.payload) == Append::ok);
      }
      auto released = sequencer_->committed(sequencer_->head());
      for (auto& reply : released.replies)
        if (reply.done) reply.done(reply.answer, reply.seq);
      for (const auto& order : released.orders)
        inbox_.push_back(
            {now_,
             Command(SettleAttempt{
                 order.page, order.attempt, order.epoch, AttemptOutcome::accepted, "", {}}),
             {},
             0});
      more = turn.more || !inbox_.empty();
    }
  }

  MemoryJournal journal_;
  Checkpointer checkpointer_;
  Marker marker_;
  std::unique_ptr<Sequencer> sequencer_;
  std::deque<Work> inbox_;
  std::uint64_t uid_ = 0;
  Instant now_;
};

inline Record record_of(MemoryStore& store, Span since = hours(24 * 30)) {
  MemoryJournal journal(store);
  StoreRecord read = read_store(journal, since);
  INFO(read.wrong);
  REQUIRE(read.wrong.empty());
  return std::move(read.record);
}

}  // namespace tocsin::testing
