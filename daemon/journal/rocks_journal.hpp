#pragma once
// The journal on RocksDB: one directory, one process, everything synced before it is acknowledged.
//
// The directory holds the database (db/), the files of a checkpoint that is being written
// (checkpoint/), what was damaged (damaged/), the lock, the ballast and, unless placed elsewhere,
// the witness. docs/store.md describes all bytes.
// Owner: the composition root. Threads and errors: as the port says. The process must not fork
// between open() and close(): RocksDB's threads would be missing in the child.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/journal/journal.hpp"
#include "daemon/journal/journal_log.hpp"
#include "daemon/journal/space.hpp"

namespace tocsin {

// Sizes in bytes. The defaults are for production; tests make everything small.
struct RocksOptions {
  std::string path;
  JournalLog log;  // may be empty
  // No lock, no repair, nothing is written. A copy, or the store of a running daemon as it is at
  // the moment: what that one deletes from then on stays open here. Opening it may fail when a file
  // goes away meanwhile: try again.
  bool read_only = false;
  std::string witness;  // a file, best on another disk; empty: PATH/witness
  std::chrono::milliseconds witness_every{20};
  SpaceLimits space;

  // Frames older than the second newest checkpoint stay while both hold.
  std::chrono::seconds retain_for = std::chrono::hours(7 * 24);
  std::uint64_t retain_bytes = std::uint64_t{2} << 30;

  // The memory of the newest frames, and so the size of the log's files before compression. 8 to 64
  // MiB commit equally fast; small means a short recovery and little needed on a full disk.
  std::uint64_t log_buffer_bytes = std::uint64_t{8} << 20;
  std::uint64_t checkpoint_file_bytes = std::uint64_t{64} << 20;
  std::uint64_t checkpoint_bytes_per_second = std::uint64_t{96} << 20;
};

std::unique_ptr<Journal> make_rocks_journal(RocksOptions options);

}  // namespace tocsin
