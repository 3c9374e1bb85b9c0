#include "daemon/api/sender.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "daemon/net/thread.hpp"

namespace tocsin::api {
namespace {

constexpr auto watch_every = std::chrono::milliseconds(250);
constexpr auto stopped_from = 4 * watch_every;  // between two looks: the process did not run
// What is kept of an order's time for saying how it ended.
constexpr std::int64_t remote_ms_min = 1'000, answer_grace_ms = 5'000;
constexpr std::size_t detail_bytes_max = 200;

// Encoders do not throw, but the libraries below them might.
bool encode(const ChannelKind& kind, const SendOrder& order, Delivery& out, std::string& why) {
  try {
    out = kind.encode(order);
    return true;
  } catch (const std::exception& e) {
    why = e.what();
    return false;
  }
}

std::int64_t answers_within(const std::string& kind) {
  const ChannelKind* known = find_channel_kind(kind);
  return known ? known->answers_within.ms : remote_ms_min;
}

// What a channel may take, so that its answer is in before the deadline.
int timeout_ms(const SendOrder& order, Span left) {
  return static_cast<int>(
      std::clamp(left.ms - answer_grace_ms, remote_ms_min, answers_within(order.channel_kind)));
}

void address(OutboundRequest& request, Envelope envelope) {
  using Starttls = OutboundRequest::Starttls;
  request.from = std::move(envelope.from), request.to = std::move(envelope.to);
  request.username = std::move(envelope.username), request.password = std::move(envelope.password);
  request.ca_file = std::move(envelope.ca_file);
  request.starttls = envelope.starttls == Envelope::Tls::required   ? Starttls::required
                     : envelope.starttls == Envelope::Tls::optional ? Starttls::optional
                                                                    : Starttls::never;
}

}  // namespace

Sender::Sender(SenderPorts ports)
    : ports_(std::move(ports)), watch_(net::start_thread("tocsin-deadline", [this] { watch(); })) {}

Sender::~Sender() {
  stop();
}

// What is made again comes behind what has just been asked for: it has waited for seconds, and it
// is often for a channel that fails.
void Sender::send(const std::vector<SendOrder>& orders) {
  for (const SendOrder& order : orders)
    if (order.attempt <= 1) start(order);
  for (const SendOrder& order : orders)
    if (order.attempt > 1) start(order);
}

void Sender::start(const SendOrder& order) {
  const Span left = order.deadline - ports_.wall_now();
  Pending pending;
  pending.outcome.page = order.page;
  pending.outcome.attempt = order.attempt;
  pending.outcome.epoch = order.epoch;
  pending.kind = find_channel_kind(order.channel_kind);
  pending.kind_name = order.channel_kind;
  pending.started = ports_.now();
  pending.deadline =
      pending.started + std::chrono::milliseconds(std::max<std::int64_t>(left.ms, 0));
  const ChannelKind* kind = pending.kind;
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    if (holding_) return;
    id = next_id_++;
    pending_.emplace(id, std::move(pending));
  }
  Delivery delivery;
  std::string why;
  if (!kind)
    return finish(id, {AttemptOutcome::not_sent,
                       "channel kind '" + order.channel_kind + "' is not built in"});
  const Input input{InputKind::page, order.key.low, {}};
  if (ports_.quarantined(input)) return finish(id, {AttemptOutcome::refused, quarantined_words});
  const InHand hold(input);
  if (!encode(*kind, order, delivery, why))
    return finish(id, {AttemptOutcome::not_sent, "cannot be written: " + why});
  if (left.ms <= 0) return finish(id, {AttemptOutcome::not_sent, "its deadline had passed"});
  perform(id, std::move(delivery), order, left);
}

void Sender::perform(std::uint64_t id, Delivery delivery, const SendOrder& order, Span left) {
  switch (delivery.kind) {
    case Delivery::Kind::http:
    case Delivery::Kind::mail:
      return perform_remote(id, std::move(delivery), order, left);
    case Delivery::Kind::file:
    case Delivery::Kind::print:
      return perform_local(id, std::move(delivery));
    case Delivery::Kind::run:
      return perform_run(id, std::move(delivery), timeout_ms(order, left));
    case Delivery::Kind::datagram: {  // never blocks
      LocalResult r = write_datagram(delivery.file_name, delivery.body);
      return finish(id, {r.outcome, std::move(r.detail)});
    }
    case Delivery::Kind::none:
      return finish(id, {AttemptOutcome::refused, std::move(delivery.body)});
  }
}

void Sender::perform_local(std::uint64_t id, Delivery delivery) {
  const bool file = delivery.kind == Delivery::Kind::file;
  const int terminal = ports_.terminal;
  const bool taken =
      (file ? files_ : prints_).post([this, id, file, terminal, delivery = std::move(delivery)] {
        LocalResult r =
            file ? write_file_durably(delivery.directory, delivery.file_name, delivery.body)
                 : write_lines(terminal, delivery.body);
        finish(id, {r.outcome, std::move(r.detail)});
      });
  if (!taken) finish(id, {AttemptOutcome::not_sent, "too many wait for this channel already"});
}

