#pragma once
// `tocsin serve`: makes the parts, joins them, and takes them down in the right order. Lives on the
// main thread, which waits for signals: SIGTERM and SIGINT stop, SIGHUP reloads.

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "daemon/api/api.hpp"
#include "daemon/api/heartbeat.hpp"
#include "daemon/api/last_gasp.hpp"
#include "daemon/api/sender.hpp"
#include "daemon/cli/syslog_ears.hpp"
#include "daemon/cli/web.hpp"
#include "daemon/engine/auditor.hpp"
#include "daemon/engine/black_box.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/engine/retention.hpp"
#include "daemon/journal/memory_journal.hpp"
#include "daemon/net/mapper.hpp"
#include "daemon/net/outbound.hpp"
#include "daemon/net/runner.hpp"
#include "daemon/net/server.hpp"

namespace tocsin::cli {

struct ServeOptions {
  std::string config;
  std::string data;  // empty: store.path of the configuration
  std::string journal = "rocksdb";
  LogLevel log_level = LogLevel::info;
  bool demo = false;
  std::string version;
  std::string program = "tocsin";  // as it was called, for lines to try
};

class Daemon {
 public:
  explicit Daemon(ServeOptions options);
  ~Daemon();

  int run();  // until a signal; the exit code

 private:
  // What came of a try to start the engine. refused: for a reason that time does not mend.
  enum class Start { up, store_lost, refused };

  bool open();
  void load();
  void make_ways_out();
  void make_black_box();
  Start start_engine(std::string& why);
  bool start_at_last();
  bool without_store(const std::string& why, std::chrono::milliseconds pause);
  std::shared_ptr<const Settings> with_imports(std::shared_ptr<const Settings> wanted,
                                               const std::string& stored);
  void in_force();
  void look_at_store();
  void warm_runner(const Settings& settings);
  void look_at_helpers();
  bool listen();
  bool listen_syslog();
  void wait_for_signals();
  void close();
  void reload(const std::function<void(std::string errors)>& done);
  void reload_now(const std::function<void(std::string errors)>& done);
  void greet() const;
  std::string first_url() const;

  ServeOptions options_;
  Body body_;  // in force; the parts that only a restart changes are those of the start
  std::shared_ptr<const Settings> wanted_;  // of the file, at the start; null: it has errors
  bool signalled_ = false;                  // asked to end before it was up
  bool stuck_ = false;                      // the administrators were told that nothing is written
  std::atomic<bool> reload_ok_{true};
  std::atomic<std::int64_t> reloaded_at_ms_{0};

  std::unique_ptr<BlackBox> black_box_;
  std::unique_ptr<api::LastGasp> last_gasp_;
  std::unique_ptr<MemoryStore> memory_;  // what stands in for the disk with --journal memory
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Mapper> mapper_;
  std::string map_trouble_, run_trouble_;  // as last logged; the main thread's
  std::unique_ptr<Outbound> outbound_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<api::Sender> sender_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Auditor> auditor_;
  std::unique_ptr<Retention> retention_;
  std::unique_ptr<api::Heartbeat> heartbeat_;
  std::unique_ptr<api::Importer> importer_;
  std::unique_ptr<api::Api> api_;
  std::unique_ptr<Web> web_;
  std::unique_ptr<SyslogEars> syslog_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::unique_ptr<api::Worker> control_;  // reloads, one after the other
};

int serve(ServeOptions options);

void log_all(LogLevel level, const char* event, const std::vector<Diagnostic>& list);

// "127.0.0.1:9966", "[::1]:9966", ":9966" (all addresses); nothing when it is none of them.
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
};
std::optional<Endpoint> parse_endpoint(const std::string& text);

}  // namespace tocsin::cli
