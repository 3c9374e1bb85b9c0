// From the configuration to an engine that runs, or to the reason why there is none.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "config/inventory.hpp"
#include "daemon/api/v1_status.hpp"
#include "daemon/cli/daemon.hpp"
#include "daemon/cli/log.hpp"
#include "daemon/cli/notify.hpp"
#include "daemon/cli/programs.hpp"
#include "daemon/cli/store_lost.hpp"
#include "daemon/journal/files.hpp"
#include "daemon/journal/memory_journal.hpp"
#include "daemon/journal/rocks_journal.hpp"
#include "daemon/net/heap.hpp"

namespace tocsin::cli {
namespace {

// Waiting for a slot and the transfer together stay below the deadline of an attempt (15 s).
constexpr int outbound_queue_ms = 3'000;
constexpr std::uint32_t ends_to_tell = 3;  // within ten minutes, then administrators hear of it
constexpr auto tell_for = std::chrono::seconds(15);

constexpr const char* suspect_words = " made the daemon crash twice and is not taken any more";

// Doubles with each bad end.
std::chrono::seconds pause_after(std::uint32_t ends) {
  const auto pause = StoreLost::first_pause * (1 << std::min(ends - ends_to_tell, 6u));
  return std::min<std::chrono::seconds>(pause, StoreLost::longest_pause);
}

Wall wall_clock() {
  return Wall{std::chrono::duration_cast<std::chrono::milliseconds>(
                  std::chrono::system_clock::now().time_since_epoch())
                  .count()};
}

std::string host_name() {
  char name[256]{};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] ? name : "this machine";
}

std::unique_ptr<Journal> open_rocks(const std::string& path, Span keep_events) {
  RocksOptions options;
  options.path = path;
  options.retain_for = std::chrono::seconds(keep_events.ms / 1000);
  options.log = [](int level, std::string_view line) {
    log(level <= log_level::debug     ? LogLevel::debug
        : level == log_level::info    ? LogLevel::info
        : level == log_level::warning ? LogLevel::warning
                                      : LogLevel::error,
        "store", line);
  };
  return make_rocks_journal(std::move(options));
}

std::shared_ptr<const Settings> compile_stored(const std::string& text) {
  const Loaded stored = load_stored(text);
  log_all(LogLevel::error, "stored_config_error", stored.errors);
  log_all(LogLevel::warning, "stored_config_warning", stored.warnings);
  return stored.settings;
}

std::string_view word(InputKind kind) {
  switch (kind) {
    case InputKind::body:
      return "a request";
    case InputKind::line:
      return "a line of syslog";
    case InputKind::alert:
      return "an alert";
    case InputKind::command:
      return "a command of a person";
    case InputKind::deadline:
      return "a deadline";
    case InputKind::page:
      return "a page";
    case InputKind::none:
      break;
  }
  return "nothing";
}

// What the next turn is told about the process before, and that what was told once is over.
std::vector<ReportTrouble> troubles_of(const BlackBox::Before& before, const Body& body) {
  std::vector<ReportTrouble> out;
  // Whether they are still exceeded is for this process to see.
  for (const Integration& integration : body.integrations)
    out.push_back({Trouble::over_quota, "", integration.name});
  if (!before.how.empty())
    out.push_back({Trouble::ended_badly, "the process before this one ended badly: " + before.how});
  out.push_back({Trouble::ended_badly, ""});
  std::string quarantined;
  for (const Suspect& suspect : before.suspects)
    if (suspect.quarantined)
      quarantined += (quarantined.empty() ? "" : ", ") + std::string(word(suspect.kind));
  if (!quarantined.empty()) quarantined += suspect_words;
  out.push_back({Trouble::input_quarantined, std::move(quarantined)});
  return out;
}

}  // namespace

bool Daemon::open() {
  mapper_ = std::make_unique<Mapper>();
  load();
  if (options_.journal == "memory") memory_ = std::make_unique<MemoryStore>();
  make_black_box();
  make_ways_out();
  if (!start_at_last()) return false;
  black_box_->started();
  last_gasp_->say("");
  in_force();
  return true;
}

void Daemon::load() {
  Loaded loaded = load_file(options_.config);
  check_programs(loaded, *mapper_);
  log_all(LogLevel::error, "config_error", loaded.errors);
  log_all(LogLevel::warning, "config_warning", loaded.warnings);
  reload_ok_ = loaded.settings != nullptr;
  wanted_ = std::move(loaded.settings);
  body_ = std::move(loaded.body);
  if (!options_.data.empty()) body_.store_path = options_.data;
  if (last_gasp_ && wanted_) last_gasp_->use(wanted_);
}

// In memory where the service manager gives us a place: it works whatever the disk does.
void Daemon::make_black_box() {
  const char* runtime = std::getenv("RUNTIME_DIRECTORY");
  std::string folder = runtime ? runtime : memory_ ? "" : body_.store_path;
  folder = folder.substr(0, folder.find(':'));
  if (!folder.empty()) store::make_directory(folder);
  black_box_ = std::make_unique<BlackBox>(folder.empty() ? "" : folder + "/black_box",
                                          options_.version, wall_clock());
  black_box_->arm();
  if (const BlackBox::Before& before = black_box_->before(); !before.how.empty())
    log(LogLevel::error, "ended_badly",
        "the process before: " + before.how + (before.while_starting ? ", while starting" : "") +
            "; " + std::to_string(before.recent) + " such ends in 10 minutes");
}

