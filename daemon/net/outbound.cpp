#include "daemon/net/outbound.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "daemon/net/thread.hpp"
#include "daemon/net/transfer.hpp"
#include "rules/model/planted.hpp"

namespace tocsin {
namespace {

using Clock = std::chrono::steady_clock;
using net::Transfer;

// A mail that has not ended this long after its time, which curl keeps but for its farewell, is cut
// off.
constexpr int cut_after_ms = 250;

// Connections that are kept for another request, of all destinations together.
constexpr long connections_kept = 16;

struct Waiting {
  OutboundRequest request;
  Clock::time_point since;
};

struct Mail {
  std::unique_ptr<Transfer> transfer;
  Clock::time_point cut_at;
  std::thread thread;
};

struct Destination {
  std::deque<Waiting> waiting;
  int active = 0;
};

}  // namespace

struct Outbound::Impl {
  OutboundOptions options;
  std::function<void(OutboundResult)> done;
  CURLM* multi = nullptr;
  std::atomic<int> active{0};
  std::atomic<int> waiting{0};

  std::atomic<Clock::time_point> stop_at{Clock::time_point::max()};  // never, until stop()

  std::mutex mutex;                                // guards the next three
  std::vector<std::pair<CURL*, CURLcode>> mailed;  // mails whose thread has nothing left to do
  std::deque<Waiting> inbox;
  bool stopping = false;

  // The outbound thread's own.
  std::map<std::string, Destination> destinations;
  std::map<CURL*, std::unique_ptr<Transfer>> requests;  // HTTP, in `multi`
  std::map<CURL*, Mail> mails;
  std::string last_served;  // destination; the one behind it is next

  std::thread thread;

  void run();
  bool take_inbox();
  void start_ready();
  bool may_start(const Destination& destination) const;
  int of_kind(const std::string& kind) const;
  void start(Destination& destination);
  bool start_request(std::unique_ptr<Transfer>& transfer);
  bool start_mail(std::unique_ptr<Transfer>& transfer);
  void finish_requests();
  void finish_mails();
  void finish(std::unique_ptr<Transfer> transfer, CURLcode code, std::string_view error);
  void abandon_requests();
  void expire_waiting();
  void answer_waiting(Destination& destination, std::string_view why);
  int pause_ms();
};

void Outbound::Impl::run() {
  for (;;) {
    const bool stop = take_inbox();
    expire_waiting();
    start_ready();
    int running = 0;
    curl_multi_perform(multi, &running);
    finish_requests();
    finish_mails();
    if (stop && Clock::now() >= stop_at.load()) abandon_requests();
    if (stop && requests.empty() && mails.empty()) break;
    start_ready();
    curl_multi_poll(multi, nullptr, 0, pause_ms(), nullptr);
  }
}

// True when it is to stop; then nothing waits any more.
bool Outbound::Impl::take_inbox() {
  std::deque<Waiting> taken;
  bool stop = false;
  {
    const std::lock_guard lock(mutex);
    taken.swap(inbox);
    stop = stopping;
  }
  for (Waiting& one : taken) {
    std::string key = one.request.destination;
    destinations[std::move(key)].waiting.push_back(std::move(one));
  }
  if (stop)
    for (auto& [name, destination] : destinations) answer_waiting(destination, "stopped");
  return stop;
}

// One from each destination in turn, so that a flood to one does not hold up the others.
void Outbound::Impl::start_ready() {
  for (bool progress = true; progress;) {
    progress = false;
    auto next = destinations.upper_bound(last_served);
    for (std::size_t n = destinations.size(); n > 0; --n) {
      if (next == destinations.end()) next = destinations.begin();
      if (may_start(next->second)) {
        last_served = next->first;
        start(next->second);
        progress = true;
      }
      const bool idle = next->second.waiting.empty() && next->second.active == 0;
      next = idle ? destinations.erase(next) : std::next(next);
    }
  }
}

bool Outbound::Impl::may_start(const Destination& destination) const {
  if (destination.waiting.empty()) return false;
  if (destination.active >= options.transfers_per_destination &&
      !planted("destination_without_limit"))
    return false;
  if (destination.waiting.front().request.smtp)
    return static_cast<int>(mails.size()) < options.mails_max;
  return static_cast<int>(requests.size()) <
             std::max(1, options.transfers_max - options.mails_max) &&
         (of_kind(destination.waiting.front().request.kind) < options.transfers_per_kind ||
          planted("kind_without_limit"));
}

int Outbound::Impl::of_kind(const std::string& kind) const {
  return static_cast<int>(std::count_if(requests.begin(), requests.end(), [&](const auto& one) {
    return one.second->kind() == kind;
  }));
}

void Outbound::Impl::start(Destination& destination) {
  auto transfer =
      std::make_unique<Transfer>(std::move(destination.waiting.front().request), options);
  destination.waiting.pop_front();
  --waiting;
  const bool started =
      transfer->prepare() && (transfer->smtp() ? start_mail(transfer) : start_request(transfer));
  if (!started) {
    done(transfer->result(CURLE_FAILED_INIT));
    return;
  }
  ++destination.active;
  ++active;
}

bool Outbound::Impl::start_request(std::unique_ptr<Transfer>& transfer) {
  CURL* const handle = transfer->handle();
  if (curl_multi_add_handle(multi, handle) != CURLM_OK) return false;
  requests.emplace(handle, std::move(transfer));
  return true;
}

bool Outbound::Impl::start_mail(std::unique_ptr<Transfer>& transfer) {
  CURL* const handle = transfer->handle();
  try {
    std::thread thread = net::start_thread("tocsin-mail", [this, mail = transfer.get()] {
      const CURLcode code = mail->perform();
      const std::lock_guard lock(mutex);
      mailed.emplace_back(mail->handle(), code);
      curl_multi_wakeup(multi);
    });
    const auto cut_at =
        Clock::now() + std::chrono::milliseconds(transfer->total_ms() + cut_after_ms);
    mails.emplace(handle, Mail{std::move(transfer), cut_at, std::move(thread)});
    return true;
  } catch (const std::system_error&) {
    return false;  // no thread to be had
  }
}

void Outbound::Impl::finish_requests() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    const auto it = requests.find(message->easy_handle);
    if (message->msg != CURLMSG_DONE || it == requests.end()) continue;
    const CURLcode code = message->data.result;
    auto transfer = std::move(it->second);
    requests.erase(it);
    curl_multi_remove_handle(multi, transfer->handle());
    finish(std::move(transfer), code, {});
  }
}

