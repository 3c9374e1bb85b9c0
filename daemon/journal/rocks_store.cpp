#include "daemon/journal/rocks_store.hpp"

#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>

#include <climits>

#include "daemon/journal/rocks_logger.hpp"
#include "rules/model/planted.hpp"

namespace tocsin::store {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;
constexpr std::size_t families_count = 4, small_buffer_bytes = mib;
constexpr int small_buffers_max = 2, log_buffers_max = 3;
constexpr std::string_view format_key = "format";
constexpr int newest_format = 2;

class ErrorListener final : public rocksdb::EventListener {
 public:
  explicit ErrorListener(std::shared_ptr<StoreHealth> health) : health_(std::move(health)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    health_->fail(*status, "in the background");
  }
  // Recovery without a restart is where upstream's worst bugs of this version live.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* recover) override {
    *recover = false;
  }

 private:
  const std::shared_ptr<StoreHealth> health_;
};

// RocksDB deletes the files that it took in and could not sync the MANIFEST for. But the record
// that names them may be on the disk all the same, and without them the store would never open
// again. So a failed store keeps its tables; the next open uses them, or removes what nothing
// names.
class KeepsTables final : public rocksdb::FileSystemWrapper {
 public:
  KeepsTables(std::string directory, std::shared_ptr<StoreHealth> health)
      : FileSystemWrapper(rocksdb::FileSystem::Default()),
        directory_(std::move(directory)),
        health_(std::move(health)) {}

  // The clean-up comes before the caller learns of the error.
  static inline thread_local bool taking_in = false;

  const char* Name() const override { return "KeepsTables"; }
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    const bool table = path.starts_with(directory_) && path.ends_with(".sst");
    if (table && (taking_in || health_->failed) && !planted("failed_store_deletes_tables"))
      return rocksdb::IOStatus::Aborted("kept until the store is opened again");
    return target()->DeleteFile(path, options, debug);
  }

 private:
  const std::string directory_;  // of the database, with a slash
  const std::shared_ptr<StoreHealth> health_;
};

// Shards of the block cache. A block larger than its shard is never kept, and RocksDB's own choice
// for a cache this small are shards of 512 KiB.
constexpr int cache_shard_bits = 2;

// Index and filter are cut into parts of a block each: a look-up reads the parts on its way,
// however large the file is. Whole, they would grow with the file, outgrow the cache and be read
// again by every look-up.
rocksdb::BlockBasedTableOptions table_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_top_level_index_and_filter = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  table.block_size = 16 << 10;
  return table;
}

}  // namespace

void StoreHealth::fail(const rocksdb::Status& status, std::string_view doing) {
  if (planted("failed_store_goes_on")) return;
  if (failed.exchange(true)) return;
  log(log_level::error, "the store failed " + std::string(doing) + ": " + status.ToString());
}

RocksStore::RocksStore(const RocksOptions& options)
    : directory_(options.path + "/db"),
      read_only_(options.read_only),
      log_buffer_bytes_(options.log_buffer_bytes),
      checkpoint_file_bytes_(options.checkpoint_file_bytes),
      health_(std::make_shared<StoreHealth>()),
      logger_(make_rocks_logger(options.log)),
      cache_(rocksdb::NewLRUCache(16 * mib, cache_shard_bits)),
      env_(rocksdb::NewCompositeEnv(std::make_shared<KeepsTables>(directory_ + "/", health_))) {
  health_->log = options.log;
}

RocksStore::~RocksStore() {
  for (rocksdb::ColumnFamilyHandle* family : families_)
    (void)db_->DestroyColumnFamilyHandle(family);
}

rocksdb::DBOptions RocksStore::db_options() const {
  rocksdb::DBOptions options;
  options.env = env_.get();
  options.create_if_missing = !read_only_;
  options.create_missing_column_families = !read_only_;
  options.paranoid_checks = true;
  options.wal_recovery_mode = planted("torn_tail_is_refused")
                                  ? rocksdb::WALRecoveryMode::kAbsoluteConsistency
                                  : rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.recycle_log_file_num = 0;
  options.max_total_wal_size = 64 * mib;
  options.max_open_files = read_only_ ? -1 : 256;  // -1: all of them, from the start
  options.max_file_opening_threads = 2;
  options.max_background_jobs = 2;
  options.max_manifest_file_size = 16 * mib;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.write_dbid_to_manifest = true;
  options.fail_if_options_file_error = true;
  options.allow_data_in_errors = false;
  options.avoid_flush_during_shutdown = false;
  options.max_bgerror_resume_count = 0;
  options.skip_stats_update_on_db_open = true;
  options.verify_sst_unique_id_in_manifest = false;  // files of a checkpoint have none
  options.bytes_per_sync = mib;  // write-back in small steps: a commit's sync does not wait for it
  options.info_log = logger_;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.listeners.push_back(std::make_shared<ErrorListener>(health_));
  return options;
}

