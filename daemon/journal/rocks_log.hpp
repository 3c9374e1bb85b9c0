#pragma once
// The column family `log`: frames by number, the stretches of numbers that no longer count,
// trimming. Internal to daemon/journal. Owner: the RocksDB journal. Threads: load_cuts() and cut()
// before any other call; then append() by one thread, reads and trim() by any.

#include <rocksdb/write_batch.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/journal/frame.hpp"
#include "daemon/journal/rocks_store.hpp"

namespace tocsin::store {

class RocksLog {
 public:
  using With = std::function<void(const LogFrame&)>;

  explicit RocksLog(RocksStore& store) : store_(store) {}

  rocksdb::Status load_cuts();

  // From now on the frames numbered from..to do not exist. Nothing is deleted: what is damaged
  // stays untouched, also by compaction, until it is trimmed.
  rocksdb::Status cut(std::uint64_t from, std::uint64_t to);

  // Frames from..to in order until `each` returns false. Not OK: unreadable from there on.
  rocksdb::Status walk(std::uint64_t from, std::uint64_t to,
                       const std::function<bool(const LogFrame&)>& each);

  // The frame with the highest number up to `seq`; OK without a call when there is none.
  rocksdb::Status last_until(std::uint64_t seq, const With& with);

  // The highest number in the log, whether it counts or not; 0 when there is none to be read.
  std::uint64_t highest();

  // False when there is no such frame.
  bool find(std::uint64_t seq, const With& with);

  // Durable when OK; `stored_bytes` is what it takes.
  rocksdb::Status append(const LogFrame& frame, std::size_t& stored_bytes);

  // Paths of the files with frames from `seq` on.
  std::vector<std::string> files_from(std::uint64_t seq);

  // Drops files whose frames are all <= bound, the oldest first, while they are too old or too much
  // or less than `owed` bytes were dropped. The bytes that were.
  std::uint64_t trim(std::uint64_t bound, std::chrono::seconds retain_for,
                     std::uint64_t retain_bytes, std::uint64_t owed);

 private:
  std::uint64_t beyond_cut(std::uint64_t seq) const;
  std::uint64_t before_cut(std::uint64_t seq) const;
  std::unique_ptr<rocksdb::Iterator> iterator();

  RocksStore& store_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> cuts_;  // first and last, ascending
  FramePacker packer_;
  rocksdb::WriteBatch batch_;  // kept so that its buffer is
};

}  // namespace tocsin::store