void Daemon::make_ways_out() {
  api::LastGaspPorts gasp;
  gasp.log = log;
  gasp.user_agent = "tocsin/" + options_.version;
  gasp.host = host_name();
  gasp.wall_now = wall_clock;
  gasp.told_at = [this] { return black_box_->told_at(); };
  gasp.told = [this](Wall at) { black_box_->told(at); };
  last_gasp_ = std::make_unique<api::LastGasp>(std::move(gasp));
  last_gasp_->use(wanted_);

  OutboundOptions out;
  out.queue_timeout_ms = outbound_queue_ms;
  out.user_agent = "tocsin/" + options_.version;
  outbound_ = std::make_unique<Outbound>(
      std::move(out), [this](OutboundResult result) { sender_->http_done(std::move(result)); });
  runner_ = std::make_unique<Runner>(
      RunnerOptions{}, [this](RunResult result) { sender_->run_done(std::move(result)); });
  api::SenderPorts ports{
      [this](SettleAttempt outcome) { engine_->settle(std::move(outcome)); },
      [this] { return engine_->wall_now(); },
      [this](OutboundRequest request) { return outbound_->offer(std::move(request)); },
      [this](RunRequest request) { return runner_->offer(std::move(request)); }};
  ports.quarantined = [this](const Input& input) { return black_box_->quarantined(input); };
  sender_ = std::make_unique<api::Sender>(std::move(ports));
}

// A process that keeps ending badly says so before it tries again, or nobody would ever hear of it.
bool Daemon::start_at_last() {
  const BlackBox::Before& before = black_box_->before();
  std::string why;
  if (before.recent >= ends_to_tell) {
    why = before.how.empty() ? "it ended well at last" : before.how;
    if (before.gave_up || before.while_starting)
      return without_store(why, pause_after(before.recent));
    last_gasp_->say("tocsin keeps crashing",
                    why + ", " + std::to_string(before.recent) + " times in 10 minutes");
    last_gasp_->told_within(tell_for);
  }
  const Start start = start_engine(why);
  if (start == Start::store_lost) return without_store(why, StoreLost::first_pause);
  return start == Start::up;
}

bool Daemon::without_store(const std::string& why, std::chrono::milliseconds pause) {
  StoreLost::End end{};
  bool refused = false;
  {
    StoreLostPorts ports;
    ports.last_gasp = last_gasp_.get();
    ports.try_open = [this, &refused](std::string& now) {
      const Start start = start_engine(now);
      refused = start == Start::refused;
      return start != Start::store_lost;
    };
    ports.reload = [this] { load(); };
    StoreLost lost(body_, std::move(ports));
    end = lost.wait(why, pause);
  }
  signalled_ = end == StoreLost::End::signalled;
  if (signalled_ || refused) return false;
  notify_patience(std::chrono::seconds(0));
  log(LogLevel::warning, "store_found", "the store is open again");
  return true;
}

Daemon::Start Daemon::start_engine(std::string& why) {
  if (memory_)
    journal_ = std::make_unique<MemoryJournal>(*memory_);
  else
    journal_ = open_rocks(body_.store_path, (wanted_ ? *wanted_ : Settings{}).keep_events);
  EngineOptions options;
  options.version = options_.version;
  options.troubles = troubles_of(black_box_->before(), body_);
  EnginePorts ports;
  ports.journal = journal_.get();
  ports.compile = compile_stored;
  ports.complete = [this](std::shared_ptr<const Settings> wanted, const std::string& stored) {
    return with_imports(std::move(wanted), stored);
  };
  ports.send = [this](const std::vector<SendOrder>& orders) { sender_->send(orders); };
  ports.log = log;
  ports.alive = notify_alive;
  ports.quarantined = [this](const Input& input) { return black_box_->quarantined(input); };
  ports.failing = [this](const std::string& how) { black_box_->failing(how); };
  engine_ = std::make_unique<Engine>(std::move(options), std::move(ports));
  const StartResult started = engine_->start(wanted_);
  if (started.ok) {
    if (started.history_lost)
      log(LogLevel::error, "history_lost",
          "acknowledged history is gone; `tocsin journal confirm-loss` says that somebody knows");
    return Start::up;
  }
  why = started.message;
  engine_.reset();
  journal_.reset();
  if (started.store_lost) return Start::store_lost;
  log(LogLevel::error, started.locked ? "store_locked" : "cannot_start", why);
  return Start::refused;
}

// The files once more, with the CIs that the store was given by the API; null when they do not fit.
std::shared_ptr<const Settings> Daemon::with_imports(std::shared_ptr<const Settings> wanted,
                                                     const std::string& stored) {
  const std::string imported = imported_section(stored);
  if (imported.empty()) return wanted;
  const Loaded loaded = load_file_with(options_.config, imported);
  log_all(LogLevel::error, "config_error", loaded.errors);
  reload_ok_ = loaded.settings != nullptr;
  wanted_ = loaded.settings;
  return loaded.settings;
}

// Says what the engine runs on.
void Daemon::in_force() {
  if (const Engine::Health health = engine_->health(); health.paused)
    log(LogLevel::warning, "paging_paused",
        api::pause_words(health.backup_at, health.backup_seq) +
            "; nobody is paged before somebody calls `tocsin resume`");
  if (!wanted_) {
    log(LogLevel::warning, "stored_config",
        options_.config + " cannot be used; running on the configuration of the store");
    const std::string store_path = body_.store_path;
    body_ = load_stored(engine_->settings()->text).body;
    body_.store_path = store_path;
  }
  last_gasp_->use(engine_->settings());
  warm_runner(*engine_->settings());
  wanted_.reset();  // or it would be kept beside those that come after it
  give_back_heap(engine_->settings()->text.held()->size());
  reloaded_at_ms_ = engine_->wall_now().ms;
  log(LogLevel::info, "config_in_force", engine_->settings()->hash);
}

}  // namespace tocsin::cli
