#pragma once
// Places where a journal lives in tests: start it, stop it, crash it, take its past away.
// Each maker of a Journal has one, all with the same calls, so that one suite runs on every maker.

#include <catch2/catch.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/journal/crashing_journal.hpp"
#include "daemon/journal/memory_journal.hpp"
#include "daemon/journal/rocks_journal.hpp"

namespace tocsin::testing {

// A directory that is gone afterwards.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class MemoryWorld {
 public:
  OpenResult start();
  OpenResult start_second();  // beside the running one
  Journal& journal() { return *journal_; }
  void crash() { journal_.reset(); }
  void stop();
  void remember() { past_ = store_; }
  void forget();  // log and rows as remembered; the witness knows better. Only while stopped.
  void adopt(const MemoryWorld& other);       // log and rows as the other one remembers them
  void lose_frames_after(std::uint64_t seq);  // the checkpoint stays; only for frames since an open

 private:
  MemoryStore store_;
  MemoryStore past_;
  std::unique_ptr<Journal> journal_;
};

class RocksWorld {
 public:
  explicit RocksWorld(RocksOptions options = small());
  static RocksOptions small();  // tiny limits, everything is trimmed as soon as it may be

  OpenResult start();
  OpenResult start_second();
  Journal& journal() { return *journal_; }
  void crash() { journal_.reset(); }
  void stop();
  void remember();
  void forget();
  void adopt(const RocksWorld& other);
  void lose_frames_after(std::uint64_t seq);  // as it happens: the write-ahead logs are deleted

  const std::string& path() const { return options_.path; }
  RocksOptions& options() { return options_; }
  std::vector<std::string> files(const std::string& directory, const std::string& suffix) const;
  const std::string& said() const { return *said_; }

 private:
  TempDirectory directory_;
  RocksOptions options_;
  std::shared_ptr<std::string> said_ = std::make_shared<std::string>();
  std::unique_ptr<Journal> journal_;
};

// A decorator that never crashes is the journal inside.
template <class World>
class DecoratedWorld {
 public:
  OpenResult start() {
    OpenResult result;
    result = inner_.start();
    crashing_ =
        std::make_unique<CrashingJournal>(inner_.journal(), [](CrashStep) { return CrashAt::no; });
    return result;
  }
  OpenResult start_second() { return inner_.start_second(); }
  Journal& journal() { return *crashing_; }
  void crash() {
    crashing_.reset();
    inner_.crash();
  }
  void stop() {
    crashing_->close();
    crash();
  }
  void remember() { inner_.remember(); }
  void forget() { inner_.forget(); }
  void adopt(const DecoratedWorld& other) { inner_.adopt(other.inner_); }
  void lose_frames_after(std::uint64_t seq) { inner_.lose_frames_after(seq); }

 private:
  World inner_;
  std::unique_ptr<CrashingJournal> crashing_;
};

using Rows = std::map<std::string, std::string>;
using Changes = std::map<std::string, std::optional<std::string>>;

std::string payload_of(std::uint64_t seq);
std::uint64_t uid_of(std::uint64_t seq, std::uint64_t epoch);

Append append(Journal& journal, std::uint64_t seq, std::uint64_t epoch = 1);
void append_range(Journal& journal, std::uint64_t from, std::uint64_t to, std::uint64_t epoch = 1);
std::vector<std::uint64_t> frames(Journal& journal, std::uint64_t from, bool* complete = nullptr);

Install install(Journal& journal, const Changes& changes, const Marker& marker);
Marker marker_at(Journal& journal, std::uint64_t seq, const Marker& before = {});
Rows rows(Journal& journal, std::string_view prefix = {});

}  // namespace tocsin::testing
