#include "daemon/rehearsal/rehearsal.hpp"

#include <algorithm>
#include <deque>
#include <map>

#include "daemon/engine/checkpoint.hpp"
#include "daemon/engine/recover.hpp"
#include "daemon/engine/sequencer.hpp"
#include "daemon/journal/memory_journal.hpp"
#include "rules/invariants.hpp"
#include "rules/model/row_codec.hpp"
#include "rules/prepare.hpp"

namespace tocsin {
namespace {

constexpr std::size_t tail_bytes_max = 16u << 20;

// The first disposition that stands in a Tallied fact.
std::optional<Disposition> tallied(Text packed) {
  if (packed.size() < 5 || static_cast<std::uint8_t>(packed[0]) >= EnumTable<Disposition>::count)
    return {};
  return static_cast<Disposition>(packed[0]);
}

// Looks for what a turn says of one event: a fact about its alert that carries a disposition, or
// else the count of those that have no fact of their own.
class Watch {
 public:
  explicit Watch(Fingerprint alert) : alert_(alert) {}
  void saw(const FactView& view) {
    with_fact(view, [&](const auto& fact) { on(fact); });
  }
  std::optional<Disposition> disposition() const { return own_ ? own_ : counted_; }

 private:
  void on(const AlertOpened& f) {
    if (f.alert == alert_ && f.state == AlertState::tombstone) own_ = Disposition::orphan_resolve;
  }
  void on(const Tallied& f) {
    if (!counted_) counted_ = tallied(f.dispositions);
  }
  void on(const AlertSuppressed& f) {
    if (f.alert == alert_ && !own_) own_ = Disposition::maintenance_suppressed;
  }
  void on(const EventCounted& f) {
    if (f.below && !counted_) counted_ = Disposition::counted_below_threshold;
  }
  template <class F>
  void on(const F& f) {
    if constexpr (requires { f.alert, f.disposition; })
      if (f.alert == alert_ && !own_) own_ = f.disposition;
  }

  Fingerprint alert_;
  std::optional<Disposition> own_, counted_;
};

}  // namespace

struct Rehearsal::Impl {
  Impl(std::shared_ptr<const Settings> settings, RehearsalOptions options);

  const std::shared_ptr<const Settings>& settings() const { return sequencer_->settings(); }
  void advance(Wall to);
  void finish(Wall to);
  std::optional<Wall> next_due() const;
  std::vector<Heard> receive(const AlertBatch& batch, std::string_view integration,
                             Wall received_at);
  void reject(std::string_view integration, Disposition disposition, std::uint32_t count);
  Answer give(Command command);
  void apply(std::shared_ptr<const Settings> settings);
  std::vector<TimelineEntry> timeline(IncidentNumber incident);
  Instant instant() const { return state_.globals().instant(now_); }
  void begin(std::shared_ptr<const Settings> settings);
  Heard receive_one(const AlertBatch& batch, const IncomingAlert& alert, std::uint8_t source,
                    Span promise, Wall received_at);
  void put(Command command);
  void turn();  // until nothing is left to do now
  void release();
  void keep_small();

