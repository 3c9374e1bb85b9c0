#pragma once
// Looks at the state every 15 s and says whether the laws hold (rules/audit.hpp). Owns a thread of
// its own, so that a look at a million rows holds up nobody. It changes nothing itself: what is
// broken is logged, counted and reported to the core, which opens an incident about the daemon; and
// whoever tells the outside that all is well asks here first. It never touches the watchdog.

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "daemon/engine/engine.hpp"
#include "rules/audit.hpp"

namespace tocsin {

inline constexpr std::chrono::seconds audit_every{15};

class Auditor {
 public:
  struct Look {
    Audit audit;
    std::chrono::steady_clock::time_point at;
    bool seen = false;  // false: the engine gave no copy of the state
  };

  Auditor(Engine& engine, LogSink log);
  ~Auditor();  // stops

  // The newest look; nullptr before the first one is over. Any thread.
  std::shared_ptr<const Look> last() const;
  // Why the outside must not be told that all is well; empty: nothing is known. Any thread.
  std::string not_well() const;
  void look();   // now, on the calling thread; not beside the own thread
  void start();  // the own thread, whose first look comes after the interval
  void stop();

 private:
  void run();
  void judge(const Look& look);

  Engine& engine_;
  const LogSink log_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<const Look> last_;
  bool stopping_ = false;
  int broken_in_a_row_ = 0;
  std::string reported_ = "?";  // what the core was told last; "?": nothing since the start
  std::thread thread_;
};

}  // namespace tocsin
