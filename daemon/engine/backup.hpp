#pragma once
// Backups of a store: one moment of it in a folder, with a manifest against which every byte and
// the logical state can be checked without a daemon. docs/store.md, "Backup", has the bytes.
//
// create: the engine freezes the store between two frames and takes a snapshot of the same moment;
// this copies the one and writes down the digest of the other. So whoever checks a backup compares
// what the daemon knew with what its files fold to. All of it is slow: on a thread of its own, or
// in a process of its own. A folder is whole or is not there.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/engine/digest.hpp"
#include "daemon/journal/copy.hpp"
#include "daemon/journal/journal_log.hpp"

namespace tocsin {

struct Manifest {
  std::string version;  // of the program that made it
  Wall taken_at{};
  std::uint64_t frame = 0, epoch = 0;
  std::uint32_t chain = 0;  // of that frame
  StateDigest digest;
  std::vector<store::ListedFile> files;
  std::uint64_t bytes() const;
};
std::string encode(const Manifest& manifest);
// Nothing, with a sentence, when it is damaged or of a version that is not known.
bool decode(std::string_view text, Manifest& manifest, std::string& why);

// The store as it stood between two frames.
struct FrozenStore {
  std::string folder;  // holds db/
  std::uint64_t frame = 0, epoch = 0;
  std::uint32_t chain = 0;
  std::shared_ptr<const Snapshot> snapshot;  // of the same frame
  Wall taken_at{};
};

// The empty string, or why there is no backup. `thaw` is called as soon as the frozen store is not
// needed any more, in any case.
std::string create_backup(FrozenStore frozen, const std::string& folder, const std::string& version,
                          const std::function<void()>& thaw, const std::atomic<bool>& stop,
                          Manifest& made);

struct Checked {
  std::string wrong;  // empty: all is well
  Manifest manifest;
  std::uint64_t head = 0;
};
// Asked about the state that the files fold to; a sentence when something is wrong with it.
using CheckState = std::function<std::string(const State&)>;

// Every byte against the manifest, and the state that they make against its digest.
Checked verify_backup(const std::string& folder, const JournalLog& log, const CheckState& laws);

// Makes a new store `to` of it that is paused. `step` is told what comes next; tests stop there.
Checked restore_backup(const std::string& folder, const std::string& to, Wall now,
                       std::uint64_t random, const JournalLog& log, const CheckState& laws,
                       const std::function<void(std::string_view)>& step = {});

}  // namespace tocsin
