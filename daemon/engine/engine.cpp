// Why this file is long: the loop and everything that hands something to it, in one place, because
// what may be touched under which lock has to be read together.
#include "daemon/engine/engine.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <random>
#include <set>

#include "daemon/engine/backups.hpp"
#include "daemon/engine/black_box.hpp"
#include "daemon/engine/clock.hpp"
#include "daemon/engine/command_input.hpp"
#include "daemon/engine/command_lane.hpp"
#include "daemon/engine/random.hpp"
#include "daemon/engine/readers.hpp"
#include "daemon/engine/recover.hpp"
#include "daemon/engine/stuck_writes.hpp"
#include "daemon/engine/workers.hpp"
#include "rules/invariants.hpp"
#include "rules/process/housekeeping.hpp"

namespace tocsin {
namespace {

constexpr int exit_after_failed_write =
    75;  // the service manager starts us again; recovery does the rest
constexpr auto alive_every = std::chrono::seconds(1);
constexpr std::int64_t clock_step_ms = 2000;
constexpr std::size_t tail_cuts_max = 4;
constexpr auto better_for = std::chrono::seconds(60);
constexpr std::size_t group_min = 192;  // three requests of 64, the batch of Prometheus
// How long what nobody waits for may wait for a frame that is made anyway. Some frames of an even
// pace of pages pass in it, and it is short beside the second after which an attempt is made again.
constexpr auto patience = std::chrono::milliseconds(20);

using Steady = std::chrono::steady_clock;

bool takes_alerts(Room room) {
  return room == Room::plenty || room == Room::low;
}

// The last slot collects what has none of its own.
std::size_t slot(std::uint8_t source) {
  return std::min<std::size_t>(source, sources_max - 1);
}

std::uint64_t random_bits() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return generator();
}

}  // namespace

struct Engine::Impl {
  EngineOptions options;
  EnginePorts ports;
  State state;
  Checkpointer checkpointer;
  Clock clock;
  std::unique_ptr<Sequencer> sequencer;  // the loop thread's alone

  // ---- shared with everybody, under `mutex` ----
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::deque<Work> inbox;  // alerts and machines
  CommandLane people;      // commands of persons and channels: taken first
  // What is only counted, until the next turn. Sums: a flood of it is neither long nor lost.
  std::array<std::array<std::uint32_t, EnumTable<Disposition>::count>, sources_max> counted{};
  bool counting = false;  // there is some
  std::size_t inbox_alerts = 0;
  std::array<std::size_t, sources_max> inbox_of{};  // the same by source
  bool stopping = false;
  bool running = false;
  struct Appended {
    Append outcome;
    Turn turn;  // given back when there was no room for it
  };
  std::optional<Appended> appended;                     // what the committer has to say
  std::optional<std::pair<Install, Marker>> installed;  // what the checkpoint thread has to say
  std::shared_ptr<const Settings> settings_in_force;
  Fingerprint secret;
  std::vector<std::string> sources;
  Health health;
  StuckWrites writes;

  bool frozen = false;  // the committer is done with a backup's part
  Backups backups;      // has a lock of its own, taken after `mutex`
  Readers readers;      // has a lock of its own, taken after `mutex`

  // ---- the loop's own ----
  std::uint64_t durable = 0;
  Marker marker;
  std::optional<Cut> cut_in_hand;  // back from the checkpoint thread
  std::optional<Cut> waiting_cut;  // taken, but its last frame is not durable yet
  bool frame_in_flight = false;
  std::optional<Turn> built;  // decided while a frame is in flight; goes when that is durable
  bool cut_short = false;     // the last turn left something that is due
  std::optional<Turn> waiting_turn;  // refused for want of space: the same bytes are offered again
  std::size_t tail_bytes = 0, tail_facts = 0;  // since the last cut
  std::size_t cut_bytes = 0;                   // of the cut that is being written
  Steady::time_point last_cut{}, last_alive{};
  Room room_seen = Room::plenty, room_said = Room::plenty;
  Steady::time_point room_since{};
  struct ToCommit {
    Turn turn;
    std::optional<FrozenStore> freeze;  // instead
  };
  std::unique_ptr<WorkThread<ToCommit>> committer;
  std::unique_ptr<WorkThread<Cut>> checkpoints;
  std::thread thread;

