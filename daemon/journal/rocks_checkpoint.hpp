#pragma once
// The files of one checkpoint: written beside the database, then taken in by it in one step.
// Internal to daemon/journal. Owner: one install(). One thread.
// The rows come first to disk and the marker with them, so that either both count or neither.

#include <rocksdb/rate_limiter.h>
#include <rocksdb/sst_file_writer.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "daemon/journal/rocks_store.hpp"
#include "daemon/journal/space.hpp"

namespace tocsin::store {

// The key of the marker among the rows; sorts before every row.
inline constexpr std::string_view marker_key{"\0marker", 7};

class RocksCheckpoint {
 public:
  RocksCheckpoint(RocksStore& store, Space& space, std::string directory, std::uint64_t file_bytes,
                  rocksdb::RateLimiter& pace);

  // Writes and syncs all files. `stop` ends it early as Install::stopping.
  Install write(const RowSource& rows, const Marker& marker, const std::atomic<bool>& stop,
                std::string& why);

  // All files become part of the store, or none.
  rocksdb::Status ingest();

  void discard();

 private:
  rocksdb::Status start_file();
  rocksdb::Status finish_file();
  rocksdb::Status put(const RowChange& change);

  RocksStore& store_;
  Space& space_;
  const std::string directory_;
  const std::uint64_t file_bytes_;
  rocksdb::EnvOptions env_;
  const rocksdb::Options options_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
  std::vector<std::string> files_;
};

}  // namespace tocsin::store
