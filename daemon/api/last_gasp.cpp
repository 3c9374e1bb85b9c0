#include "daemon/api/last_gasp.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "daemon/net/thread.hpp"

namespace tocsin::api {
namespace {

constexpr Span answer_grace = seconds(6);  // beyond what the channel is given
constexpr std::size_t detail_bytes_max = 400;
constexpr std::string_view terminal = "terminal";

const std::vector<std::string>& administrators(const Settings& settings) {
  const auto role = settings.roles.find("administrator");
  return role == settings.roles.end() ? settings.catch_all_people : role->second;
}

PageKey key_of(const SendOrder& order, std::string_view host) {
  const std::string bytes = "last gasp\n" + std::string(host) + "\n" + order.instance_name + "\n" +
                            std::to_string(order.now.ms) + "\n" + order.person + "\n" +
                            order.channel;
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.high64, h.low64};
}

OutboundOptions options_of(const std::string& user_agent) {
  OutboundOptions out;
  out.transfers_max = 16;
  out.mails_max = 8;
  out.queue_max = 256;
  out.user_agent = user_agent;
  return out;
}

}  // namespace

// The same encoders, clients and deadlines as those of any page.
struct LastGasp::Ways {
  Ways(const LastGaspPorts& ports, std::function<void(SettleAttempt)> settle)
      : outbound(options_of(ports.user_agent),
                 [this](OutboundResult result) { sender.http_done(std::move(result)); }),
        runner(RunnerOptions{}, [this](RunResult result) { sender.run_done(std::move(result)); }),
        sender(SenderPorts{
            std::move(settle), ports.wall_now,
            [this](OutboundRequest request) { return outbound.offer(std::move(request)); },
            [this](RunRequest request) { return runner.offer(std::move(request)); }}) {}
  ~Ways() {
    outbound.stop();
    runner.stop(0);
    sender.stop();
  }

  Outbound outbound;
  Runner runner;
  Sender sender;
};

LastGasp::LastGasp(LastGaspPorts ports, LastGaspTimes times)
    : ports_(std::move(ports)), times_(times) {}

LastGasp::~LastGasp() {
  stop();
}

void LastGasp::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  ways_.reset();
}

void LastGasp::use(std::shared_ptr<const Settings> settings) {
  const std::lock_guard lock(mutex_);
  settings_ = std::move(settings);
}

void LastGasp::say(const std::string& what, const std::string& detail) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  if (!what.empty() && what_.empty()) {
    since_ = ports_.wall_now();
    due_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(due_in().ms);
  }
  what_ = what;
  detail_ = detail.substr(0, detail_bytes_max);
  if (!what.empty() && !thread_.joinable())
    thread_ = net::start_thread("tocsin-lastgasp", [this] { run(); });
  changed_.notify_all();
}

// A clock that was set back since makes it due at once.
Span LastGasp::due_in() const {
  const Wall told = ports_.told_at(), now = ports_.wall_now();
  if (told == Wall{} || told > now) return {};
  return {std::max<std::int64_t>((told + times_.every - now).ms, 0)};
}

bool LastGasp::told_within(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(
      lock, wait, [this] { return what_.empty() || due_ > std::chrono::steady_clock::now(); });
}

std::uint64_t LastGasp::pages() const {
  const std::lock_guard lock(mutex_);
  return pages_;
}

void LastGasp::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (what_.empty()) {
      changed_.wait(lock);
    } else if (std::chrono::steady_clock::now() < due_) {
      changed_.wait_until(lock, due_);
    } else {
      const bool told = round(lock);
      const Span pause = told ? times_.every : times_.again;
      due_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(pause.ms);
      changed_.notify_all();
    }
  }
}

