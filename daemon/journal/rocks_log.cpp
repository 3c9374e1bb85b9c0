#include "daemon/journal/rocks_log.hpp"

#include <rocksdb/convenience.h>
#include <rocksdb/metadata.h>

#include <algorithm>
#include <ctime>

#include "daemon/journal/bytes.hpp"
#include "rules/model/planted.hpp"

namespace tocsin::store {
namespace {

constexpr char cuts_key[] = "cuts";

std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

std::uint64_t seq_of(std::string_view key) {
  return key.size() == 8 ? from_big_endian(key) : 0;
}

}  // namespace

rocksdb::Status RocksLog::load_cuts() {
  std::string value;
  const rocksdb::Status status = store_.db().Get({}, store_.meta(), cuts_key, &value);
  if (status.IsNotFound()) return rocksdb::Status::OK();
  if (!status.ok()) return status;
  if (value.size() % 16 != 0) return rocksdb::Status::Corruption("the list of cuts");
  for (std::size_t at = 0; at < value.size(); at += 16)
    cuts_.emplace_back(get_le<std::uint64_t>(value, at), get_le<std::uint64_t>(value, at + 8));
  return status;
}

rocksdb::Status RocksLog::cut(std::uint64_t from, std::uint64_t to) {
  std::erase_if(cuts_, [&](const auto& old) { return old.first >= from; });
  if (!cuts_.empty() && cuts_.back().second + 1 >= from)
    cuts_.back().second = to;
  else
    cuts_.emplace_back(from, to);
  std::string value;
  for (const auto& [first, last] : cuts_) {
    put_le(value, first);
    put_le(value, last);
  }
  return store_.put_meta(cuts_key, value);
}

std::uint64_t RocksLog::beyond_cut(std::uint64_t seq) const {
  for (const auto& [first, last] : cuts_)
    if (first <= seq && seq <= last) return last + 1;
  return seq;
}

std::uint64_t RocksLog::before_cut(std::uint64_t seq) const {
  for (const auto& [first, last] : cuts_)
    if (first <= seq && seq <= last) return first - 1;
  return seq;
}

std::unique_ptr<rocksdb::Iterator> RocksLog::iterator() {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  return std::unique_ptr<rocksdb::Iterator>(store_.db().NewIterator(options, store_.log()));
}

rocksdb::Status RocksLog::walk(std::uint64_t from, std::uint64_t to,
                               const std::function<bool(const LogFrame&)>& each) {
  const auto it = iterator();
  std::string room;
  it->Seek(big_endian(beyond_cut(from)));
  while (it->Valid()) {
    const std::uint64_t seq = seq_of(view(it->key()));
    if (seq > to) break;
    const std::optional<LogFrame> frame = parse_frame(seq, view(it->value()), room);
    if (!frame) return rocksdb::Status::Corruption("frame " + std::to_string(seq));
    if (!each(*frame)) return rocksdb::Status::OK();
    // Seeks over a cut instead of stepping into it: it may be unreadable there.
    const std::uint64_t next = beyond_cut(seq + 1);
    if (next == seq + 1)
      it->Next();
    else
      it->Seek(big_endian(next));
  }
  return it->status();
}

rocksdb::Status RocksLog::last_until(std::uint64_t seq, const With& with) {
  const auto it = iterator();
  it->SeekForPrev(big_endian(before_cut(seq)));
  if (!it->Valid()) return it->status();
  const std::uint64_t at = seq_of(view(it->key()));
  const std::uint64_t live = before_cut(at);
  if (live != at) it->SeekForPrev(big_endian(live));
  if (!it->Valid()) return it->status();
  std::string room;
  const auto frame = parse_frame(seq_of(view(it->key())), view(it->value()), room);
  if (!frame) return rocksdb::Status::Corruption("frame " + std::to_string(at));
  with(*frame);
  return it->status();
}

std::uint64_t RocksLog::highest() {
  const auto it = iterator();
  it->SeekToLast();
  return it->Valid() ? seq_of(view(it->key())) : 0;
}

bool RocksLog::find(std::uint64_t seq, const With& with) {
  if (beyond_cut(seq) != seq) return false;
  rocksdb::PinnableSlice value;
  if (!store_.db().Get({}, store_.log(), big_endian(seq), &value).ok()) return false;
  std::string room;
  const std::optional<LogFrame> frame = parse_frame(seq, view(value), room);
  if (frame) with(*frame);
  return frame.has_value();
}

rocksdb::Status RocksLog::append(const LogFrame& frame, std::size_t& stored_bytes) {
  const std::string key = big_endian(frame.record.seq);
  const StoredFrame stored = packer_.pack(frame);
  if (packer_.packed()) {
    const rocksdb::Status known = store_.need_format(2);
    if (!known.ok()) return known;
  }
  stored_bytes = stored.header.size() + stored.body.size();
  const rocksdb::Slice key_parts[] = {key};
  const rocksdb::Slice value_parts[] = {{stored.header.data(), stored.header.size()},
                                        {stored.body.data(), stored.body.size()}};
  batch_.Clear();
  const rocksdb::Status put = batch_.Put(store_.log(), {key_parts, 1}, {value_parts, 2});
  rocksdb::WriteOptions synced;
  synced.sync = !planted("append_unsynced");
  return put.ok() ? store_.db().Write(synced, &batch_) : put;
}

std::vector<std::string> RocksLog::files_from(std::uint64_t seq) {
  rocksdb::ColumnFamilyMetaData family;
  store_.db().GetColumnFamilyMetaData(store_.log(), &family);
  std::vector<std::string> paths;
  for (const rocksdb::LevelMetaData& level : family.levels)
    for (const rocksdb::SstFileMetaData& file : level.files)
      if (seq_of(file.largestkey) >= seq) paths.push_back(file.directory + file.name);
  return paths;
}

std::uint64_t RocksLog::trim(std::uint64_t bound, std::chrono::seconds retain_for,
                             std::uint64_t retain_bytes, std::uint64_t owed) {
  rocksdb::ColumnFamilyMetaData family;
  store_.db().GetColumnFamilyMetaData(store_.log(), &family);
  std::vector<const rocksdb::SstFileMetaData*> files;
  std::uint64_t total = 0, dropped = 0;
  for (const rocksdb::LevelMetaData& level : family.levels)
    for (const rocksdb::SstFileMetaData& file : level.files) {
      files.push_back(&file);
      total += file.size;
    }
  std::sort(files.begin(), files.end(),
            [](const auto* a, const auto* b) { return a->smallestkey < b->smallestkey; });
  // Whether a file is old is the one question here that asks the wall clock; a wrong answer drops
  // only frames that no checkpoint needs.
  const auto now = static_cast<std::uint64_t>(std::time(nullptr));
  const auto longest = static_cast<std::uint64_t>(retain_for.count());
  std::string until;
  for (const rocksdb::SstFileMetaData* file : files) {
    if (seq_of(file->largestkey) > bound) break;
    // 0: not known, as for files that recovery wrote. Such a file counts as young.
    const bool old = file->file_creation_time != 0 && file->file_creation_time + longest < now;
    if (total - dropped <= retain_bytes && !old && dropped >= owed) break;
    dropped += file->size;
    until = file->largestkey;
  }
  if (until.empty()) return 0;
  const rocksdb::Slice end = until;
  const rocksdb::Status status =
      rocksdb::DeleteFilesInRange(&store_.db(), store_.log(), nullptr, &end);
  if (!status.ok()) store_.fail(status, "trimming the log");
  return dropped;
}

}  // namespace tocsin::store