  void log(LogLevel level, std::string_view event, std::string_view detail = {}) const {
    if (ports.log) ports.log(level, event, detail);
  }

  // ---- start ----

  StartResult start(std::shared_ptr<const Settings> wanted) {
    StartResult out;
    const Recovered found = recover(*ports.journal, state, checkpointer);
    if (!found.ok) {
      out.locked = found.locked;
      out.store_lost = !found.locked;
      out.message = found.message;
      return out;
    }
    log(LogLevel::info, "recovered", found.message);
    marker = found.opened.marker;
    durable = found.next_seq - 1;
    std::shared_ptr<const Settings> stored;
    if (!state.globals().config_hash.empty()) {
      if (wanted && ports.complete) wanted = ports.complete(wanted, state.config_text());
      // The same text means the same settings: a large inventory is not compiled twice.
      const bool same = wanted && wanted->hash == state.globals().config_hash;
      stored = same ? wanted : ports.compile(state.config_text());
    }
    const auto first = stored ? stored : wanted;
    if (!first) {
      out.message = "there is no usable configuration, neither in the file nor in the store";
      return out;
    }
    if (const auto broken = broken_law(state, *first)) {
      out.store_lost = true;
      out.message = "the recovered state breaks a law: " + *broken;
      return out;
    }
    clock.resume(state.globals());
    sequencer = std::make_unique<Sequencer>(state, first, found.next_seq, random_bits);
    out.history_lost = found.opened.trouble == OpenTrouble::loss;
    if (!first_turn(found, wanted)) {
      out.store_lost = true;
      out.message = "the store has no room for the first frame";
      ports.journal->close();
      return out;
    }
    out.ok = true;
    out.stored_config = !wanted;
    out.message = found.message;
    launch();
    return out;
  }

  // The epoch is the first durable act. Nothing is sent before it, and it settles what older ones
  // left. False: there was no room for it.
  bool first_turn(const Recovered& found, const std::shared_ptr<const Settings>& wanted) {
    std::deque<Work> works;
    const Instant now = clock.now();
    const auto add = [&](Command c) { works.push_back({now, std::move(c), {}, 0}); };
    TakeEpoch epoch;
    epoch.epoch = Epoch(std::max(state.globals().epoch.value, found.opened.head_epoch) + 1);
    epoch.version = options.version, epoch.boot = clock.boot(), epoch.boot_ms = clock.boot_ms();
    epoch.secret = {random_bits(), random_bits()};
    epoch.link_key = random_link_key();
    add(epoch);
    // An epoch settles a slice of what older ones left; the rest follows in the same frame.
    for (std::size_t left = pages_in_flight(); left > outbox_slice; left -= outbox_slice)
      add(SettleOlderEpochs{});
    if (found.opened.trouble == OpenTrouble::loss)
      add(DeclareLoss{found.opened.lost_from, found.opened.lost_to, found.opened.detail});
    if (const auto by = clock.wall().ms - state.globals().wall(now).ms;
        state.globals().seq > 0 && std::abs(by) >= clock_step_ms)
      add(StepClock{by, "the wall clock differs from the log at start"});
    if (wanted) add(ApplyConfig{wanted, "start"});
    Turn turn = sequencer->take(works, now);
    if (!turn.seq) return true;
    const Append outcome = ports.journal->append(turn.seq, turn.epoch, turn.uid, turn.payload);
    if (outcome == Append::unavailable) return false;
    if (outcome != Append::ok) die(turn.seq, outcome);
    durable = turn.seq;
    return true;
  }

  std::size_t pages_in_flight() const {
    std::size_t n = 0;
    state.pages().each([&](std::uint32_t, const PageRow& p) {
      n += p.state == PageState::in_flight && !p.delivered;
    });
    return n;
  }

