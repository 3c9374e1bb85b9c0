#include "daemon/cli/store_lost.hpp"

#include <algorithm>
#include <csignal>

#include "daemon/api/exchange.hpp"
#include "daemon/cli/daemon.hpp"
#include "daemon/cli/log.hpp"
#include "daemon/cli/notify.hpp"

namespace tocsin::cli {
namespace {

using Steady = std::chrono::steady_clock;

constexpr const char* what = "store lost";
constexpr std::chrono::milliseconds look_every{250};
constexpr const char* retry_after_s = "10";

// A big store takes its time to open, and nobody feeds the watchdog meanwhile.
constexpr std::chrono::minutes patience{10};

std::string numbers(std::uint64_t pages) {
  return "# HELP tocsin_ready Whether the daemon works as it should.\n"
         "# TYPE tocsin_ready gauge\ntocsin_ready 0\n"
         "# HELP tocsin_accepting Whether alerts are taken.\n"
         "# TYPE tocsin_accepting gauge\ntocsin_accepting 0\n"
         "# HELP tocsin_store_lost Whether the store cannot be opened or written.\n"
         "# TYPE tocsin_store_lost gauge\ntocsin_store_lost 1\n"
         "# HELP tocsin_last_gasp_pages_total Pages to administrators that no store knows of.\n"
         "# TYPE tocsin_last_gasp_pages_total counter\ntocsin_last_gasp_pages_total " +
         std::to_string(pages) + "\n";
}

}  // namespace

StoreLost::StoreLost(const Body& body, StoreLostPorts ports)
    : ports_(std::move(ports)), web_([](const auto&) {}) {
  listen(body);
}

StoreLost::~StoreLost() {
  for (const auto& server : servers_) server->stop();
}

// Who cannot be answered is not answered: the port may be taken, the certificate unreadable.
void StoreLost::listen(const Body& body) {
  if (!web_.use(body.web_config)) return;
  for (const std::string& text : body.listen) {
    const auto endpoint = parse_endpoint(text);
    if (!endpoint) continue;
    ServerOptions options;
    options.address = endpoint->address;
    options.port = endpoint->port;
    options.tls = [this] { return web_.tls(); };
    auto server = std::make_unique<Server>(
        options, [this](HttpRequest&& request, Reply reply) { reply(answer(request)); });
    if (const Listening listening = server->start(); !listening.ok)
      log(LogLevel::error, "cannot_listen", listening.error);
    else
      servers_.push_back(std::move(server));
  }
}

// Why it is lost is for the log: nobody has proven here who they are.
HttpResponse StoreLost::answer(const HttpRequest& request) const {
  const bool reads = request.method == HttpMethod::get || request.method == HttpMethod::head;
  if (reads && request.target == "/-/healthy") return api::text_response(200, "OK\n");
  if (reads && request.target == "/metrics") {
    HttpResponse r = api::text_response(200, numbers(ports_.last_gasp->pages()));
    std::erase_if(r.headers, [](const auto& h) { return same_token(h.first, "Content-Type"); });
    r.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return r;
  }
  HttpResponse r =
      api::own_error(503, "store_lost", "the store is lost; nothing is taken or known");
  r.headers.emplace_back("Retry-After", retry_after_s);
  return r;
}

StoreLost::End StoreLost::wait(std::string why, std::chrono::milliseconds pause) {
  log(LogLevel::error, "store_lost", why);
  ports_.last_gasp->say(what, why);
  notify_ready("store lost: nothing is taken, administrators are paged");
  notify_patience(patience);
  std::chrono::milliseconds next_pause = first_pause;
  auto try_at = Steady::now() + pause;
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  const timespec look{0, std::chrono::nanoseconds(look_every).count()};
  for (;;) {
    const int signal = sigtimedwait(&set, nullptr, &look);
    notify_alive();
    if (signal == SIGTERM || signal == SIGINT) return End::signalled;
    if (signal == SIGHUP) ports_.reload();
    if (signal != SIGHUP && Steady::now() < try_at) continue;
    std::string now;
    if (ports_.try_open(now)) return End::opened;
    if (now != why) log(LogLevel::error, "store_lost", now);
    why = now;
    ports_.last_gasp->say(what, why);
    try_at = Steady::now() + next_pause;
    next_pause = std::min<std::chrono::milliseconds>(2 * next_pause, longest_pause);
  }
}

}  // namespace tocsin::cli
