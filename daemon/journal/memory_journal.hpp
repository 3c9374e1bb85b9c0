#pragma once
// The journal in memory: the twin of the RocksDB one, for `--journal memory` and the simulator.
//
// What would be on disk is a MemoryStore outside the journal: destroy the journal without close()
// and make another one on the same store, and the process has crashed and come back. Threads: as
// the port says; one mutex, never held while a callback runs.

#include <absl/container/btree_map.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "daemon/journal/head.hpp"
#include "daemon/journal/journal.hpp"
#include "daemon/journal/recovery.hpp"

namespace tocsin {

struct MemoryFrame {
  std::uint64_t epoch = 0;
  std::uint64_t uid = 0;
  std::uint32_t chain = 0;
  store::Link link = store::Link::next;
  store::Point previous;
  std::shared_ptr<const std::string> payload;  // shared with readers that run while it is trimmed
};

// The durable content. Owned by whoever plays the disk; a test may damage it between two opens.
struct MemoryStore {
  std::map<std::uint64_t, MemoryFrame> frames;
  absl::btree_map<std::string, std::string, std::less<>> rows;
  Marker marker;
  std::optional<store::Witness> witness;
  Room room = Room::plenty;
  bool locked = false;
};

class MemoryJournal final : public Journal {
 public:
  explicit MemoryJournal(MemoryStore& store) : store_(store) {}
  ~MemoryJournal() override;

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
  void close() override;

 private:
  bool may_install(const Marker& marker) const;
  std::optional<std::uint32_t> chain_of_frame(std::uint64_t seq) const;

  MemoryStore& store_;
  std::mutex mutex_;  // of everything below and of the store
  store::Head head_;
  bool open_ = false;
};

}  // namespace tocsin
