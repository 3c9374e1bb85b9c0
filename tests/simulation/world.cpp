// The machine and the process: time, turns, appends, crashes, checkpoints, recovery.
#include "tests/simulation/world.hpp"

#include <cstdio>

#include "rules/audit.hpp"
#include "rules/dump.hpp"
#include "rules/invariants.hpp"
#include "rules/model/codec.hpp"
#include "rules/model/planted.hpp"
#include "rules/story.hpp"
#include "tests/simulation/priorities.hpp"

namespace tocsin::sim {

World::World(std::uint64_t seed, const Options& options)
    : random_(seed),
      ids_(seed ^ 0x5DEECE66Du),
      backups_(seed ^ 0xBACC09u),
      beats_(seed ^ 0xBEA7u),
      people_(seed ^ 0x9E09u),
      leaders_(seed ^ 0x1EADu),
      options_(options) {
  const auto maybe = [this](int p) { return random_.percent(p); };
  swarm_.crashes = maybe(70), swarm_.damage = maybe(10), swarm_.clock_steps = maybe(35);
  swarm_.reloads = maybe(45), swarm_.bad_channels = maybe(70), swarm_.storms = maybe(20);
  swarm_.lossy_senders = maybe(50), swarm_.late_turns = maybe(50), swarm_.pipelined = maybe(40);
  swarm_.slow_checkpoints = maybe(60), swarm_.small_turns = maybe(25),
  swarm_.unknown_appends = maybe(30);
  swarm_.ha_pairs = maybe(40), swarm_.bad_clocks = maybe(20);
  swarm_.silences = maybe(50);
  static constexpr int closes[] = {20, 120, 1440}, windows[] = {60, 1440},
                       tombs[] = {30, 240, 1440};
  company_.slots = static_cast<int>(random_.between(1, 4));
  company_.auto_close_min = random_.one_of(closes), company_.reopen_min = random_.one_of(windows);
  company_.tombstone_min = random_.one_of(tombs), company_.tombstones_max = maybe(30) ? 3 : 1000;
  company_.attempts_max = maybe(30) ? 3 : 12;
  company_.counting = seed % 4 == 1;
  wanted_ = settings_of(company_, variant_);
  start_ = now_ = 1'780'963'200'000 + random_.below(86'400'000);
  booted_ = now_ - random_.below(10'000'000);
}

void World::note(const std::string& text) const {
  if (options_.trace)
    std::printf("%+.3f %s\n", static_cast<double>(now_ - start_) / 1000, text.c_str());
}

// ---- time ----

void World::at(std::int64_t when, Event event) {
  events_.push({when, order_++, std::move(event)});
}

void World::run_until(std::int64_t end) {
  for (;;) {
    std::int64_t next = events_.empty() ? INT64_MAX : events_.top().at;
    const bool can_turn = node_ && in_flight_.size() < (swarm_.pipelined ? 2u : 1u);
    if (can_turn) {
      std::int64_t due = INT64_MAX;
      if (!inbox_.empty())
        due = now_;
      else if (const auto d = node_->sequencer->next_deadline())
        due = now_ + (*d - log_now()).ms;
      if (due != INT64_MAX) next = std::min(next, std::max({due, turn_at_, now_}));
    }
    if (next > end) break;
    now_ = std::max(now_, next);
    try {
      while (!events_.empty() && events_.top().at <= now_) {
        // Moved out: its key is what the queue looks at, and a copy costs as much as the event.
        const Event event = std::move(const_cast<Timed&>(events_.top()).event);
        events_.pop();
        event();
      }
      if (node_ && in_flight_.size() < (swarm_.pipelined ? 2u : 1u) && now_ >= turn_at_) {
        const auto d = node_->sequencer->next_deadline();
        if (!inbox_.empty() || (d && *d <= log_now())) turn();
      }
    } catch (const Crashed&) {
      crash("on cue");
    }
  }
  now_ = end;
}

void World::give(Work work) {
  if (!node_) return;
  work.stamp = log_now();
  inbox_.push_back(std::move(work));
}
void World::give(Command command, std::function<void(const Answer&, std::uint64_t)> done) {
  give(Work{{}, std::move(command), std::move(done), 0});
}

// ---- a process starts and ends ----

CrashAt World::cue(CrashStep step) {
  if (healed_ || !swarm_.crashes || starting_) return CrashAt::no;
  const bool append = step == CrashStep::append_before || step == CrashStep::append_after;
  if (append && swarm_.unknown_appends && random_.below(1000) < 3) return CrashAt::unknown;
  return random_.below(1000) < (append ? 3 : 60) ? CrashAt::here : CrashAt::no;
}

void World::crash(const char* why) {
  note(std::string("crash ") + why);
  ++result.crashes;
  ++life_;
  node_.reset();
  inbox_.clear();
  in_flight_.clear();
  cut_.reset();
  cut_wanted_ = 0;
  if (swarm_.damage && !healed_ && random_.percent(20)) damage();
  std::int64_t away = random_.percent(70) ? random_.below(30'000) : random_.below(40 * 60'000);
  if (options_.cut || healed_) away = 0;
  if (random_.percent(15)) {
    ++boot_;
    booted_ = now_;
  }
  at(now_ + away, [this] { start(); });
}

// Somebody copies the store; hours later it is gone, and another one is made of the copy. A person
// resumes paging some time after that.
void World::plan_restore() {
  if (!backups_.percent(30)) return;
  const std::int64_t copied = start_ + backups_.below(hours(12).ms);
  at(copied, [this] {
    if (!node_ || node_->durable == 0) return;
    backup_ = store_, backup_log_ = oracle_.log(), backup_at_ = wall();
    note("backup of frame " + std::to_string(node_->durable));
  });
  at(copied + backups_.below(hours(10).ms), [this] {
    if (!backup_log_.empty()) restore();
  });
}

void World::restore() {
  if (node_) crash("and the store is gone");
  ++life_;
  store_ = backup_;
  store_.locked = false;
  expect_loss_ = false;
  oracle_.restored(backup_log_);
  Node node(
      store_, [](CrashStep) { return CrashAt::no; }, [this] { return ids_.next(); });
  const auto why = node.open(
      machine(), [](const std::string& t) { return settings_of(t); }, wanted_);
  if (why) broken("1 prefix", "is not restored: " + *why);
  oracle_.equals(node.state, "1 prefix");
  if (node.restore({backups_.next(), node.durable, backup_at_, wall()}) != Append::ok)
    broken("7 checkpoint", "the frame of a restore could not be written");
  oracle_.frame(node.durable + 1, *store_.frames.rbegin()->second.payload);
  oracle_.equals(node.state, "1 prefix");
  node.journal.close();
  reacted_.clear();
  note("restored to frame " + std::to_string(node.durable));
  at(now_ + backups_.below(hours(3).ms), [this] { resume_paging(); });
}

void World::resume_paging() {
  if (node_ && !node_->state.globals().paused) return;
  give(ResumePaging{{"ann", 1u << index(Role::incident_manager)}});
  if (!healed_) at(now_ + minutes(10).ms, [this] { resume_paging(); });
}

// The disk loses its newest frames. It remembers that they were acknowledged.
void World::damage() {
  const std::int64_t n = random_.between(1, 4);
  for (std::int64_t i = 0; i < n && store_.frames.size() > 1; ++i) {
    store_.frames.erase(std::prev(store_.frames.end()));
    expect_loss_ = true;
  }
  if (expect_loss_) note("the disk lost frames");
}

void World::start() {
  if (node_) return;
  starting_ = true;
  node_ = std::make_unique<Node>(
      store_, [this](CrashStep s) { return cue(s); }, [this] { return ids_.next(); });
  const bool file_is_broken = !healed_ && node_ && oracle_.seq() > 0 && random_.percent(10);
  const auto why = node_->open(
      machine(), [](const std::string& t) { return settings_of(t); }, wanted_);
  if (why) broken("1 prefix", "does not start: " + *why);
  const OpenResult& opened = node_->found.opened;
  if ((opened.trouble == OpenTrouble::loss) != expect_loss_)
    broken("7 checkpoint", "loss is not what the journal says: " + opened.detail);
  if (expect_loss_) {
    expect_loss_ = false;
    oracle_.lost(opened.head, opened.lost_from, opened.lost_to);
  } else {
    // What nobody was told about may be there all the same.
    if (opened.head < oracle_.seq()) broken("1 prefix", "acknowledged frames are gone");
    node_->journal.read_frames(oracle_.seq() + 1, [&](const FrameRecord& f) {
      oracle_.frame(f.seq, f.payload);
      return true;
    });
  }
  oracle_.equals(node_->state, "1 prefix");
  oracle_.totals(node_->state);
  note("start: " + node_->found.message);
  last_now_ = log_now();
  auto works = node_->first_works(machine(), file_is_broken ? nullptr : wanted_);
  inbox_.insert(inbox_.begin(), std::make_move_iterator(works.begin()),
                std::make_move_iterator(works.end()));
  turn_at_ = now_;
  turn();
  // The first frame is durable before anything else happens.
  while (!in_flight_.empty()) complete();
  starting_ = false;
}

// ---- turns ----

void World::turn() {
  if (const auto step = node_->clock_step(machine());
      step && node_->state.globals().epoch && !starting_)
    inbox_.push_front({log_now(), Command(*step), {}, 0});
  const Instant before = node_->state.globals().at, now = log_now();
#ifdef TOCSIN_PLANTS
  planted_setting = node_->sequencer->settings()->auto_close_after.ms;
#endif
  Turn turn = node_->sequencer->take(inbox_, now);
  ++result.turns;
  turn_at_ = now_ + (turn.more || !swarm_.late_turns || healed_ ? 0 : random_.below(400));
  if (options_.trace && turn.seq)
    note("frame " + std::to_string(turn.seq) + " " + to_text(turn.payload));
  if (turn.seq) check_turn(turn, before, now);
  if (turn.seq) {
    if (const auto b = broken_law(node_->state, *node_->sequencer->settings())) broken("state", *b);
    if (const auto b = broken_plan(node_->state, *node_->sequencer->settings()))
      broken("state", *b);
    if (!healed_ && swarm_.crashes && !starting_ && random_.below(1000) < 3) throw Crashed{};
    const std::uint64_t life = life_;
    in_flight_.push_back(std::move(turn));
    if (starting_) return;
    at(now_ + (swarm_.late_turns ? random_.below(60) : 0), [this, life] {
      if (life == life_ && !in_flight_.empty()) complete();
    });
  }
  release();
  if (options_.cut && in_flight_.empty()) maybe_checkpoint();
}

void World::check_turn(const Turn& turn, Instant before, Instant now) {
  PayloadReader reader(turn.payload);
  const Instant at = reader.header().at;
  if (at < before) broken("9 time", "elapsed time went back");
  if (at > now) broken("9 time", "the log is ahead of the clock");
  if (!turn.more && at != later(now, last_now_))
    broken("9 time", "a turn does not carry the time it was taken");
  last_now_ = at;
  if (turn.payload.size() != 0 && turn.facts != reader.header().facts)
    broken("13 bounds", "facts are miscounted");
  if (node_->state.globals().tombstones > static_cast<std::uint32_t>(company_.tombstones_max))
    broken("13 bounds", "more tombstones than allowed");
  if (!node_->state.globals().replan_next && !swarm_.clock_steps) check_priorities(reader);
}

// Who is joined is told as urgently as what joined. Under a changed configuration that is measured
// slice by slice, and not before the last one; and where somebody sets the clock by hours, the
// hours of services are met again only at their next boundary.
void World::check_priorities(PayloadReader& facts) {
  std::set<IncidentNumber> joined;
  FactView fact;
  while (facts.next(fact))
    with_fact(fact, [&](const auto& f) {
      using F = std::decay_t<decltype(f)>;
      if constexpr (std::is_same_v<F, AlertLinked> || std::is_same_v<F, AlertRelinked>)
        joined.insert(f.incident);
    });
  for (const IncidentNumber n : joined)
    if (const auto why = priority_too_low(node_->state, *node_->sequencer->settings(), n))
      broken("3 told", *why);
}

void World::complete() {
  const Turn turn = std::move(in_flight_.front());
  in_flight_.pop_front();
  const Append outcome = node_->append(turn);
  if (outcome == Append::unknown) return crash("after an unknown append");
  if (outcome != Append::ok) broken("7 checkpoint", "append: " + std::string(name(outcome)));
  oracle_.frame(turn.seq, turn.payload);
  if (cut_wanted_ == turn.seq) cut_fold_ = oracle_.shadow().canonical();
  if (!healed_ && swarm_.crashes && !starting_ && random_.below(1000) < 3) throw Crashed{};
  release();
  maybe_checkpoint();
}

void World::release() {
  auto released = node_->sequencer->committed(node_->durable);
  for (auto& reply : released.replies) {
    if (reply.seq > node_->durable) broken("2 held", "a reply left before its frame was durable");
    if (reply.done) reply.done(reply.answer, reply.seq);
    if (reply.stored) reply.stored(true, reply.seq);
  }
  for (const auto& order : released.orders) {
    oracle_.order(order);
    send_out(order);
  }
  for (const auto& snapshot : released.snapshots) {
    if (snapshot->globals.seq > node_->durable)
      broken("2 held", "a read left before its frame was durable");
    const Audit found =
        audit(*snapshot, *node_->sequencer->settings(), node_->durable, snapshot->globals.at);
    if (!found.intact()) broken("audit", found.broken.front());
  }
}

// ---- checkpoints ----

void World::maybe_checkpoint() {
  if (starting_ || !node_) return;
  const auto durable = [this] {
    return node_->durable >= cut_->seq || planted("install_before_durable");
  };
  if (cut_ && durable() && (options_.cut || random_.percent(40))) write_cut();
  if (!cut_ && node_ && (options_.cut || random_.percent(6))) {
    make_cut();
    if ((!swarm_.slow_checkpoints || options_.cut) && durable()) write_cut();
  }
  if (node_ && !options_.cut && random_.percent(5)) node_->sequencer->request_snapshot();
}

void World::make_cut() {
  cut_ = node_->checkpointer.cut(node_->state, node_->sequencer->head(),
                                 node_->sequencer->snapshot_now());
  cut_wanted_ = cut_->seq;
  if (oracle_.seq() == cut_->seq) cut_fold_ = oracle_.shadow().canonical();
}

void World::write_cut() {
  const Cut cut = std::move(*std::exchange(cut_, std::nullopt));
  Marker written;
  const Install outcome = node_->checkpointer.write(node_->journal, cut, node_->marker, written);
  if (outcome != Install::installed)
    broken("7 checkpoint", "a checkpoint at " + std::to_string(cut.seq) + " was refused at " +
                               std::to_string(node_->durable));
  ++result.checkpoints;
  note("checkpoint at " + std::to_string(cut.seq));
  if (written.trimmed_to > node_->marker.seq)
    broken("7 checkpoint", "frames were trimmed that a restart may need");
  node_->marker = written;
  node_->state.installed(cut.snapshot->archive.end);
  checkpoint_is_the_fold(cut_fold_);
  if (options_.cut && random_.percent(50)) crash("after a checkpoint");
}

// Rows are encoded one way only, so equal rows are equal bytes; that they can be read back is seen
// at every start. The archive is looked at in the end: it is most of the store, and only grows.
void World::checkpoint_is_the_fold(const std::string& expected) {
  std::string rows;
  rows.reserve(expected.size());
  for (auto it = store_.rows.begin(); it != store_.rows.end();) {
    const char table = it->first[0];
    if (table == timeline_prefix || table == closed_prefix) {
      it = store_.rows.lower_bound(std::string(1, static_cast<char>(table + 1)));
      continue;
    }
    append_canonical(rows, it->first, it->second);
    ++it;
  }
  if (rows != expected)
    broken("7 checkpoint",
           "the rows at " + std::to_string(store_.marker.seq) + " are not the fold of the log");
}

// As the shell does, but of any age and number: which one may go is for the rules to say.
void World::forget_closed() {
  at(now_ + hours(1).ms, [this] { forget_closed(); });
  if (!node_ || starting_) return;
  ForgetIncidents c;
  for (const auto& [key, value] : store_.rows) {
    if (key[0] != closed_prefix) continue;
    const auto found = read_archived(value);
    if (!found) broken("retention", "a closed incident cannot be read");
    const IncidentRow& row = found->row;
    c.incidents.push_back(
        {row.number, row.resolved_at == never ? row.opened_at : row.resolved_at, row.timeline});
  }
  // Those that live, whatever anybody says of them, and numbers that were not given yet.
  node_->state.incidents().each([&](std::uint32_t, const IncidentRow& row) {
    c.incidents.push_back({row.number, Instant{}, row.timeline});
  });
  c.incidents.push_back({node_->state.globals().next_incident, Instant{}, 1});
  c.incidents.push_back({IncidentNumber(0), Instant{}, 1});
  give(std::move(c));
}

// ---- a whole life ----

void World::run() {
  make_senders();
  start();
  // A day; now and then as long as the longest windows of a company need to run out.
  static constexpr std::int64_t lengths[] = {24, 24, 24, 24, 24, 24, 30, 50};
  const std::int64_t length = hours(random_.one_of(lengths)).ms;
  faults();
  plan_restore();
  forget_closed();
  for (const char* one : {"guard", "pulse"}) beat(one);
  at(start_ + people_.below(hours(3).ms), [this] { somebody_reports(); });
  at(start_ + people_.below(hours(3).ms), [this] { somebody_handles(); });
  at(start_ + leaders_.below(hours(3).ms), [this] { somebody_leads(); });
  run_until(start_ + length);
  heal();
  check_drained();
  result.hash = oracle_.hash();
  result.frames = oracle_.frames();
}

Result run_world(std::uint64_t seed, const Options& options) {
  World world(seed, options);
  try {
    world.run();
  } catch (const Broken& b) {
    world.result.ok = false, world.result.law = b.law, world.result.text = b.text;
  }
  return world.result;
}

}  // namespace tocsin::sim