void Sender::perform_remote(std::uint64_t id, Delivery delivery, const SendOrder& order,
                            Span left) {
  OutboundRequest request;
  request.id = id;
  request.destination = order.channel;
  request.kind = order.channel_kind;
  request.url = std::move(delivery.url);
  request.headers = std::move(delivery.headers);
  request.body = std::move(delivery.body);
  request.total_timeout_ms = timeout_ms(order, left);
  request.smtp = delivery.kind == Delivery::Kind::mail;
  if (request.smtp) address(request, std::move(delivery.envelope));
  if (ports_.http(std::move(request)) != Outbound::Offer::taken)
    finish(id, {AttemptOutcome::not_sent, "too many requests wait to leave already"});
}

void Sender::http_done(OutboundResult result) {
  Outcome outcome{AttemptOutcome::unknown, std::move(result.error),
                  Span{result.retry_after_ms.value_or(0)}};
  if (result.phase == OutboundResult::Phase::not_sent) outcome.outcome = AttemptOutcome::not_sent;
  if (result.phase == OutboundResult::Phase::answered)
    read_answer(result.id, result.status, result.body, outcome);
  finish(result.id, std::move(outcome));
}

void Sender::perform_run(std::uint64_t id, Delivery delivery, int timeout_ms) {
  RunRequest request;
  request.id = id;
  request.command = std::move(delivery.file_name);
  request.arguments = std::move(delivery.arguments);
  request.environment = std::move(delivery.environment);
  request.input = std::move(delivery.body);
  request.timeout_ms = timeout_ms;
  if (ports_.run(std::move(request)) != Runner::Offer::taken)
    finish(id, {AttemptOutcome::not_sent, "too many programs run already"});
}

void Sender::run_done(RunResult result) {
  Outcome outcome{AttemptOutcome::unknown, std::move(result.error)};
  if (result.phase == RunResult::Phase::not_run) outcome.outcome = AttemptOutcome::not_sent;
  if (result.phase == RunResult::Phase::cannot_run) outcome.outcome = AttemptOutcome::refused;
  if (result.phase == RunResult::Phase::exited)
    read_answer(result.id, result.status, result.output, outcome);
  finish(result.id, std::move(outcome));
}

// In the words of its channel; without them it stays unknown.
void Sender::read_answer(std::uint64_t id, int status, std::string_view said, Outcome& outcome) {
  const ChannelKind* kind = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto it = pending_.find(id);
    if (it != pending_.end()) kind = it->second.kind;
  }
  if (!kind || !kind->read) return;
  ChannelAnswer answer = kind->read(status, said);
  outcome.outcome = answer.outcome;
  outcome.detail = std::move(answer.detail);
}

void Sender::finish(std::uint64_t id, Outcome outcome) {
  Pending pending;
  {
    const std::lock_guard lock(mutex_);
    const auto it = pending_.find(id);
    if (it == pending_.end()) return;
    pending = std::move(it->second);
    pending_.erase(it);
  }
  if (pending.late && outcome.outcome != AttemptOutcome::accepted) return;
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(ports_.now() - pending.started);
  if (!pending.late) stats_.attempt(pending.kind_name, outcome.outcome, took.count());
  SettleAttempt settle = std::move(pending.outcome);
  settle.outcome = outcome.outcome;
  settle.detail = std::move(outcome.detail);
  if (settle.detail.size() > detail_bytes_max) settle.detail.resize(detail_bytes_max);
  settle.retry_after = outcome.retry_after;
  ports_.settle(std::move(settle));
}

// The backstop: what nobody answered in time is unknown, and the core goes on without waiting. Time
// in which the process was stopped is nobody's: whoever had to hear the answer did not run either.
void Sender::watch() {
  std::unique_lock lock(mutex_);
  Clock::time_point looked = ports_.now();
  while (!stopping_) {
    changed_.wait_for(lock, watch_every);
    std::vector<SettleAttempt> overdue;
    const Clock::time_point now = ports_.now();
    const Clock::duration since = now - std::exchange(looked, now);
    for (auto& [id, pending] : pending_) {
      if (since >= stopped_from) pending.deadline += since;
      if (pending.late || now < pending.deadline) continue;
      pending.late = true;
      overdue.push_back(pending.outcome);
      overdue.back().outcome = AttemptOutcome::unknown;
      overdue.back().detail = "no answer by its deadline";
      stats_.attempt(
          pending.kind_name, AttemptOutcome::unknown,
          std::chrono::duration_cast<std::chrono::milliseconds>(now - pending.started).count());
      ++stats_.backstop;
    }
    lock.unlock();
    for (SettleAttempt& outcome : overdue) ports_.settle(std::move(outcome));
    lock.lock();
  }
}

void Sender::hold() {
  const std::lock_guard lock(mutex_);
  holding_ = true;
}

void Sender::stop() {
  files_.stop();
  prints_.stop();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (watch_.joinable()) watch_.join();
}

}  // namespace tocsin::api