  void launch() {
    publish();
    backups.start(*ports.journal, options.version, ports.log, [this] { return clock.wall(); });
    committer = std::make_unique<WorkThread<ToCommit>>([this](ToCommit&& job) {
      if (job.freeze) return freeze(std::move(*job.freeze));
      Turn turn = std::move(job.turn);
      const Append outcome = ports.journal->append(turn.seq, turn.epoch, turn.uid, turn.payload);
      if (outcome != Append::ok && outcome != Append::unavailable) die(turn.seq, outcome);
      std::lock_guard lock(mutex);
      appended.emplace(Appended{outcome, std::move(turn)});
      wake.notify_all();
    });
    checkpoints = std::make_unique<WorkThread<Cut>>([this](Cut&& cut) {
      Marker written;
      const Install outcome = checkpointer.write(*ports.journal, cut, marker_copy(), written);
      std::lock_guard lock(mutex);
      installed.emplace(outcome, written);
      cut_in_hand.emplace(std::move(cut));
      wake.notify_all();
    });
    for (const ReportTrouble& trouble : options.troubles) report(trouble);
    readers.start();
    last_cut = last_alive = Steady::now();
    tail_facts = 1;  // the first turn
    running = true;
    thread = std::thread([this] { loop(); });
  }

  // After a failed write nothing is tried again, nothing is destroyed, nobody is answered.
  [[noreturn]] void die(std::uint64_t seq, Append outcome) const {
    const std::string why = "frame " + std::to_string(seq) + ": " + std::string(name(outcome));
    log(LogLevel::error, "append_failed", why + "; stopping");
    if (ports.failing) ports.failing("a write to the store failed, " + why);
    _exit(exit_after_failed_write);
  }
  Marker marker_copy() const {
    std::lock_guard lock(mutex);
    return marker;
  }

  // ---- the loop ----

  void loop() {
    pthread_setname_np(pthread_self(), "tocsin-core");
    BlackBox::watch_this_thread();
    std::deque<Work> works;
    bool more = false;
    Steady::time_point retry_at{};
    for (;;) {
      bool last = false;
      {
        std::unique_lock lock(mutex);
        // What comes meanwhile may move the time to wake at.
        while (!more && !ready(works) &&
               wake.wait_until(lock, next_wake()) == std::cv_status::no_timeout) {
        }
        hear_committer(retry_at);
        hear_checkpoint();
        if (std::exchange(frozen, false)) frame_in_flight = false;
        take_inbox(works);
        last = stopping && inbox.empty() && people.empty() && !counting;
      }
      release();
      more = false;
      if (backups.wanted() && at_boundary()) begin_freeze();
      if (waiting_turn) {
        if (Steady::now() >= retry_at)
          commit(std::move(*std::exchange(waiting_turn, std::nullopt)));
      } else if (built) {
        if (!frame_in_flight) commit(std::move(*std::exchange(built, std::nullopt)));
      } else if (last && works.empty()) {
        more = false;  // what becomes due now is the next epoch's: a backlog must not hold the stop
      } else if ((!frame_in_flight && !may_wait(works)) || worth_building(works)) {
        more = turn(works);
      }
      maybe_cut();
      serve_readers();
      alive();
      if (last && works.empty() && !more && at_rest()) return;
    }
  }

  // Everything decided is durable and said, and a checkpoint stands for it.
  bool at_rest() const {
    std::lock_guard lock(mutex);
    return !frame_in_flight && !built && !waiting_turn && !sequencer->owes() && !waiting_cut &&
           checkpoints->idle() && tail_facts == 0 && !appended && !installed;
  }

  bool ready(const std::deque<Work>& works) const {
    if (appended || installed || frozen || readers.came()) return true;
    if (backups.wanted() && at_boundary()) return true;
    const bool waiting = !inbox.empty() || people.due(Steady::now()) || counting ||
                         !works.empty() || (stopping && checkpoints->idle());
    return waiting && !built && !waiting_turn && (!frame_in_flight || inbox_alerts >= group_min);
  }

