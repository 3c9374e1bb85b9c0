#include "daemon/journal/rocks_journal.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>

#include "daemon/journal/files.hpp"
#include "daemon/journal/freeze.hpp"
#include "daemon/journal/head.hpp"
#include "daemon/journal/recovery.hpp"
#include "daemon/journal/rocks_checkpoint.hpp"
#include "daemon/journal/rocks_log.hpp"
#include "daemon/journal/rocks_store.hpp"
#include "daemon/journal/set_aside.hpp"
#include "daemon/journal/store_lock.hpp"
#include "daemon/journal/witness.hpp"
#include "rules/model/planted.hpp"

namespace tocsin {

using namespace store;

namespace {

// More files than this in level 0 of the rows make the checkpoint thread wait for compaction.
constexpr int level0_files_max = 24;

std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// The first key after all keys with this prefix; empty when there is none.
std::string end_of(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

RocksOptions completed(RocksOptions options) {
  if (!options.log) options.log = [](int, std::string_view) {};
  if (options.witness.empty()) options.witness = options.path + "/witness";
  return options;
}

class RocksJournal final : public Journal {
 public:
  explicit RocksJournal(RocksOptions options);
  ~RocksJournal() override;

  OpenResult open() override;
  Append append(std::uint64_t seq, std::uint64_t epoch, std::uint64_t uid,
                std::string_view payload) override;
  bool read_frames(std::uint64_t from,
                   const std::function<bool(const FrameRecord&)>& each) override;
  Install install(const RowSource& rows, const Marker& marker) override;
  std::optional<std::uint32_t> chain_at(std::uint64_t seq) override;
  void scan_rows(
      std::string_view prefix,
      const std::function<bool(std::string_view key, std::string_view value)>& each) override;
  std::optional<std::string> row(std::string_view key) override;
  Room room() override;
  StoreMemory memory() override { return store_->memory(); }
  std::string freeze(std::string& why) override;
  void thaw() override { store::thaw(frozen_directory_); }
  void close() override;

 private:
  void open_store(OpenResult& result);
  void open_copy(OpenResult& result);
  rocksdb::Status open_database(const Witness& witness, std::string& set_aside_why);
  rocksdb::Status read_marker(Marker& marker);
  rocksdb::Status walk_log(Recovery& recovery);
  rocksdb::Status settle_loss(const Recovery& recovery, OpenResult& result);
  std::optional<Append> answer(std::uint64_t seq, std::uint64_t epoch, std::uint64_t uid,
                               std::string_view payload);
  bool may_install(const Marker& marker);
  void trim();
  void give_history_up();
  bool wait_for_compaction();
  void say(int level, const std::string& line) const { options_.log(level, line); }

  const RocksOptions options_;
  const std::string checkpoint_directory_, frozen_directory_;
  const std::unique_ptr<rocksdb::RateLimiter> pace_;
  StoreLock lock_;
  Space space_;
  WitnessFile witness_;
  SetAside set_aside_;
  std::unique_ptr<RocksStore> store_;
  std::unique_ptr<RocksLog> log_;

  std::mutex head_mutex_;  // of the two below
  Head head_;
  Marker marker_;

  std::chrono::steady_clock::time_point gave_up_at_{};  // of the appending thread

  std::mutex install_mutex_;  // one install at a time, none while closing
  std::atomic<bool> stopping_ = false;
};

RocksJournal::RocksJournal(RocksOptions options)
    : options_(completed(std::move(options))),
      checkpoint_directory_(options_.path + "/checkpoint"),
      frozen_directory_(options_.path + "/frozen"),
      pace_(rocksdb::NewGenericRateLimiter(
          static_cast<std::int64_t>(options_.checkpoint_bytes_per_second))),
      space_(options_.path, options_.space, options_.log),
      witness_(options_.witness, options_.witness_every, options_.log),
      set_aside_(options_.path) {}

RocksJournal::~RocksJournal() = default;

// ---- opening: core.md, "Open", steps 1 to 4

OpenResult RocksJournal::open() {
  OpenResult result;
  try {
    options_.read_only ? open_copy(result) : open_store(result);
  } catch (const std::exception& error) {
    result.trouble = OpenTrouble::io;
    result.detail = "cannot open store " + options_.path + ": " + error.what();
  }
  if (result.trouble != OpenTrouble::none && result.trouble != OpenTrouble::loss) {
    log_.reset();
    store_.reset();
    lock_.release();
  }
  return result;
}

void RocksJournal::open_store(OpenResult& result) {
  const std::string& path = options_.path;
  if (!make_directory(path) || !make_directory(checkpoint_directory_) ||
      !make_directory(path + "/db")) {
    result.trouble = OpenTrouble::io;
    result.detail = "cannot make directory " + path + ": " + errno_text();
    return;
  }
  result.trouble = lock_.take(path, result.detail);
  if (result.trouble != OpenTrouble::none) return;
  space_.prepare();
  if (!planted("half_checkpoint_left")) remove_files_in(checkpoint_directory_);
  thaw();

  std::optional<Witness> witness = witness_.open();
  if (planted("witness_not_asked")) witness.reset();
  std::string set_aside_why;
  rocksdb::Status status = open_database(witness.value_or(Witness{}), set_aside_why);
  Marker marker;
  if (status.ok()) status = read_marker(marker);
  if (status.ok()) status = log_->load_cuts();
  Recovery recovery(marker, witness);
  if (status.ok()) status = walk_log(recovery);
  if (!set_aside_why.empty()) recovery.broken(set_aside_why);
  if (status.ok()) {
    result = recovery.verdict();
    if (result.trouble == OpenTrouble::loss) status = settle_loss(recovery, result);
  }
  if (!status.ok()) {
    result = {};
    result.trouble = status.IsIOError() ? OpenTrouble::io : OpenTrouble::unreadable;
    result.detail = "cannot open store " + path + ": " + status.ToString();
    return;
  }
  if (result.trouble == OpenTrouble::none) set_aside_.drop();
  sync_directory(path);
  (void)space_.room();  // makes the ballast
  const std::lock_guard hold(head_mutex_);
  head_ = Head(result, recovery.link_after_loss());
  marker_ = marker;
  marker_.trimmed_to = std::min(marker.trimmed_to, marker.previous);
}

// What stands there is read, and judged as an open would; a loss is not settled but said.
void RocksJournal::open_copy(OpenResult& result) {
  store_ = std::make_unique<RocksStore>(options_);
  rocksdb::Status status = store_->open();
  log_ = std::make_unique<RocksLog>(*store_);
  Marker marker;
  if (status.ok()) status = read_marker(marker);
  if (status.ok()) status = log_->load_cuts();
  Recovery recovery(marker, std::nullopt);
  if (status.ok()) status = walk_log(recovery);
  if (status.ok()) result = recovery.verdict();
  if (!status.ok()) {
    result.trouble = status.IsIOError() ? OpenTrouble::io : OpenTrouble::unreadable;
    result.detail = "cannot open " + options_.path + ": " + status.ToString();
    return;
  }
  const std::lock_guard hold(head_mutex_);
  head_ = Head(result, recovery.link_after_loss());
  marker_ = marker;
}

// Opens without its write-ahead logs what does not open with them; `set_aside_why` says that it
// did. Before they go, the witness says so: should we stop here, the next open must not find all
// well.
rocksdb::Status RocksJournal::open_database(const Witness& witness, std::string& set_aside_why) {
  const bool held = set_aside_.hold();
  if (!held) say(log_level::warning, "cannot hold the write-ahead logs: " + errno_text());
  store_ = std::make_unique<RocksStore>(options_);
  rocksdb::Status status = store_->open();
  if (status.IsCorruption() && held) {
    say(log_level::error, "store " + options_.path + " does not open: " + status.ToString());
    const std::uint64_t next = witness.acked.seq + 1;
    witness_.declare_loss({{next, 0}, witness.lost_from > 0 ? witness.lost_from : next});
    store_.reset();
    set_aside_.withdraw();
    store_ = std::make_unique<RocksStore>(options_);
    const rocksdb::Status without = store_->open();
    if (without.ok()) {
      set_aside_why = "the write-ahead logs were set aside (" + status.ToString() + ")";
      status = without;
    } else {
      set_aside_.give_back();
      witness_.declare_loss(witness);
    }
  }
  log_ = std::make_unique<RocksLog>(*store_);
  return status;
}

rocksdb::Status RocksJournal::read_marker(Marker& marker) {
  std::string value;
  const rocksdb::Status status =
      store_->db().Get({}, store_->rows(), {marker_key.data(), marker_key.size()}, &value);
  if (status.IsNotFound()) return rocksdb::Status::OK();
  if (!status.ok()) return status;
  const std::optional<Marker> parsed = parse_marker(value);
  if (!parsed) return rocksdb::Status::Corruption("the marker of the checkpoint");
  marker = *parsed;
  return status;
}

// OK unless the disk fails: what is damaged goes into the verdict.
rocksdb::Status RocksJournal::walk_log(Recovery& recovery) {
  const std::uint64_t checkpoint = recovery.checkpoint();
  const rocksdb::Status before =
      log_->last_until(checkpoint, [&](const LogFrame& frame) { recovery.take_before(frame); });
  if (before.IsIOError()) return before;
  if (!before.ok()) say(log_level::warning, "in the log: " + before.ToString());

  const rocksdb::Status after = log_->walk(
      checkpoint + 1, UINT64_MAX, [&](const LogFrame& frame) { return recovery.take(frame); });
  if (after.IsIOError()) return after;
  if (!after.ok()) recovery.broken("the log is damaged (" + after.ToString() + ")");
  recovery.last_seen(log_->highest());
  return rocksdb::Status::OK();
}

// The witness first: should we stop here, the next open must come to the same verdict.
rocksdb::Status RocksJournal::settle_loss(const Recovery& recovery, OpenResult& result) {
  witness_.declare_loss({{result.next_seq - 1, 0}, result.lost_from});
  const std::uint64_t from = recovery.cut_from();
  const std::string kept = set_aside_.keep(result.next_seq, log_->files_from(from));
  result.detail =
      "store " + options_.path + ": " + result.detail + "; what was damaged is in " + kept;
  say(log_level::error, result.detail);
  return from < result.next_seq ? log_->cut(from, result.next_seq - 1) : rocksdb::Status::OK();
}

// ---- the log

std::optional<Append> RocksJournal::answer(std::uint64_t seq, std::uint64_t epoch,
                                           std::uint64_t uid, std::string_view payload) {
  const std::lock_guard hold(head_mutex_);
  return head_.answer(seq, epoch, uid, payload,
                      [this](std::uint64_t n, const std::function<void(const FrameRecord&)>& with) {
                        return log_->find(n, [&](const LogFrame& f) { with(f.record); });
                      });
}

Append RocksJournal::append(std::uint64_t seq, std::uint64_t epoch, std::uint64_t uid,
                            std::string_view payload) {
  if (options_.read_only) return Append::fenced;
  if (store_->failed()) return Append::unknown;
  std::size_t stored_bytes = 0;
  try {
    if (const auto refused = answer(seq, epoch, uid, payload)) return *refused;
    give_history_up();
    if (space_.room() == Room::none) return Append::unavailable;
    const LogFrame frame = head_.next_frame(epoch, uid, payload);  // only this thread changes head_
    const rocksdb::Status status = log_->append(frame, stored_bytes);
    if (!status.ok()) {
      store_->fail(status, "appending frame " + std::to_string(seq));
      return Append::unknown;
    }
    const std::lock_guard hold(head_mutex_);
    head_.advance(frame);
  } catch (const std::exception& error) {
    store_->fail(rocksdb::Status::Aborted(error.what()), "appending");
    return Append::unknown;
  }
  space_.wrote(2 * stored_bytes);  // once in the write-ahead log, once in a file
  witness_.acknowledged(head_.point());
  return Append::ok;
}

bool RocksJournal::read_frames(std::uint64_t from,
                               const std::function<bool(const FrameRecord&)>& each) {
  Point end;
  {
    const std::lock_guard hold(head_mutex_);
    end = head_.point();
  }
  if (from > end.seq) return true;
  std::optional<Point> last;
  bool enough = false;
  const rocksdb::Status status = log_->walk(from, end.seq, [&](const LogFrame& frame) {
    if (last ? !follows(*last, frame) : !starts_at(from, frame)) return false;
    last = Point{frame.record.seq, frame.record.chain};
    enough = !each(frame.record);
    return !enough;
  });
  if (!status.ok()) say(log_level::error, "cannot read the log: " + status.ToString());
  return enough || (status.ok() && (last ? *last == end : end.seq == 0));
}

std::optional<std::uint32_t> RocksJournal::chain_at(std::uint64_t seq) {
  {
    const std::lock_guard hold(head_mutex_);
    if (seq == marker_.seq) return marker_.chain;
  }
  std::optional<std::uint32_t> chain;
  log_->find(seq, [&](const LogFrame& frame) { chain = frame.record.chain; });
  return chain;
}

// ---- the checkpoint

bool RocksJournal::may_install(const Marker& marker) {
  {
    const std::lock_guard hold(head_mutex_);
    if (marker.seq < marker_.seq || marker.seq > head_.point().seq) return false;
  }
  const std::optional<std::uint32_t> chain = chain_at(marker.seq);
  return !chain || *chain == marker.chain || planted("checkpoint_of_another_history");
}

bool RocksJournal::wait_for_compaction() {
  const std::string property = rocksdb::DB::Properties::kNumFilesAtLevelPrefix + "0";
  for (std::string files; !stopping_ && !store_->failed();) {
    if (!store_->db().GetProperty(store_->rows(), property, &files)) return true;
    if (std::stoi(files) <= level0_files_max) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

Install RocksJournal::install(const RowSource& rows, const Marker& marker) {
  const std::lock_guard one(install_mutex_);
  if (stopping_) return Install::stopping;
  if (options_.read_only || store_->failed()) return Install::failed;
  try {
    if (!may_install(marker)) {
      say(log_level::error, "checkpoint " + std::to_string(marker.seq) + " is not of this history");
      return Install::failed;
    }
    if (!wait_for_compaction()) return stopping_ ? Install::stopping : Install::failed;
    RocksCheckpoint checkpoint(*store_, space_, checkpoint_directory_,
                               options_.checkpoint_file_bytes, *pace_);
    std::string why;
    const Install written = checkpoint.write(rows, marker, stopping_, why);
    rocksdb::Status status;
    if (written == Install::installed) {
      if (store_->failed()) return Install::failed;
      status = checkpoint.ingest();
      why = status.ToString();
    }
    checkpoint.discard();
    if (written != Install::installed || !status.ok()) {
      if (written != Install::stopping) say(log_level::warning, "checkpoint not written: " + why);
      return written == Install::installed ? Install::failed : written;
    }
  } catch (const std::exception& error) {
    say(log_level::warning, std::string("checkpoint not written: ") + error.what());
    return Install::failed;
  }
  {
    const std::lock_guard hold(head_mutex_);
    // marker_: now the second newest, from which on the log must be whole
    const std::uint64_t bound = std::min(marker.trimmed_to, marker_.seq);
    marker_ = marker, marker_.trimmed_to = bound;
  }
  trim();
  return Install::installed;
}

void RocksJournal::trim() {
  std::uint64_t bound = 0;
  {
    const std::lock_guard hold(head_mutex_);
    bound = marker_.trimmed_to;
  }
  const std::uint64_t owed = space_.owed_by_history();
  const std::uint64_t dropped = log_->trim(bound, options_.retain_for, options_.retain_bytes, owed);
  if (owed > 0 && dropped > 0)
    say(log_level::warning, "little space on " + options_.path + ": " +
                                std::to_string(dropped >> 20) +
                                " MiB of the log's history given up");
}

// Between checkpoints too: they need room themselves, and on a disk that others filled none may
// ever come to be written.
void RocksJournal::give_history_up() {
  const auto now = std::chrono::steady_clock::now();
  if (space_.owed_by_history() == 0 || now - gave_up_at_ < std::chrono::seconds(1)) return;
  gave_up_at_ = now;
  trim();
}

void RocksJournal::scan_rows(
    std::string_view prefix,
    const std::function<bool(std::string_view key, std::string_view value)>& each) {
  const std::string first = prefix.empty() ? std::string(1, '\x01') : std::string(prefix);
  const std::string last = end_of(prefix);
  const rocksdb::Slice bound = last;
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  // Whole tables are read in large steps; one incident's timeline is a block.
  if (prefix.size() <= 1) options.readahead_size = 2 << 20;
  if (!last.empty()) options.iterate_upper_bound = &bound;
  if (!is_row_key(first)) return;
  const std::unique_ptr<rocksdb::Iterator> it(store_->db().NewIterator(options, store_->rows()));
  for (it->Seek(first); it->Valid(); it->Next())
    if (!each(view(it->key()), view(it->value()))) return;
  // The port has no outcome for this; the reader of a whole table compares count and digest.
  if (!it->status().ok()) say(log_level::error, "cannot read the rows: " + it->status().ToString());
}

std::optional<std::string> RocksJournal::row(std::string_view key) {
  if (!is_row_key(key)) return {};
  std::string value;
  const rocksdb::Status status =
      store_->db().Get({}, store_->rows(), {key.data(), key.size()}, &value);
  if (status.ok()) return value;
  if (!status.IsNotFound()) say(log_level::error, "cannot read a row: " + status.ToString());
  return {};
}

// ---- the rest

Room RocksJournal::room() {
  return space_.room();
}

std::string RocksJournal::freeze(std::string& why) {
  try {
    const rocksdb::Status status = store::freeze(*store_, frozen_directory_);
    if (status.ok()) return frozen_directory_;
    why = status.ToString();
  } catch (const std::exception& error) {
    why = error.what();
  }
  return "";
}

void RocksJournal::close() {
  stopping_ = true;
  const std::lock_guard one(install_mutex_);
  if (!store_) return;
  witness_.close();
  const rocksdb::Status status = store_->close();
  if (!status.ok()) say(log_level::warning, "closing the store: " + status.ToString());
  log_.reset();
  store_.reset();
  lock_.release();
}

}  // namespace

std::unique_ptr<Journal> make_rocks_journal(RocksOptions options) {
  return std::make_unique<RocksJournal>(std::move(options));
}

}  // namespace tocsin