  RehearsalOptions options_;
  MemoryStore store_;
  MemoryJournal journal_{store_};
  State state_;
  Checkpointer checkpointer_;
  Marker marker_;
  std::uint64_t uid_ = 0;
  std::uint64_t durable_ = 0;
  std::size_t tail_bytes_ = 0;
  Wall now_{};
  std::unique_ptr<Sequencer> sequencer_;
  std::deque<Work> inbox_;
  std::multimap<Instant, SettleAttempt> answers_;  // of channels that take their time
  Watch* watch_ = nullptr;
};

Rehearsal::Impl::Impl(std::shared_ptr<const Settings> settings, RehearsalOptions options)
    : options_(std::move(options)), now_(options_.start) {
  Recovered found = recover(journal_, state_, checkpointer_);
  std::uint32_t slot = no_slot;
  for (const auto& [key, value] : options_.rows)
    if (!RowCodec::load(state_, key, value, slot)) __builtin_trap();  // they were encoded just now
  RowCodec::loaded(state_);
  sequencer_ =
      std::make_unique<Sequencer>(state_, settings, found.next_seq, [this] { return ++uid_; });
  begin(std::move(settings));
}

// A state that was given goes on as the process does that it was copied from.
void Rehearsal::Impl::begin(std::shared_ptr<const Settings> settings) {
  if (!state_.globals().epoch) {
    TakeEpoch epoch;
    epoch.epoch = Epoch(1), epoch.version = "rehearsal", epoch.boot = "rehearsal";
    epoch.secret = options_.secret;
    epoch.link_key = {1, 2, 3, 4};
    put(epoch);
  }
  if (state_.globals().config_hash != settings->hash) apply(std::move(settings));
}

// ---- time ----

std::optional<Wall> Rehearsal::Impl::next_due() const {
  std::optional<Instant> next = sequencer_->next_deadline();
  if (!answers_.empty() && (!next || answers_.begin()->first < *next))
    next = answers_.begin()->first;
  if (!next || *next >= when_resumed) return {};
  return std::max(now_, state_.globals().wall(*next));
}

void Rehearsal::Impl::advance(Wall to) {
  for (auto due = next_due(); due && *due < to; due = next_due()) {
    now_ = *due;
    turn();
  }
  now_ = std::max(now_, to);
}

void Rehearsal::Impl::finish(Wall to) {
  advance(to);
  turn();
}

// ---- what is heard and done ----

std::vector<Heard> Rehearsal::Impl::receive(const AlertBatch& batch, std::string_view integration,
                                            Wall received_at) {
  std::vector<Heard> out;
  const std::uint8_t source = state_.source_slot(integration);
  for (const IncomingAlert& alert : batch.alerts)
    out.push_back(receive_one(batch, alert, source, settings()->promise(integration), received_at));
  return out;
}

// One event is one request, so that what follows in its turn is what became of it.
Heard Rehearsal::Impl::receive_one(const AlertBatch& batch, const IncomingAlert& alert,
                                   std::uint8_t source, Span promise, Wall received_at) {
  AlertsRequest request;
  request.batch = std::make_shared<AlertBatch>();
  request.batch->bytes = batch.text(alert).bytes();
  request.batch->alerts = {alert};
  request.batch->alerts[0].text_at = 0;
  request.settings = settings();
  request.source = source;
  request.received_at = received_at;
  request.prepared = {prepare(*request.batch, request.batch->alerts[0], *request.settings,
                              state_.globals().secret, source, received_at, promise,
                              state_.source_name(source))};
  request.done = [](bool, std::uint64_t) {};
  const Fingerprint fingerprint = request.prepared[0].fingerprint;
  Watch watch(fingerprint);
  watch_ = &watch;
  inbox_.push_back({instant(), std::move(request), {}, 0});
  put(FlushTallies{});
  turn();
  watch_ = nullptr;
  Heard heard{watch.disposition(), fingerprint, {}};
  if (const std::uint32_t slot = state_.alert_slot(fingerprint); slot != no_slot)
    heard.incident = state_.alerts().at(slot).incident;
  return heard;
}

void Rehearsal::Impl::reject(std::string_view integration, Disposition disposition,
                             std::uint32_t count) {
  put(CountRejected{state_.source_slot(integration), disposition, count});
  put(FlushTallies{});
  turn();
}

Answer Rehearsal::Impl::give(Command command) {
  Answer out;
  inbox_.push_back({instant(), std::move(command),
                    [&out](const Answer& answer, std::uint64_t) { out = answer; }, 0});
  turn();
  return out;
}

void Rehearsal::Impl::apply(std::shared_ptr<const Settings> settings) {
  put(ApplyConfig{std::move(settings), "rehearsal"});
  turn();
}

// ---- turns ----

void Rehearsal::Impl::put(Command command) {
  inbox_.push_back({instant(), std::move(command), {}, 0});
}

void Rehearsal::Impl::turn() {
  bool more = true;
  while (more) {
    while (!answers_.empty() && answers_.begin()->first <= instant()) {
      put(answers_.begin()->second);
      answers_.erase(answers_.begin());
    }
    Turn turn = sequencer_->take(inbox_, instant());
    if (turn.seq) {
      PayloadReader reader(turn.payload);
      for (FactView fact; reader.next(fact);) {
        if (watch_) watch_->saw(fact);
        if (options_.fact) options_.fact(fact);
      }
      if (options_.keeps_stories &&
          journal_.append(turn.seq, turn.epoch, turn.uid, turn.payload) != Append::ok)
        __builtin_trap();  // memory takes what the only writer gives it
      durable_ = turn.seq;
      tail_bytes_ += turn.payload.size();
      sequencer_->recycle(std::move(turn.payload));
    }
    release();
    more =
        turn.more || !inbox_.empty() || (!answers_.empty() && answers_.begin()->first <= instant());
  }
  if (tail_bytes_ > tail_bytes_max) keep_small();
}

void Rehearsal::Impl::release() {
  auto released = sequencer_->committed(durable_);
  for (CallerReply& reply : released.replies) {
    if (reply.done) reply.done(reply.answer, reply.seq);
    if (reply.stored) reply.stored(true, reply.seq);
  }
  for (const SendOrder& order : released.orders) {
    const ChannelReply reply = options_.channel ? options_.channel(order, now_) : ChannelReply{};
    // The shell answers before the lease is over, whatever the channel does.
    const Instant at = instant() + reply.after,
                  last = state_.globals().instant(order.deadline) - milliseconds(1);
    const bool in_time = at <= last;
    answers_.emplace(in_time ? at : later(instant(), last),
                     SettleAttempt{order.page,
                                   order.attempt,
                                   order.epoch,
                                   in_time ? reply.outcome : AttemptOutcome::unknown,
                                   in_time ? reply.detail : "no answer in time",
                                   {}});
  }
}

// The log of a long story is cut as in service: what stays in memory is rows.
void Rehearsal::Impl::keep_small() {
  if (!options_.keeps_stories) {
    (void)state_.take_dirty();
    state_.installed(state_.snapshot()->archive.end);
    tail_bytes_ = 0;
    return;
  }
  Cut cut = checkpointer_.cut(state_, sequencer_->head(), sequencer_->snapshot_now());
  Marker written;
  if (checkpointer_.write(journal_, cut, marker_, written) != Install::installed) {
    state_.give_back(std::move(cut.dirty));
    return;
  }
  marker_ = written;
  state_.installed(cut.snapshot->archive.end);
  tail_bytes_ = 0;
}

// ---- looking ----

std::vector<TimelineEntry> Rehearsal::Impl::timeline(IncidentNumber incident) {
  std::vector<TimelineEntry> out;
  const auto snapshot = state_.snapshot();
  for (std::uint32_t i = 1;; ++i) {
    const std::string key = timeline_key(incident, i);
    const auto* pending = snapshot->archive.find(incident, key);
    const auto stored = pending ? std::optional(pending->value) : journal_.row(key);
    if (!stored) return out;
    if (auto entry = read_entry(*stored)) out.push_back(std::move(*entry));
  }
}

// ---- the face ----

Rehearsal::Rehearsal(std::shared_ptr<const Settings> settings, RehearsalOptions options)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(options))) {}
Rehearsal::~Rehearsal() = default;