  Steady::time_point next_wake() const {
    auto until = Steady::now() + alive_every;
    if (stopping || waiting_turn || readers.waiting())
      until = Steady::now() + std::chrono::milliseconds(10);
    if (frame_in_flight) return until;
    if (const auto due = sequencer->next_deadline()) {
      const std::int64_t left = due->ms + deadline_patience().count() - clock.now().ms;
      const auto in = std::chrono::milliseconds(std::clamp<std::int64_t>(left, 0, 1000));
      until = std::min(until, Steady::now() + in);
    }
    return built || waiting_turn ? until : std::min(until, people.by());
  }

  // What became due does not wait twice: the rest of a turn that was cut short goes at once.
  std::chrono::milliseconds deadline_patience() const {
    return cut_short ? std::chrono::milliseconds(0) : patience;
  }
  bool deadline_calls() const {
    const auto due = sequencer->next_deadline();
    return due && due->ms + deadline_patience().count() <= clock.now().ms;
  }
  // Nothing but a deadline that has only just come would make a frame.
  bool may_wait(const std::deque<Work>& works) const {
    const auto due = sequencer->next_deadline();
    return works.empty() && due && due->ms <= clock.now().ms && !deadline_calls();
  }

  void hear_committer(Steady::time_point& retry_at) {
    if (!appended) return;
    Appended heard = std::move(*std::exchange(appended, std::nullopt));
    frame_in_flight = false;
    if (heard.outcome == Append::ok) {
      durable = heard.turn.seq;
      health.durable = durable;
      health.why.clear();
      writes.ended();
      health.stuck = false;
      sequencer->recycle(std::move(heard.turn.payload));
    } else {
      waiting_turn = std::move(heard.turn);
      retry_at = Steady::now() + std::chrono::seconds(1);
      health.why = "the store has no room; nothing more is decided until it has";
    }
  }

  void hear_checkpoint() {
    if (!installed) return;
    const auto [outcome, written] = *std::exchange(installed, std::nullopt);
    Cut cut = std::move(*std::exchange(cut_in_hand, std::nullopt));
    if (outcome == Install::installed) {
      marker = written;
      health.checkpoint = written.seq;
      state.installed(cut.snapshot->archive.end);
    } else {
      state.give_back(std::move(cut.dirty));
      tail_bytes += cut_bytes;
      log(LogLevel::warning, "checkpoint_failed",
          "at " + std::to_string(cut.seq) + "; its rows go with the next");
    }
    cut_bytes = 0;
  }

  // People and channels first, alerts last; each lane keeps its order.
  void take_inbox(std::deque<Work>& works) {
    if (built || waiting_turn || (frame_in_flight && inbox_alerts < group_min)) return;
    if (stopping || people.due(Steady::now()) || !inbox.empty() || !works.empty() ||
        deadline_calls()) {
      std::deque<Work> taken = people.take();
      works.insert(works.begin(), std::make_move_iterator(taken.begin()),
                   std::make_move_iterator(taken.end()));
    }
    std::size_t alerts = 0;
    while (!inbox.empty() && alerts < 2000 && works.size() < 2000) {
      const std::size_t n = alerts_in(inbox.front());
      inbox_of[slot(std::get<AlertsRequest>(inbox.front().input).source)] -= n;
      alerts += n;
      works.push_back(std::move(inbox.front()));
      inbox.pop_front();
    }
    inbox_alerts -= std::min(inbox_alerts, alerts);
    health.inbox = inbox_alerts;
    if (counting) take_counted(works);
  }
  void take_counted(std::deque<Work>& works) {
    const Instant now = clock.now();
    for (std::size_t source = 0; source < counted.size(); ++source)
      for (std::size_t d = 0; d < counted[source].size(); ++d)
        if (const auto n = std::exchange(counted[source][d], 0))
          works.push_back({now,
                           Command(CountRejected{static_cast<std::uint8_t>(source),
                                                 static_cast<Disposition>(d), n}),
                           {},
                           0});
    counting = false;
  }
  static std::size_t alerts_in(const Work& work) {
    const auto* request = std::get_if<AlertsRequest>(&work.input);
    return request ? request->prepared.size() : 0;
  }

