#include "daemon/engine/sequencer.hpp"

#include <algorithm>

#include "daemon/engine/command_input.hpp"
#include "rules/fold.hpp"
#include "rules/model/planted.hpp"
#include "rules/prepare.hpp"

namespace tocsin {
namespace {

constexpr Span tally_every = seconds(10);

template <class C>
bool is_command(const Work& work) {
  const auto* command = std::get_if<Command>(&work.input);
  return command && std::holds_alternative<C>(*command);
}

template <class Array>
std::string packed(const Array& counts) {
  std::string out;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    out.push_back(static_cast<char>(i));
    out.append(reinterpret_cast<const char*>(&counts[i]), sizeof counts[i]);
  }
  return out;
}

void note_told(AlertsRequest::Told& told, const Answer& answer) {
  if (answer.request) told.requests.push_back(answer.request);
  told.shed += answer.code == Answer::Code::shed;
}

}  // namespace

Sequencer::Sequencer(State& state, std::shared_ptr<const Settings> settings, std::uint64_t next_seq,
                     std::function<std::uint64_t()> uid, TurnLimits limits)
    : state_(state),
      next_seq_(next_seq),
      uid_(std::move(uid)),
      limits_(limits),
      last_at_(state.globals().at) {
  use(std::move(settings));
}

void Sequencer::use(std::shared_ptr<const Settings> settings) {
  settings_ = std::move(settings);
  if (settings_->hash == state_.globals().config_hash)
    state_.share_config_text(settings_->text.held());
}

bool Sequencer::full(const Facts& out, std::size_t commands) const {
  if (planted("turn_without_end")) return false;
  return commands >= limits_.commands || out.count() >= limits_.facts ||
         buffer_.size() >= limits_.bytes;
}

Turn Sequencer::take(std::deque<Work>& inbox, Instant now) {
  const std::int64_t offset = state_.globals().offset_ms;
  if (planted("clock_back_an_hour") && offset < 0) now = now + Span{offset};
  if (planted("clock_to_2036") && offset > 0) now = now + Span{offset};
  now = later(now, last_at_);
  buffer_.assign(payload_header_bytes, '\0');
  Facts out(state_, fold_function(), buffer_);
  std::swap(out.tallies, tallies_);
  std::size_t commands = 0, fired = 0;
  bool capped = false, opening = false;

  while (!inbox.empty()) {
    if ((capped = full(out, commands))) break;
    Work& work = inbox.front();
    const Instant stamp = planted("timer_overtakes_answer") ? now : earlier(work.stamp, now);
    // A start: nothing that became due meanwhile goes before the epoch, the clock and the
    // configuration.
    opening |= is_command<TakeEpoch>(work);
    if (!opening &&
        (capped = !fire_deadlines(stamp, planted("timer_overtakes_answer"), stamp, out, fired)))
      break;
    last_at_ = later(last_at_, stamp);
    decide_work(work, out, commands);
    const auto* request = std::get_if<AlertsRequest>(&work.input);
    if (request && work.cursor < request->prepared.size()) {
      capped = true;
      break;
    }
    inbox.pop_front();
  }
  // What is due after a command that still waits must not overtake it.
  if (!capped) {
    capped = !fire_deadlines(now, true, now, out, fired);
    last_at_ = now;
  }
  flush_tallies(out, last_at_);

  for (SendOrder& order : out.orders)
    orders_.emplace_back(std::move(order), planted("send_before_commit") ? 0 : basis(out));
  std::swap(out.tallies, tallies_);

  Turn turn;
  turn.more = capped;
  if (out.count() == 0) return turn;
  turn.seq = next_seq_++;
  turn.facts = out.count();
  frame_folded(state_, turn.seq, last_at_);
  write_payload_header(
      buffer_, {1, static_cast<std::uint32_t>(turn.facts), last_at_, state_.globals().offset_ms});
  turn.epoch = state_.globals().epoch.value;
  turn.uid = uid_();
  turn.payload = std::exchange(buffer_, std::exchange(spare_, {}));
  return turn;
}

// Deadlines before `before` (or up to and including it), in their order. False: the cap was
// reached.
bool Sequencer::fire_deadlines(Instant before, bool inclusive, Instant now, Facts& out,
                               std::size_t& fired) {
  while (const auto due = state_.next_deadline()) {
    if (inclusive ? due->due > before : due->due >= before) return true;
    if (fired >= limits_.deadlines || full(out, 0)) return false;
    ++fired;
    last_at_ = later(last_at_, now);
    const InHand hold({InputKind::deadline, index(due->kind) << 56 ^ due->id, {}});
    decide_due(state_, *settings_, sightings_, *due, last_at_, out);
    apply_sightings(out);
  }
  return true;
}

