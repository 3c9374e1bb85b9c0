#include "tests/unit/journal/worlds.hpp"

#include <stdlib.h>

#include <algorithm>

namespace tocsin::testing {

namespace fs = std::filesystem;

TempDirectory::TempDirectory() {
  std::string name = (fs::temp_directory_path() / "tocsin-journal-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

// ---- memory

OpenResult MemoryWorld::start() {
  journal_ = std::make_unique<MemoryJournal>(store_);
  return journal_->open();
}

OpenResult MemoryWorld::start_second() {
  MemoryJournal second(store_);
  return second.open();
}

void MemoryWorld::stop() {
  journal_->close();
  journal_.reset();
}

void MemoryWorld::forget() {
  store_.frames = past_.frames;
  store_.rows = past_.rows;
  store_.marker = past_.marker;
}

void MemoryWorld::adopt(const MemoryWorld& other) {
  past_ = other.past_;
  forget();
}

void MemoryWorld::lose_frames_after(std::uint64_t seq) {
  store_.frames.erase(store_.frames.upper_bound(seq), store_.frames.end());
}

// ---- RocksDB

RocksOptions RocksWorld::small() {
  RocksOptions options;
  options.space = {1 << 20, 1, 1 << 20, 64 << 10, 64 << 10};
  options.retain_bytes = 0;
  options.log_buffer_bytes = 64 << 10;
  options.checkpoint_file_bytes = 16 << 10;
  return options;
}

RocksWorld::RocksWorld(RocksOptions options) : options_(std::move(options)) {
  options_.path = directory_.path() + "/store";
  options_.log = [said = said_](int, std::string_view line) { said->append(line).append("\n"); };
}

OpenResult RocksWorld::start() {
  journal_ = make_rocks_journal(options_);
  return journal_->open();
}

OpenResult RocksWorld::start_second() {
  return make_rocks_journal(options_)->open();
}

void RocksWorld::stop() {
  journal_->close();
  journal_.reset();
}

void RocksWorld::remember() {
  fs::remove_all(directory_.path() + "/past");
  fs::copy(path() + "/db", directory_.path() + "/past", fs::copy_options::recursive);
}

void RocksWorld::forget() {
  fs::remove_all(path() + "/db");
  fs::copy(directory_.path() + "/past", path() + "/db", fs::copy_options::recursive);
}

void RocksWorld::adopt(const RocksWorld& other) {
  fs::remove_all(path() + "/db");
  fs::copy(other.directory_.path() + "/past", path() + "/db", fs::copy_options::recursive);
}

void RocksWorld::lose_frames_after(std::uint64_t) {
  for (const std::string& log : files("db", ".log")) fs::remove(log);
}

std::vector<std::string> RocksWorld::files(const std::string& directory,
                                           const std::string& suffix) const {
  std::vector<std::string> paths;
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(path() + "/" + directory, none))
    if (entry.is_regular_file() && entry.path().string().ends_with(suffix))
      paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

// ---- content

std::string payload_of(std::uint64_t seq) {
  return "payload " + std::to_string(seq) + std::string(seq % 50 * 7, static_cast<char>(seq));
}

std::uint64_t uid_of(std::uint64_t seq, std::uint64_t epoch) {
  return (seq * 0x9E3779B97F4A7C15u) ^ (epoch << 32);
}

Append append(Journal& journal, std::uint64_t seq, std::uint64_t epoch) {
  return journal.append(seq, epoch, uid_of(seq, epoch), payload_of(seq));
}

void append_range(Journal& journal, std::uint64_t from, std::uint64_t to, std::uint64_t epoch) {
  for (std::uint64_t seq = from; seq <= to; ++seq)
    REQUIRE(append(journal, seq, epoch) == Append::ok);
}

std::vector<std::uint64_t> frames(Journal& journal, std::uint64_t from, bool* complete) {
  std::vector<std::uint64_t> seen;
  const bool whole = journal.read_frames(from, [&](const FrameRecord& frame) {
    CHECK(frame.payload == payload_of(frame.seq));
    CHECK(frame.uid == uid_of(frame.seq, frame.epoch));
    seen.push_back(frame.seq);
    return true;
  });
  if (complete != nullptr)
    *complete = whole;
  else
    CHECK(whole);
  return seen;
}

Install install(Journal& journal, const Changes& changes, const Marker& marker) {
  auto next = changes.begin();
  const RowSource source = [&]() -> std::optional<RowChange> {
    if (next == changes.end()) return {};
    const auto& [key, value] = *next++;
    return RowChange{key, value ? std::optional<std::string_view>(*value) : std::nullopt};
  };
  return journal.install(source, marker);
}

Marker marker_at(Journal& journal, std::uint64_t seq, const Marker& before) {
  Marker marker;
  marker.seq = seq;
  marker.chain = journal.chain_at(seq).value();
  marker.body = "body of " + std::to_string(seq);
  marker.previous = before.seq;
  marker.trimmed_to = before.seq;
  return marker;
}

Rows rows(Journal& journal, std::string_view prefix) {
  Rows all;
  std::string last;
  journal.scan_rows(prefix, [&](std::string_view key, std::string_view value) {
    CHECK(last < key);
    last = key;
    all.emplace(key, value);
    return true;
  });
  return all;
}

}  // namespace tocsin::testing
