#pragma once
// Rows of the whole state at one exact sequence. cut() runs on the sequencer's thread at a turn
// boundary and takes references only; write() runs on the checkpoint thread, encodes from the
// snapshot, and installs all or nothing. One checkpoint at a time.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/journal/journal.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

// Rows and a sum of their hashes per table: commutative, so it can be kept while rows come and go.
struct TableDigest {
  std::uint64_t rows = 0;
  std::uint64_t sum = 0;
  auto operator<=>(const TableDigest&) const = default;
};
struct Digests {
  TableDigest alerts, incidents, pages, silences, heartbeats, requests;
  auto operator<=>(const Digests&) const = default;
};

// What the marker says beside the journal's own words.
struct MarkerBody {
  std::uint16_t format = 1;
  std::uint64_t epoch = 0;
  Instant at{};
  std::int64_t offset_ms = 0;
  std::string config_hash;
  Digests digests;
  std::uint64_t archive_rows = 0;  // ever written
};
std::string encode(const MarkerBody& body);
bool decode(std::string_view bytes, MarkerBody& body);

std::uint64_t row_hash(std::string_view key, std::string_view value);

// The state as of a turn boundary, ready to be written.
struct Cut {
  std::uint64_t seq = 0;
  std::shared_ptr<const Snapshot> snapshot;
  State::Dirty dirty;
};

class Checkpointer {
 public:
  // Which hash the row in a slot had when it was last written; filled while rows are loaded.
  void loaded(char table, std::uint32_t slot, std::uint64_t hash);
  const Digests& digests() const { return digests_; }

  Cut cut(State& state, std::uint64_t seq, std::shared_ptr<const Snapshot> snapshot);

  // The caller has waited until `cut.seq` is durable. On success the caller tells the state
  // (State::installed) on its own thread; on failure it gives the dirty lists back.
  Install write(Journal& journal, const Cut& cut, const Marker& previous, Marker& installed);

 private:
  std::vector<std::uint64_t>& hashes(char table);
  TableDigest& digest(char table);
  void set(char table, std::uint32_t slot, std::uint64_t hash);

  std::vector<std::uint64_t> alert_hashes_, incident_hashes_, page_hashes_, silence_hashes_,
      heartbeat_hashes_, request_hashes_;
  Digests digests_;
  std::uint64_t archive_rows_ = 0;
  std::uint64_t archive_written_ = 0;  // absolute number of the next archive entry to write
};

}  // namespace tocsin
