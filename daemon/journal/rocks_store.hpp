#pragma once
// The opened database with its column families and options, and whether it may still be written.
// Internal to daemon/journal. Owner: the RocksDB journal. Threads: open and close by one, the rest
// by any. Any failed write or background error makes it `failed` for good: the process must
// restart.

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "daemon/journal/rocks_journal.hpp"

namespace tocsin::store {

// Shared with RocksDB's callbacks.
struct StoreHealth {
  JournalLog log;
  std::atomic<bool> failed = false;

  void fail(const rocksdb::Status& status, std::string_view doing);
};

class RocksStore {
 public:
  explicit RocksStore(const RocksOptions& options);
  ~RocksStore();

  // Opens, making what is missing. A format that is too new is NotSupported.
  rocksdb::Status open();
  rocksdb::Status close();

  // From now on versions that know only older formats refuse the store, by name. By the thread that
  // appends.
  rocksdb::Status need_format(int format) {
    return format <= format_ ? rocksdb::Status::OK() : put_format(format);
  }

  // Durable, and written out at once: a family that receives little would pin write-ahead logs.
  rocksdb::Status put_meta(const rocksdb::Slice& key, const rocksdb::Slice& value);

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* meta() { return families_[0]; }  // RocksDB's `default`
  rocksdb::ColumnFamilyHandle* log() { return families_[1]; }
  rocksdb::ColumnFamilyHandle* rows() { return families_[2]; }

  rocksdb::Options row_options() const;  // for the writer of checkpoint files

  // All files become part of the rows, or none. After an error of the disk nobody knows which
  // before the store is opened again: it has failed.
  rocksdb::Status take_in(const std::vector<std::string>& files);

  StoreMemory memory() const;

  bool failed() const { return health_->failed; }
  void fail(const rocksdb::Status& status, std::string_view doing) { health_->fail(status, doing); }

 private:
  rocksdb::DBOptions db_options() const;
  rocksdb::ColumnFamilyOptions small_family() const;
  rocksdb::ColumnFamilyOptions log_family() const;
  rocksdb::ColumnFamilyOptions rows_family() const;
  rocksdb::Status check_format();
  rocksdb::Status put_format(int format);

  const std::string directory_;
  const bool read_only_;
  int format_ = 0;  // of the store, once it is open
  const std::uint64_t log_buffer_bytes_;
  const std::uint64_t checkpoint_file_bytes_;
  std::shared_ptr<StoreHealth> health_;
  std::shared_ptr<rocksdb::Logger> logger_;
  std::shared_ptr<rocksdb::Cache> cache_;
  std::unique_ptr<rocksdb::Env> env_;  // outlives db_
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace tocsin::store