  bool turn(std::deque<Work>& works) {
    const Instant now = clock.now();
    watch_clock(works, now);
    Turn turn = sequencer->take(works, now);
    const bool more = turn.more;
    cut_short = turn.more;
    publish();
    if (turn.seq) {
      tail_bytes += turn.payload.size();
      tail_facts += turn.facts;
      if (frame_in_flight)
        built = std::move(turn);
      else
        commit(std::move(turn));
      return false;  // meanwhile the inbox fills, and the next group is larger
    }
    release();
    return more;
  }
  // While the disk works the inbox fills; from this many alerts on the next frame is decided
  // meanwhile.
  bool worth_building(const std::deque<Work>& works) const {
    if (backups.wanted()) return false;
    std::size_t alerts = 0;
    for (const Work& work : works) alerts += alerts_in(work);
    return alerts >= group_min;
  }
  void commit(Turn turn) {
    frame_in_flight = true;
    {
      std::lock_guard lock(mutex);
      writes.began();
    }
    committer->offer({std::move(turn), {}});
  }

  // No frame is on its way: the state, the log and what was said are of one moment.
  bool at_boundary() const { return !frame_in_flight && !built && !waiting_turn; }
  void begin_freeze() {
    frame_in_flight = true;  // of a kind: nothing is appended meanwhile
    committer->offer({{}, backups.moment(state, sequencer->snapshot_now())});
  }
  void freeze(FrozenStore store) {
    backups.freeze(std::move(store));
    std::lock_guard lock(mutex);
    frozen = true;
    wake.notify_all();
  }

  // A step of the wall clock is a fact before anything is decided with it.
  void watch_clock(std::deque<Work>& works, Instant now) {
    const std::int64_t by = clock.wall().ms - state.globals().wall(now).ms;
    if (std::abs(by) < clock_step_ms) return;
    works.push_front({now, Command(StepClock{by, "the wall clock was set"}), {}, 0});
  }

  void release() {
    Sequencer::Released out = sequencer->committed(durable);
    if (!out.orders.empty()) ports.send(std::move(out.orders));
    for (CallerReply& reply : out.replies) {
      if (reply.done) reply.done(reply.answer, reply.seq);
      if (reply.stored) reply.stored(true, reply.seq);
    }
    if (!out.snapshots.empty()) readers.published(std::move(out.snapshots.back()), Steady::now());
  }

  void serve_readers() {
    const auto now = Steady::now();
    if (readers.copy_wanted(sequencer->head(), now)) {
      sequencer->request_snapshot();
      release();
    }
    std::unique_lock lock(mutex);
    const bool last = stopping;
    lock.unlock();
    readers.serve(now, last);
  }

  // A cut takes references only; the writer gets it when its last frame is durable.
  void maybe_cut() {
    if (waiting_cut && durable >= waiting_cut->seq)
      checkpoints->offer(std::move(*std::exchange(waiting_cut, std::nullopt)));
    if (waiting_cut || !checkpoints->idle() || tail_facts == 0) return;
    bool due = tail_bytes >= options.tail_bytes_max || tail_facts >= options.tail_facts_max ||
               Steady::now() - last_cut >= std::chrono::milliseconds(options.checkpoint_every.ms);
    {
      std::lock_guard lock(mutex);
      if (installed) return;
      due |= stopping;
    }
    if (!due) return;
    waiting_cut = checkpointer.cut(state, sequencer->head(), sequencer->snapshot_now());
    cut_bytes = std::exchange(tail_bytes, 0);
    tail_facts = 0;
    last_cut = Steady::now();
    if (durable >= waiting_cut->seq)
      checkpoints->offer(std::move(*std::exchange(waiting_cut, std::nullopt)));
  }
  void alive() {
    const auto now = Steady::now();
    if (now - last_alive < alive_every) return;
    last_alive = now;
    readers.forget_old(sequencer->head(), now);
    const Room room = ports.journal->room();
    {
      std::lock_guard lock(mutex);
      const bool tail_ok = tail_bytes + cut_bytes < tail_cuts_max * options.tail_bytes_max;
      const bool room_ok = takes_alerts(room);
      writes.look();
      health.stuck = writes.stuck();
      health.accepting = tail_ok && room_ok && !health.stuck && !stopping;
      if (health.stuck && room_ok) health.why = "a write to the store does not end";
      if (!room_ok)
        health.why = "the store is at its floor: alerts are not taken, pages still go out";
      if (!tail_ok) health.why = "the checkpoint is behind: alerts are not taken until it is not";
    }
    report_room(room, now);
    if (ports.alive) ports.alive();
  }