// True when somebody was told, or nobody is known who could be.
bool LastGasp::round(std::unique_lock<std::mutex>& lock) {
  ports_.log(LogLevel::error, "last_gasp", what_ + (detail_.empty() ? "" : ": " + detail_));
  if (!settings_) return true;
  if (!ways_)
    ways_ = std::make_unique<Ways>(ports_, [this](SettleAttempt outcome) {
      const std::lock_guard hold(mutex_);
      outcomes_.push_back(std::move(outcome));
      changed_.notify_all();
    });
  std::vector<Recipient> people;
  for (const std::string& id : administrators(*settings_))
    if (const Person* person = settings_->person(id); person && !person->page.empty())
      people.push_back({person->id, person->email, person->page});
  return tell(lock, std::move(people)) ||
         (!stopping_ && tell(lock, {{"", "", {settings_->catch_all_channel}}}));
}

// All of them at once, each by the first of their channels that takes it. True when one did.
bool LastGasp::tell(std::unique_lock<std::mutex>& lock, std::vector<Recipient> recipients) {
  ++round_;
  round_at_ = ports_.wall_now();
  recipients_ = std::move(recipients);
  bool told = false;
  for (std::size_t i = 0; i < recipients_.size(); ++i) attempt(lock, i);
  const auto waits = [](const Recipient& to) { return to.waiting; };
  while (!stopping_ && std::any_of(recipients_.begin(), recipients_.end(), waits)) {
    changed_.wait(lock, [this] { return !outcomes_.empty() || stopping_; });
    for (const SettleAttempt& outcome : std::exchange(outcomes_, {})) {
      if (outcome.epoch != Epoch(round_)) continue;
      const std::size_t number = outcome.page.value - 1;
      Recipient& to = recipients_[number];
      const bool taken = hear(outcome);
      told |= taken;
      if (outcome.attempt != to.next) continue;  // late, and the next channel has it
      to.waiting = false;
      if (!taken && to.next < to.channels.size()) attempt(lock, number);
    }
  }
  return told;
}

bool LastGasp::hear(const SettleAttempt& outcome) {
  const Recipient& to = recipients_[outcome.page.value - 1];
  const bool taken = outcome.outcome == AttemptOutcome::accepted;
  ports_.log(taken ? LogLevel::info : LogLevel::error, "last_gasp_page",
             (to.person.empty() ? "" : to.person + " by ") + to.channels[outcome.attempt - 1u] +
                 ": " + std::string(name(outcome.outcome)) +
                 (outcome.detail.empty() ? "" : ", " + outcome.detail));
  if (!taken) return false;
  ++pages_;
  ports_.told(round_at_);
  return true;
}

// Without the lock while it is handed over: what is not sent at all is answered at once.
void LastGasp::attempt(std::unique_lock<std::mutex>& lock, std::size_t number) {
  Recipient& to = recipients_[number];
  const SendOrder order = order_for(to, number + 1);
  ++to.next;
  to.waiting = true;
  lock.unlock();
  ways_->sender.send({order});
  lock.lock();
}

SendOrder LastGasp::order_for(const Recipient& to, std::size_t number) const {
  SendOrder o;
  o.page = PageId(number);
  o.attempt = static_cast<std::uint16_t>(to.next + 1);
  o.epoch = Epoch(round_);
  o.person = to.person, o.email = to.email;
  o.channel = to.channels[to.next];
  o.now = round_at_, o.since = since_;
  o.instance_name = settings_->instance_name;
  o.priority = Priority::P1;
  o.title = what_ + " on " + ports_.host;
  o.ci = settings_->instance_name;
  o.category = "monitoring/pipeline";
  o.summary = detail_;
  o.zone = settings_->zone_of(to.person);
  o.key = key_of(o, ports_.host);
  const Channel* channel = settings_->channel(o.channel);
  o.channel_kind = channel ? channel->kind : std::string(terminal);
  if (channel) o.channel_settings = channel->settings;
  const Span given = channel ? channel->answers_within : seconds(10);
  o.deadline = ports_.wall_now() + given + answer_grace;
  return o;
}

}  // namespace tocsin::api