Wall Rehearsal::now() const {
  return impl_->now_;
}
const State& Rehearsal::state() const {
  return impl_->state_;
}
std::shared_ptr<const Snapshot> Rehearsal::snapshot() {
  return impl_->state_.snapshot();
}
const std::shared_ptr<const Settings>& Rehearsal::settings() const {
  return impl_->settings();
}
void Rehearsal::advance(Wall to) {
  impl_->advance(to);
}
std::shared_ptr<const Settings> without_people(std::shared_ptr<const Settings> settings) {
  auto alone = std::make_shared<Settings>(*settings);
  alone->dead_man_timers = false;
  alone->requests_max = UINT32_MAX;
  return alone;
}

void Rehearsal::finish(Wall to) {
  impl_->finish(to);
}
std::optional<Wall> Rehearsal::next_due() const {
  return impl_->next_due();
}
std::vector<Heard> Rehearsal::receive(const AlertBatch& batch, std::string_view integration) {
  return impl_->receive(batch, integration, impl_->now_);
}
std::vector<Heard> Rehearsal::receive(const AlertBatch& batch, std::string_view integration,
                                      Wall received_at) {
  return impl_->receive(batch, integration, received_at);
}
void Rehearsal::reject(std::string_view integration, Disposition disposition, std::uint32_t count) {
  impl_->reject(integration, disposition, count);
}
Answer Rehearsal::give(Command command) {
  return impl_->give(std::move(command));
}
void Rehearsal::apply(std::shared_ptr<const Settings> settings) {
  impl_->apply(std::move(settings));
}
std::vector<TimelineEntry> Rehearsal::timeline(IncidentNumber incident) {
  return impl_->timeline(incident);
}
std::optional<std::string> Rehearsal::broken() const {
  const auto broken = broken_law(impl_->state_, *impl_->settings());
  return broken ? broken : broken_plan(impl_->state_, *impl_->settings());
}

}  // namespace tocsin