  // Any thread may: it waits for its turn like a command of a person.
  void report(ReportTrouble trouble) {
    std::lock_guard lock(mutex);
    people.push({clock.now(), Command(std::move(trouble)), {}, 0}, Steady::now());
    wake.notify_all();
  }
  // Worse is said at once, better when it has lasted: a disk at its mark is not a note a second.
  void report_room(Room room, Steady::time_point now) {
    if (room != room_seen) room_seen = room, room_since = now;
    const bool better = room < room_said && now - room_since >= better_for;
    if (room <= room_said && !better) return;
    room_said = room;
    if (room == Room::plenty)
      report({Trouble::little_space, ""});
    else if (room == Room::low)
      report({Trouble::little_space, "the disk of the store is filling up"});
    else
      report({Trouble::no_space, "the disk of the store is nearly full: no alert is taken"});
  }

  void publish() {
    const Globals& g = state.globals();
    std::lock_guard lock(mutex);
    settings_in_force = sequencer->settings();
    secret = g.secret;
    if (sources.size() != g.sources.size()) sources = g.sources;
    health.ready = true;
    health.history_lost = g.loss_unconfirmed;
    health.epoch = g.epoch.value;
    health.paused = g.paused, health.backup_at = g.backup_at, health.backup_seq = g.backup_seq;
    if (health.durable == 0) {
      health.durable = durable, health.checkpoint = marker.seq;
      health.accepting = takes_alerts(ports.journal->room());
    }
  }

  void stop() {
    {
      std::lock_guard lock(mutex);
      if (!running) return;
      people.push({clock.now(), Command(FlushTallies{}), {}, 0}, Steady::now());
      stopping = true;
      wake.notify_all();
    }
    thread.join();
    committer->stop();
    backups.stop();
    checkpoints->stop();
    readers.stop();
    running = false;
    ports.journal->close();
  }
};

Engine::Engine(EngineOptions options, EnginePorts ports) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->ports = std::move(ports);
}
Engine::~Engine() {
  stop();
}
StartResult Engine::start(std::shared_ptr<const Settings> wanted) {
  return impl_->start(std::move(wanted));
}
void Engine::stop() {
  impl_->stop();
}

bool AlertsRequest::urgent() const {
  return std::any_of(prepared.begin(), prepared.end(), [](const Prepared& alert) {
    return alert.resolved || alert.severity == Severity::critical;
  });
}

Offer Engine::offer(AlertsRequest request) {
  const std::size_t n = request.prepared.size();
  const std::size_t room_for =
      request.urgent() ? impl_->options.inbox_alerts_max : impl_->options.inbox_ordinary_max;
  std::lock_guard lock(impl_->mutex);
  if (impl_->stopping) return Offer::stopping;
  std::size_t& of_source = impl_->inbox_of[slot(request.source)];
  // A request larger than the whole inbox is still taken by an empty one.
  const bool room = impl_->inbox_alerts == 0 || (impl_->inbox_alerts + n <= room_for &&
                                                 of_source + n <= room_for - room_for / 4);
  if (!impl_->health.accepting || !room) return Offer::full;
  impl_->inbox_alerts += n;
  of_source += n;
  impl_->inbox.push_back({impl_->clock.now(), std::move(request), {}, 0});
  impl_->wake.notify_all();
  return Offer::taken;
}

bool Engine::quarantined(const Input& input) const {
  return impl_->ports.quarantined && impl_->ports.quarantined(input);
}

Offer Engine::offer(Command command, std::function<void(const Answer&, std::uint64_t)> done) {
  if (quarantined(input_of(command))) {
    Answer answer;
    answer.code = Answer::Code::invalid;
    answer.message = quarantined_words;
    if (done) done(answer, 0);
    return Offer::taken;
  }
  std::lock_guard lock(impl_->mutex);
  if (impl_->stopping) return Offer::stopping;
  if (impl_->people.size() >= impl_->options.inbox_commands_max) return Offer::full;
  impl_->people.push({impl_->clock.now(), std::move(command), std::move(done), 0}, Steady::now());
  impl_->wake.notify_all();
  return Offer::taken;
}

