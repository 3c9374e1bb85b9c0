#include "daemon/cli/daemon.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "config/inventory.hpp"
#include "daemon/api/query.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/log.hpp"
#include "daemon/cli/notify.hpp"
#include "daemon/cli/programs.hpp"
#include "daemon/net/heap.hpp"

namespace tocsin::cli {
namespace {

constexpr auto drain_for = std::chrono::milliseconds(5'000);
constexpr int transfers_grace_ms = 5'000;
constexpr int io_threads = 2;
constexpr timespec look_every{1, 0};  // whether a certificate has changed

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

std::string joined(const std::vector<Diagnostic>& list) {
  std::string out;
  for (const Diagnostic& d : list) out += (out.empty() ? "" : "\n") + to_text(d);
  return out;
}

void add(ServerStats& sum, const ServerStats& s) {
  sum.accepted += s.accepted;
  sum.refused += s.refused;
  sum.accept_failures += s.accept_failures;
  sum.requests += s.requests;
  sum.malformed += s.malformed;
  sum.too_large += s.too_large;
  sum.too_slow += s.too_slow;
  sum.shed += s.shed;
  sum.replies_dropped += s.replies_dropped;
  sum.replies_late += s.replies_late;
  sum.handshakes_failed += s.handshakes_failed;
  sum.open += s.open;
}

}  // namespace

void log_all(LogLevel level, const char* event, const std::vector<Diagnostic>& list) {
  for (const Diagnostic& d : list) log(level, event, to_text(d));
}

Daemon::Daemon(ServeOptions options) : options_(std::move(options)) {}
Daemon::~Daemon() = default;

int serve(ServeOptions options) {
  // Before the first thread: all of them inherit it, and the main thread alone hears signals.
  const sigset_t set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  set_up_heap();
  open_log(options.log_level);
  int code = exit_no;
  {
    Daemon daemon(std::move(options));
    code = daemon.run();
  }
  close_log();
  return code;
}

int Daemon::run() {
  const bool up = open() && listen();
  if (up) {
    notify_ready("listening on " + first_url());
    log(LogLevel::info, "started", "tocsin " + options_.version + " on " + first_url());
    if (options_.demo) greet();
    wait_for_signals();
    notify_stopping();
    log(LogLevel::info, "stopping");
  }
  close();
  if (black_box_) black_box_->ended();
  if (up) log(LogLevel::info, "stopped");
  return up || signalled_ ? exit_done : exit_no;
}

// ---- start: see daemon_start.cpp for what comes before ----

// So that a helper that cannot start is known before the first page needs it.
void Daemon::warm_runner(const Settings& settings) {
  for (const Channel& channel : settings.channels)
    if (channel.kind == "exec") return runner_->warm();
}

bool Daemon::listen() {
  control_ = std::make_unique<api::Worker>("tocsin-control", 16);
  auditor_ = std::make_unique<Auditor>(*engine_, log);
  heartbeat_ = std::make_unique<api::Heartbeat>(api::HeartbeatPorts{
      [this] { return auditor_->not_well(); }, log, "tocsin/" + options_.version});
  api::ApiPorts ports;
  ports.version = options_.version;
  ports.started = engine_->wall_now();
  ports.reload = [this](const std::function<void(std::string)>& done) { reload(done); };
  importer_ = std::make_unique<api::Importer>(*engine_, *control_,
                                              [this] { last_gasp_->use(engine_->settings()); });
  ports.importer = importer_.get();
  ports.server = [this] {
    ServerStats sum;
    for (const auto& server : servers_) add(sum, server->stats());
    return sum;
  };
  ports.delivery = &sender_->stats();
  ports.mapper = mapper_.get();
  ports.runner = runner_.get();
  ports.reload_ok = [this] { return reload_ok_.load(); };
  ports.reloaded_at = [this] { return Wall{reloaded_at_ms_.load()}; };
  ports.audit = [this] { return auditor_->last(); };
  ports.heartbeat = heartbeat_.get();
  ports.web = [this] {
    const auto tls = web_->tls();
    return api::WebStats{web_->failures(), tls ? not_after_s(*tls) : 0};
  };
  if (!body_.syslog.empty()) syslog_ = std::make_unique<SyslogEars>(*engine_, body_.syslog);
  ports.syslog = [this] {
    return syslog_ ? api::SyslogNumbers{syslog_->stats(), &syslog_->lines()} : api::SyslogNumbers{};
  };
  api_ = std::make_unique<api::Api>(*engine_, api::access_of(body_), std::move(ports));
  web_ = std::make_unique<Web>(
      [this](std::shared_ptr<const api::WebRules> rules) { api_->set_web(std::move(rules)); });
  // Whoever asked for TLS and passwords does not get a door without them.
  if (!web_->use(body_.web_config)) {
    log(LogLevel::error, "cannot_listen", "the web configuration " + body_.web_config);
    return false;
  }

  for (const std::string& text : body_.listen) {
    const auto endpoint = parse_endpoint(text);
    if (!endpoint) {
      log(LogLevel::error, "cannot_listen", "'" + text + "' is not ADDRESS:PORT");
      return false;
    }
    ServerOptions options;
    options.address = endpoint->address;
    options.port = endpoint->port;
    options.io_threads = io_threads;
    options.connections_per_address_max = static_cast<int>(body_.connections_per_address_max);
    options.tls = [this] { return web_->tls(); };
    servers_.push_back(
        std::make_unique<Server>(options, [this](HttpRequest&& request, Reply reply) {
          api_->handle(std::move(request), std::move(reply));
        }));
  }
  // Before /-/ready can be asked: it speaks of all that is heard.
  if (!listen_syslog()) return false;
  // All of them are made before the first one hears anything: their list is read by requests.
  for (const auto& server : servers_) {
    const Listening listening = server->start();
    if (listening.ok) continue;
    log(LogLevel::error, "cannot_listen", listening.error);
    return false;
  }
  auditor_->look();  // so that the first heartbeat knows
  auditor_->start();
  retention_ = std::make_unique<Retention>(*engine_, *journal_, log);
  retention_->start();
  heartbeat_->use(body_.heartbeat);
  return true;
}

bool Daemon::listen_syslog() {
  const std::vector<int> handed_over = handed_over_sockets();
  if (syslog_) return syslog_->listen(handed_over);
  for (const InheritedSocket& socket : inspect_sockets(handed_over)) {
    log(LogLevel::warning, "syslog",
        "nothing listens on the socket that was handed over, " + to_text(socket) +
            ": the section syslog is empty");
    ::close(socket.fd);
  }
  return true;
}

// ---- running ----

void Daemon::wait_for_signals() {
  const sigset_t set = handled_signals();
  for (;;) {
    siginfo_t info{};
    const int signal = sigtimedwait(&set, &info, &look_every);
    if (signal < 0) web_->look();
    if (signal < 0) api_->look();
    if (signal < 0) look_at_helpers();
    if (signal < 0 && syslog_) syslog_->look();
    if (signal < 0) look_at_store();
    if (signal == SIGTERM || signal == SIGINT) return;
    if (signal == SIGHUP) reload([](const std::string&) {});
  }
}

void Daemon::look_at_helpers() {
  const auto look = [](const char* which, const std::string& now, std::string& before) {
    if (now == before) return;
    if (now.empty())
      log(LogLevel::info, "helper_up", which);
    else
      log(LogLevel::error, "helper_down", std::string(which) + ": " + now);
    before = now;
  };
  look("map", mapper_->trouble(), map_trouble_);
  look("run", runner_->trouble(), run_trouble_);
}

// A write that does not end, or has no room: whoever could be told by a recorded page is not, so
// the administrators are told by one that is not.
void Daemon::look_at_store() {
  const Engine::Health health = engine_->health();
  const bool stuck = health.stuck;
  if (std::exchange(stuck_, stuck) == stuck) return;
  const std::string why = health.why.empty() ? "a write does not end" : health.why;
  log(stuck ? LogLevel::error : LogLevel::warning, stuck ? "store_stuck" : "store_writes",
      stuck ? why : "the store takes writes again");
  last_gasp_->say(stuck ? "store lost" : "", stuck ? why : "");
}

void Daemon::reload(const std::function<void(std::string errors)>& done) {
  if (!control_->post([this, done] { reload_now(done); })) done("too many reloads wait already");
}

// Whole or not at all: a file with errors leaves everything as it was.
void Daemon::reload_now(const std::function<void(std::string errors)>& done) {
  notify_reloading();
  auto before = engine_->settings();
  Loaded loaded = load_file_with(options_.config, imported_section(before->text));
  check_programs(loaded, *mapper_);
  log_all(LogLevel::warning, "config_warning", loaded.warnings);
  const auto finish = [this, done](const std::string& errors) {
    reload_ok_ = errors.empty();
    if (errors.empty()) reloaded_at_ms_ = engine_->wall_now().ms;
    log(errors.empty() ? LogLevel::info : LogLevel::error,
        errors.empty() ? "reloaded" : "reload_failed",
        errors.empty() ? engine_->settings()->hash : "nothing has changed");
    notify_ready(errors.empty() ? "reloaded" : "reload failed, running on as before");
    done(errors);
  };
  if (!loaded.settings) {
    log_all(LogLevel::error, "config_error", loaded.errors);
    return finish(joined(loaded.errors));
  }
  if (const std::string problem = Web::problem_of(loaded.body.web_config); !problem.empty()) {
    log(LogLevel::error, "config_error", problem);
    return finish(problem);
  }
  if (loaded.body.listen != body_.listen)
    log(LogLevel::warning, "restart_needed", "http.listen changes with the next start only");
  if (loaded.body.connections_per_address_max != body_.connections_per_address_max)
    log(LogLevel::warning, "restart_needed",
        "http.connections_per_address_max changes with the next start only");
  if (loaded.body.syslog != body_.syslog)
    log(LogLevel::warning, "restart_needed",
        "the syslog listeners change with the next start only");
  const Offer offer = engine_->offer(
      ApplyConfig{loaded.settings, "reload", before->hash},
      [this, finish, done, access = api::access_of(loaded.body), web = loaded.body.web_config,
       heartbeat = loaded.body.heartbeat, before](const Answer& answer, std::uint64_t) mutable {
        // CIs were imported meanwhile: once more, together with those.
        if (answer.code == Answer::Code::illegal_transition) {
          if (!control_->post([this, done] { reload_now(done); }))
            finish("too many reloads wait already");
          return;
        }
        const bool good = answer.code == Answer::Code::done || answer.code == Answer::Code::already;
        if (!good) return finish(answer.message);
        api_->set_access(access);
        heartbeat_->use(heartbeat);
        last_gasp_->use(engine_->settings());
        warm_runner(*engine_->settings());
        // A large inventory takes a while to let go of: that is not for the thread that decides.
        auto take_web = [this, finish, web, before = std::move(before)]() mutable {
          finish(web_->use(web) ? "" : "the web configuration changed meanwhile: see the log");
          const std::size_t bytes =
              std::max(before->text.held()->size(), engine_->settings()->text.held()->size());
          before.reset();
          give_back_heap(bytes);
        };
        if (!control_->post(std::move(take_web)))
          finish("the daemon is stopping");  // files: not on this thread
      });
  if (offer != Offer::taken) finish("the daemon is busy or stopping");
}

std::string Daemon::first_url() const {
  if (servers_.empty()) return "";
  const auto endpoint = parse_endpoint(body_.listen.front());
  std::string host = endpoint ? endpoint->address : "127.0.0.1";
  if (host == "::" || host == "0.0.0.0") host = "127.0.0.1";
  if (host.find(':') != host.npos) host = "[" + host + "]";
  return (web_->tls() ? "https://" : "http://") + host + ":" +
         std::to_string(servers_.front()->port());
}

// ---- the end ----

// In this order nothing is owed at the end: no new request; those in hand are answered; nothing new
// leaves, or each answer would send the next page of a backlog; what is with the network comes back
// and is recorded; then the last checkpoint.
void Daemon::close() {
  if (syslog_) syslog_->stop(drain_for);
  for (const auto& server : servers_) server->drain(drain_for);
  if (sender_) sender_->hold();
  if (control_) control_->stop();
  if (mapper_) mapper_->stop();
  if (heartbeat_) heartbeat_->stop();
  if (auditor_) auditor_->stop();
  if (retention_) retention_->stop();
  if (outbound_) outbound_->stop(transfers_grace_ms);
  if (runner_) runner_->stop(transfers_grace_ms);
  if (sender_) sender_->stop();
  if (api_) api_->stop();
  if (last_gasp_) last_gasp_->stop();
  if (engine_) engine_->stop();
  for (const auto& server : servers_) server->stop();
  servers_.clear();
  web_.reset();
  api_.reset();
  importer_.reset();
  syslog_.reset();
  heartbeat_.reset();
  auditor_.reset();
  retention_.reset();
  engine_.reset();
  sender_.reset();
  runner_.reset();
  outbound_.reset();
  journal_.reset();
}

std::optional<Endpoint> parse_endpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return {};
  const auto port = api::parse_number(std::string_view(text).substr(colon + 1));
  if (!port || *port > 65535) return {};
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) host = "::";
  if (host == "localhost") host = "127.0.0.1";
  return Endpoint{std::move(host), static_cast<std::uint16_t>(*port)};
}

}  // namespace tocsin::cli
