#include "daemon/journal/rocks_checkpoint.hpp"

#include "daemon/journal/files.hpp"
#include "daemon/journal/frame.hpp"

namespace tocsin::store {
namespace {

rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace

RocksCheckpoint::RocksCheckpoint(RocksStore& store, Space& space, std::string directory,
                                 std::uint64_t file_bytes, rocksdb::RateLimiter& pace)
    : store_(store),
      space_(space),
      directory_(std::move(directory)),
      file_bytes_(file_bytes),
      options_(store.row_options()) {
  env_.rate_limiter = &pace;
  env_.bytes_per_sync = 1 << 20;
}

Install RocksCheckpoint::write(const RowSource& rows, const Marker& marker,
                               const std::atomic<bool>& stop, std::string& why) {
  rocksdb::Status status;
  while (status.ok()) {
    if (stop) return Install::stopping;
    const std::optional<RowChange> change = rows();
    if (!change) break;
    status = put(*change);
  }
  if (status.ok() && writer_) status = finish_file();
  // The marker's body sums up the rows, so it is known only now; it sorts before them and therefore
  // stands in a file of its own.
  if (status.ok()) status = start_file();
  if (status.ok()) status = writer_->Put(slice(marker_key), encode_marker(marker));
  if (status.ok()) status = finish_file();
  why = status.ok() ? "" : status.ToString();
  return status.ok() ? Install::installed : Install::failed;
}

rocksdb::Status RocksCheckpoint::put(const RowChange& change) {
  if (!is_row_key(change.key)) return rocksdb::Status::InvalidArgument("a key of a row");
  rocksdb::Status status;
  if (writer_ && writer_->FileSize() >= file_bytes_) status = finish_file();
  if (status.ok() && !writer_) status = start_file();
  if (!status.ok()) return status;
  // The writer refuses keys that do not ascend within a file; files ascend because their rows do,
  // and the database refuses files that overlap.
  return change.value ? writer_->Put(slice(change.key), slice(*change.value))
                      : writer_->Delete(slice(change.key));
}

rocksdb::Status RocksCheckpoint::start_file() {
  if (!space_.fits(file_bytes_)) return rocksdb::Status::NoSpace("too little for a checkpoint");
  writer_ = std::make_unique<rocksdb::SstFileWriter>(env_, options_, store_.rows(), true,
                                                     rocksdb::Env::IO_LOW);
  files_.push_back(directory_ + "/" + std::to_string(files_.size() + 1) + ".sst");
  return writer_->Open(files_.back());
}

rocksdb::Status RocksCheckpoint::finish_file() {
  const rocksdb::Status status = writer_->Finish();
  writer_.reset();
  return status;
}

rocksdb::Status RocksCheckpoint::ingest() {
  return store_.take_in(files_);
}

void RocksCheckpoint::discard() {
  writer_.reset();
  remove_files_in(directory_);
}

}  // namespace tocsin::store
