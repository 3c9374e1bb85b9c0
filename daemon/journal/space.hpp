#pragma once
// The free space of the store's disk against its watermarks, and the ballast file that is given up
// when the floor is reached. RocksDB must never meet a full disk: it aborts there.
// Owner: the RocksDB journal. Any thread. The disk is asked at most once a second; in between, what
// was written is subtracted.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "daemon/journal/journal.hpp"
#include "daemon/journal/journal_log.hpp"

namespace tocsin {

// Bytes. `low` is the smaller of warn_bytes and warn_percent of the disk, but never below the
// floor.
struct SpaceLimits {
  std::uint64_t warn_bytes = std::uint64_t{1} << 30;
  unsigned warn_percent = 20;
  std::uint64_t floor_bytes = std::uint64_t{128} << 20;
  std::uint64_t ballast_bytes = std::uint64_t{64} << 20;
  // What RocksDB needs to write out its memory and start the next write-ahead log, about three
  // times log_buffer_bytes: below this nothing is appended.
  std::uint64_t last_bytes = std::uint64_t{24} << 20;
};

namespace store {

class Space {
 public:
  Space(std::string directory, const SpaceLimits& limits, JournalLog log);

  // Before the database is opened: gives the ballast up when that is all there is to open with.
  void prepare();

  Room room();
  void wrote(std::uint64_t bytes);

  // How much the log's history should give back: nothing while it is not the history that stands
  // between the disk and its first warning. By the last measurement.
  std::uint64_t owed_by_history();

  // Whether so many bytes can be written and leave the last reserve; asks the disk.
  bool fits(std::uint64_t bytes);

 private:
  void measure();
  Room judge() const;
  std::uint64_t low() const;
  std::uint64_t free_beside_ballast() const;
  void keep_ballast();
  bool has_ballast() const;
  void release_ballast();
  void make_ballast();

  const std::string directory_;
  const std::string ballast_;
  const SpaceLimits limits_;
  const JournalLog log_;

  std::mutex mutex_;
  bool held_ = false;  // the ballast is there
  Room room_ = Room::plenty;
  std::uint64_t free_ = 0;
  std::uint64_t total_ = 0;
  bool estimated_ = false;  // something was written since the disk was asked
  std::chrono::steady_clock::time_point measured_{};
};

}  // namespace store

}  // namespace tocsin