// An outcome is owed, so it is taken even when the lane is full or the process is stopping. Of what
// is to be made again nobody waits for the record: lost with the process, the attempt is unknown,
// and made again all the same.
void Engine::settle(SettleAttempt outcome) {
  const bool again =
      outcome.outcome == AttemptOutcome::not_sent || outcome.outcome == AttemptOutcome::unknown;
  const auto by = Steady::now() + (again ? patience : std::chrono::milliseconds(0));
  std::lock_guard lock(impl_->mutex);
  impl_->people.push({impl_->clock.now(), Command(std::move(outcome)), {}, 0}, by);
  impl_->wake.notify_all();
}

void Engine::count_rejected(std::uint8_t source, Disposition disposition, std::uint32_t count) {
  std::lock_guard lock(impl_->mutex);
  if (count == 0) return;
  impl_->counted[slot(source)][index(disposition)] += count;
  impl_->counting = true;
  impl_->wake.notify_all();
}

void Engine::read(std::uint64_t after, std::function<void(std::shared_ptr<const Snapshot>)> use) {
  std::shared_ptr<const Snapshot> fresh;
  {
    std::lock_guard lock(impl_->mutex);
    after = std::max(after, impl_->health.durable);
    fresh = impl_->readers.fresh(after);
    if (!fresh && !impl_->stopping) {
      impl_->readers.wait(after, std::move(use));
      impl_->wake.notify_all();
      return;
    }
  }
  use(std::move(fresh));
}

std::shared_ptr<const Snapshot> Engine::read_now(std::uint64_t after) {
  auto promise = std::make_shared<std::promise<std::shared_ptr<const Snapshot>>>();
  auto future = promise->get_future();
  read(after, [promise](std::shared_ptr<const Snapshot> s) { promise->set_value(std::move(s)); });
  return future.get();
}

StoreMemory Engine::store_memory() const {
  return impl_->ports.journal->memory();
}

std::optional<std::string> Engine::archived(const Snapshot& snapshot, IncidentNumber incident,
                                            const std::string& key) const {
  if (const ArchiveEntry* entry = snapshot.archive.find(incident, key))
    return entry->gone ? std::nullopt : std::optional(entry->value);
  return impl_->ports.journal->row(key);
}

std::map<std::string, std::string> Engine::archived_under(const Snapshot& snapshot,
                                                          IncidentNumber incident,
                                                          const std::string& prefix) const {
  std::map<std::string, std::string> out;
  impl_->ports.journal->scan_rows(prefix, [&](std::string_view key, std::string_view value) {
    out.emplace(key, value);
    return true;
  });
  std::set<std::string_view> gone;
  snapshot.archive.each_of(incident, [&](const ArchiveEntry& e) {
    if (!e.key.starts_with(prefix)) return true;
    if (e.gone) gone.insert(e.key), out.erase(e.key);
    if (!gone.contains(e.key)) out.emplace(e.key, e.value);
    return true;
  });
  return out;
}

Offer Engine::back_up(std::string folder) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->stopping) return Offer::stopping;
  const Offer asked = impl_->backups.ask(std::move(folder));
  impl_->wake.notify_all();
  return asked;
}
Engine::Backup Engine::backup() const {
  return impl_->backups.last();
}

std::shared_ptr<const Settings> Engine::settings() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->settings_in_force;
}
Fingerprint Engine::secret() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->secret;
}
std::uint8_t Engine::source_slot(std::string_view name) const {
  std::lock_guard lock(impl_->mutex);
  const auto it = std::find(impl_->sources.begin(), impl_->sources.end(), name);
  return it == impl_->sources.end() ? sources_max - 1
                                    : static_cast<std::uint8_t>(it - impl_->sources.begin());
}
Wall Engine::wall_now() const {
  return impl_->clock.wall();
}
Engine::Health Engine::health() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->health;
}

}  // namespace tocsin
