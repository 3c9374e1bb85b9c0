#include "daemon/journal/freeze.hpp"

#include <rocksdb/utilities/checkpoint.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include "daemon/journal/files.hpp"

namespace tocsin::store {

rocksdb::Status freeze(RocksStore& store, const std::string& folder) {
  thaw(folder);
  if (!make_directory(folder)) return rocksdb::Status::IOError(folder, errno_text());
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(&store.db(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // Never flushes: the write-ahead logs are copied, and commits wait for no file to be written out.
  if (status.ok()) status = checkpoint->CreateCheckpoint(folder + "/db", UINT64_MAX);
  if (!status.ok()) thaw(folder);
  return status;
}

void thaw(const std::string& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

}  // namespace tocsin::store