void Sequencer::decide_work(Work& work, Facts& out, std::size_t& commands) {
  if (std::holds_alternative<AlertsRequest>(work.input)) return decide_alerts(work, out, commands);
  const Command& command = std::get<Command>(work.input);
  ++commands;
  flush_asked_ |= std::holds_alternative<FlushTallies>(command);
  out.answer = {};
  const InHand hold(input_of(command));
  decide(state_, *settings_, sightings_, command, last_at_, out);
  apply_sightings(out);
  // From the fact on, the new settings are in force, also for what follows in this turn.
  if (const auto* apply = std::get_if<ApplyConfig>(&command);
      apply && apply->settings->hash == state_.globals().config_hash)
    use(apply->settings);
  if (!work.done) return;
  const std::uint64_t seq = planted("reply_before_commit") ? 0 : basis(out);
  CallerReply reply{std::move(work.done), {}, std::move(out.answer), basis(out)};
  replies_.emplace_back(std::move(reply), seq);
}

void Sequencer::decide_alerts(Work& work, Facts& out, std::size_t& commands) {
  AlertsRequest& request = std::get<AlertsRequest>(work.input);
  const bool same_settings = request.settings->hash == settings_->hash;
  if (work.cursor == 0)
    for (const Prepared& p : request.prepared) state_.prefetch(p.fingerprint);
  for (; work.cursor < request.prepared.size() && !full(out, commands); ++work.cursor) {
    ++commands;
    Prepared& alert = request.prepared[work.cursor];
    if (!same_settings) {
      const std::string_view source = state_.source_name(request.source);
      alert = prepare(*request.batch, request.batch->alerts[work.cursor], *settings_,
                      state_.globals().secret, request.source, request.received_at,
                      settings_->promise(source), source);
    }
    const InHand hold(input_of(alert));
    out.answer.request = {}, out.answer.code = Answer::Code::done;
    decide(state_, *settings_, sightings_,
           ReceiveAlert{&alert, request.source, request.received_at}, last_at_, out);
    if (request.told) note_told(*request.told, out.answer);
    apply_sightings(out);
  }
  if (work.cursor < request.prepared.size()) return;
  const std::uint64_t seq = basis(out);
  const bool early =
      planted("reply_before_commit") || (planted("repeat_before_durable") && out.count() == 0);
  replies_.emplace_back(CallerReply{{}, std::move(request.done), {}, seq}, early ? 0 : seq);
}

void Sequencer::apply_sightings(Facts& out) {
  for (const auto& s : out.seen) sightings_.saw(s.slot, s.serial, s.until);
  out.seen.clear();
  if (out.aside) sightings_.aside.note(*out.aside, out.now());
  out.aside.reset();
  for (const auto& s : out.signs) sightings_.heard(s.slot, s.heartbeat, out.now());
  out.signs.clear();
}

void Sequencer::flush_tallies(Facts& out, Instant now) {
  if (out.tallies.total == 0) return;
  if (tallied_since_ == never) tallied_since_ = now;
  if (out.count() == 0 && now < tallied_since_ + tally_every && !flush_asked_) return;
  flush_asked_ = false;
  const std::string received = packed(out.tallies.received),
                    dispositions = packed(out.tallies.dispositions);
  out.now(now);
  out.add(Tallied{received, dispositions});
  out.tallies = {};
  tallied_since_ = never;
}

std::optional<Instant> Sequencer::next_deadline() const {
  const auto due = state_.next_deadline();
  const Instant tallies = tallied_since_ == never ? never : tallied_since_ + tally_every;
  if (!due) return tallies == never ? std::nullopt : std::optional(tallies);
  return earlier(due->due, tallies);
}

Sequencer::Released Sequencer::committed(std::uint64_t durable) {
  const tocsin::Released proof(durable);
  Released out;
  const auto drain = [&](auto& queue, auto& into) {
    // Bases never decrease along a queue, but for bugs planted on purpose.
    while (!queue.empty() && proof.covers(queue.front())) {
      into.push_back(proof.open(std::move(queue.front())));
      queue.pop_front();
    }
  };
  drain(replies_, out.replies);
  drain(orders_, out.orders);
  drain(snapshots_, out.snapshots);
  return out;
}

void Sequencer::request_snapshot() {
  snapshots_.emplace_back(state_.snapshot(sightings_.signs()), next_seq_ - 1);
}
std::shared_ptr<const Snapshot> Sequencer::snapshot_now() {
  return state_.snapshot();
}

}  // namespace tocsin
