#pragma once
// Looks on the disk for closed incidents whose time is over and has them forgotten, a slice at a
// time: the rules decide which, and the next checkpoint deletes their rows. Owns a thread that
// reads; an hour passes between two walks through all of them.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/engine/engine.hpp"
#include "daemon/journal/journal.hpp"

namespace tocsin {

class Retention {
 public:
  static constexpr std::size_t incidents_max = 200, timeline_max = 5'000;  // of a slice, entries
  static constexpr std::size_t blocks_max = 64;  // that a slice reads, of 256 numbers each

  Retention(Engine& engine, Journal& journal, LogSink log);
  ~Retention();

  void start();
  void stop();

  // The next slice of the walk: what the core is asked to forget, and whether the walk goes on.
  struct Slice {
    std::vector<ClosedIncident> incidents;
    bool more = false;
  };
  Slice next(Instant over_before, IncidentNumber end);

 private:
  void run();
  bool slice();
  bool look_at(std::uint64_t block, Instant over_before, Slice& out);

  Engine& engine_;
  Journal& journal_;
  const LogSink log_;
  std::uint64_t block_ = 0;  // the walk's next
  std::size_t asked_ = 0;    // of this walk
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tocsin