// A write stall holds up all families, so nothing that only the checkpoint does may cause one.
rocksdb::ColumnFamilyOptions RocksStore::small_family() const {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = small_buffer_bytes;
  options.max_write_buffer_number = small_buffers_max;
  options.compression = rocksdb::kLZ4Compression;
  options.level0_slowdown_writes_trigger = INT_MAX;
  options.level0_stop_writes_trigger = INT_MAX;
  options.soft_pending_compaction_bytes_limit = 0;
  options.hard_pending_compaction_bytes_limit = 0;
  options.ttl = 0;
  options.periodic_compaction_seconds = 0;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(cache_)));
  return options;
}

// Keys only grow, so files never overlap and moving one to level 1, from where it can be dropped
// whole, rewrites nothing. LZ4 costs no latency here (a file is written in the background) and
// makes retain_bytes hold more history.
rocksdb::ColumnFamilyOptions RocksStore::log_family() const {
  rocksdb::ColumnFamilyOptions options = small_family();
  options.write_buffer_size = log_buffer_bytes_;
  options.max_write_buffer_number = log_buffers_max;
  options.level0_file_num_compaction_trigger = 1;
  options.target_file_size_base = 64 * mib;
  options.max_bytes_for_level_base = std::uint64_t{1} << 50;
  return options;
}

rocksdb::ColumnFamilyOptions RocksStore::rows_family() const {
  rocksdb::ColumnFamilyOptions options = small_family();
  rocksdb::BlockBasedTableOptions table = table_options(cache_);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.level_compaction_dynamic_level_bytes = true;
  options.target_file_size_base = checkpoint_file_bytes_;
  return options;
}

rocksdb::Options RocksStore::row_options() const {
  rocksdb::DBOptions options;
  options.info_log = logger_;
  return {options, rows_family()};
}

rocksdb::Status RocksStore::open() {
  const std::vector<rocksdb::ColumnFamilyDescriptor> wanted = {
      {rocksdb::kDefaultColumnFamilyName, small_family()},
      {"log", log_family()},
      {"rows", rows_family()},
      {"events", small_family()},
  };
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      read_only_ ? rocksdb::DB::OpenForReadOnly(db_options(), directory_, wanted, &families_, &db)
                 : rocksdb::DB::Open(db_options(), directory_, wanted, &families_, &db);
  db_.reset(db);
  return status.ok() ? check_format() : status;
}

rocksdb::Status RocksStore::check_format() {
  std::string format;
  const rocksdb::Status found =
      db_->Get({}, meta(), {format_key.data(), format_key.size()}, &format);
  if (found.IsNotFound() && !read_only_) return put_format(1);
  if (!found.ok()) return found;
  for (format_ = newest_format; format_ > 0; --format_)
    if (format == std::to_string(format_)) return found;
  return rocksdb::Status::NotSupported("store format " + format + " is unknown");
}

rocksdb::Status RocksStore::put_format(int format) {
  const rocksdb::Status put =
      put_meta({format_key.data(), format_key.size()}, std::to_string(format));
  if (put.ok()) format_ = format;
  return put;
}

rocksdb::Status RocksStore::put_meta(const rocksdb::Slice& key, const rocksdb::Slice& value) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const rocksdb::Status status = db_->Put(synced, meta(), key, value);
  return status.ok() ? db_->Flush({}, meta()) : status;
}

rocksdb::Status RocksStore::take_in(const std::vector<std::string>& files) {
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.failed_move_fall_back_to_copy = false;
  options.write_global_seqno = false;
  // Nothing but this writes the family, so its memory table is empty; if it is not, that is a bug.
  options.allow_blocking_flush = false;
  KeepsTables::taking_in = true;
  const rocksdb::Status status = db_->IngestExternalFile(rows(), files, options);
  KeepsTables::taking_in = false;
  if (status.IsIOError()) fail(status, "to take a checkpoint in");
  return status;
}

StoreMemory RocksStore::memory() const {
  StoreMemory out;
  out.cache = cache_->GetUsage();
  out.cache_max = cache_->GetCapacity();
  db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kSizeAllMemTables, &out.buffers);
  out.buffers_max = log_buffers_max * log_buffer_bytes_ +
                    (families_count - 1) * small_buffers_max * small_buffer_bytes;
  return out;
}

rocksdb::Status RocksStore::close() {
  for (rocksdb::ColumnFamilyHandle* family : families_)
    (void)db_->DestroyColumnFamilyHandle(family);
  families_.clear();
  return db_ ? db_->Close() : rocksdb::Status::OK();
}

}  // namespace tocsin::store