void Outbound::Impl::finish_mails() {
  std::vector<std::pair<CURL*, CURLcode>> ended;
  {
    const std::lock_guard lock(mutex);
    ended.swap(mailed);
  }
  const bool stopped = Clock::now() >= stop_at.load();
  for (const auto& [handle, code] : ended) {
    Mail mail = std::move(mails.at(handle));
    mails.erase(handle);
    mail.thread.join();
    finish(std::move(mail.transfer), code, stopped ? "stopped" : "");
  }
  for (auto& [handle, mail] : mails)
    if (stopped || Clock::now() >= mail.cut_at) mail.transfer->cut();
}

void Outbound::Impl::finish(std::unique_ptr<Transfer> transfer, CURLcode code,
                            std::string_view error) {
  --destinations[transfer->destination()].active;
  --active;
  done(transfer->result(code, error));
}

void Outbound::Impl::abandon_requests() {
  while (!requests.empty()) {
    auto transfer = std::move(requests.begin()->second);
    requests.erase(requests.begin());
    curl_multi_remove_handle(multi, transfer->handle());
    finish(std::move(transfer), CURLE_ABORTED_BY_CALLBACK, "stopped");
  }
}

void Outbound::Impl::expire_waiting() {
  const Clock::time_point oldest =
      Clock::now() - std::chrono::milliseconds(options.queue_timeout_ms);
  for (auto& [name, destination] : destinations) {
    auto& queue = destination.waiting;
    while (!queue.empty() && queue.front().since <= oldest) {
      const std::uint64_t id = queue.front().request.id;
      queue.pop_front();
      --waiting;
      done({.id = id, .body = {}, .retry_after_ms = {}, .error = "waited too long for a slot"});
    }
  }
}

void Outbound::Impl::answer_waiting(Destination& destination, std::string_view why) {
  for (; !destination.waiting.empty(); destination.waiting.pop_front()) {
    --waiting;
    done({.id = destination.waiting.front().request.id,
          .body = {},
          .retry_after_ms = {},
          .error = std::string(why)});
  }
}

int Outbound::Impl::pause_ms() {
  constexpr std::int64_t longest = 60'000;
  Clock::time_point until = Clock::now() + std::chrono::milliseconds(longest);
  for (const auto& [name, destination] : destinations)
    if (!destination.waiting.empty())
      until = std::min(until, destination.waiting.front().since +
                                  std::chrono::milliseconds(options.queue_timeout_ms));
  for (const auto& [handle, mail] : mails) until = std::min(until, mail.cut_at);
  until = std::min(until, stop_at.load());
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  // What is overdue has been cut and is about to end; its thread wakes us.
  const std::int64_t least = mails.empty() ? 0 : 10;
  return static_cast<int>(std::clamp<std::int64_t>(left, least, longest));
}

Outbound::Outbound(OutboundOptions options, std::function<void(OutboundResult)> done)
    : impl_(std::make_unique<Impl>()) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_ALL);
  impl_->options = std::move(options);
  impl_->done = std::move(done);
  impl_->multi = curl_multi_init();
  if (ready != CURLE_OK || impl_->multi == nullptr) throw std::bad_alloc();
  curl_multi_setopt(impl_->multi, CURLMOPT_MAXCONNECTS, connections_kept);
  impl_->thread = net::start_thread("tocsin-outbound", [impl = impl_.get()] { impl->run(); });
}

Outbound::~Outbound() {
  stop();
  curl_multi_cleanup(impl_->multi);
}

Outbound::Offer Outbound::offer(OutboundRequest request) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->stopping || (impl_->waiting >= static_cast<int>(impl_->options.queue_max) &&
                          !planted("queue_without_limit")))
    return Offer::full;
  impl_->inbox.push_back({std::move(request), Clock::now()});
  ++impl_->waiting;
  curl_multi_wakeup(impl_->multi);
  return Offer::taken;
}

void Outbound::stop(int grace_ms) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->stop_at = Clock::now() + std::chrono::milliseconds(grace_ms);
  }
  curl_multi_wakeup(impl_->multi);
  if (impl_->thread.joinable()) impl_->thread.join();
}

int Outbound::in_flight() const {
  return impl_->active;
}
int Outbound::waiting() const {
  return impl_->waiting;
}

}  // namespace tocsin
