#pragma once
// The port to the one ordered log and to the checkpoint of the state it folds to.
//
// The core knows frames and rows as bytes; a maker (RocksDB, memory) knows nothing of what they
// mean. Owner: the composition root. Threads: append() is called by one committer thread; install()
// by one checkpoint thread, concurrently with append(); the read calls by any thread. No call
// throws; what the world does wrong is a named outcome. Bytes on disk: docs/store.md.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

// One turn of the daemon, as it stands in the log.
struct FrameRecord {
  std::uint64_t seq = 0;  // dense, from 1; a gap is only legal before a frame that declares a loss
  std::uint64_t epoch = 0;  // of the process that wrote it
  std::uint64_t uid = 0;    // 64 random bits by which a writer finds its own unknown append
  // crc32c over the previous chain (4 bytes LE), seq, epoch, uid (8 LE each), payload
  std::uint32_t chain = 0;
  std::string_view payload;  // header, facts: docs/store.md
};

std::uint32_t chain_of(std::uint32_t previous, std::uint64_t seq, std::uint64_t epoch,
                       std::uint64_t uid, std::string_view payload);

enum class [[nodiscard]] Append{
    ok,           // durable
    fenced,       // a newer epoch has written: this process must stop
    conflict,     // the head is not seq - 1
    unknown,      // the write failed half way: may or may not be there
    unavailable,  // certainly not written (no space left, below the floor)
    diverged,     // the frame at seq is another one
};
std::string_view name(Append outcome);

// What stands for "everything up to and including seq".
struct Marker {
  std::uint64_t seq = 0;         // S; 0 means no checkpoint yet
  std::uint32_t chain = 0;       // chain(S)
  std::string body;              // opaque to the journal: the engine's counters, digests, hashes
  std::uint64_t previous = 0;    // seq of the checkpoint before this one
  std::uint64_t trimmed_to = 0;  // frames <= this may be gone from the log
};

// Rows of a checkpoint in strictly ascending key order. nullopt deletes.
struct RowChange {
  std::string_view key;
  std::optional<std::string_view> value;
};
// Pulled until nullopt; views live until the next pull.
using RowSource = std::function<std::optional<RowChange>()>;

enum class [[nodiscard]] Install{installed, failed, stopping};

enum class OpenTrouble { none, locked, unreadable, loss, io };
struct OpenResult {
  OpenTrouble trouble = OpenTrouble::none;
  std::string detail;      // a sentence for people: path, holder's pid, what is missing
  Marker marker;           // of the newest installed checkpoint
  std::uint64_t head = 0;  // last dense, chained frame in the log (>= marker.seq unless loss)
  std::uint32_t head_chain = 0;
  std::uint64_t head_epoch = 0;
  // trouble == loss: acknowledged frames are missing or the chain is broken. The log was cut back
  // to head; the next frame must be numbered next_seq and declare HistoryLost{lost_from, lost_to}.
  std::uint64_t next_seq = 1;
  std::uint64_t lost_from = 0;
  std::uint64_t lost_to = 0;
};

// What the disk allows at the moment; asked before every turn by the loop, cheap.
enum class Room { plenty, low, floor, none };

// What the store keeps in memory for itself, in bytes. Both fill up to their limit and stay there:
// from outside that cannot be told from a leak, so it is said.
struct StoreMemory {
  std::uint64_t cache = 0, cache_max = 0;      // parts of files that were read
  std::uint64_t buffers = 0, buffers_max = 0;  // frames that are not in a file of their own yet
};

class Journal {
 public:
  virtual ~Journal() = default;

  // Locks, checks, repairs the tail, compares with the witness. Called once, before anything else.
  virtual OpenResult open() = 0;

  // Appends frame.seq iff the head is seq - 1 (or, right after a loss, seq == next_seq) and no
  // newer epoch has written. Durable when it returns ok. `chain` is computed here. After `unknown`
  // the caller must stop the process; nothing is retried on the same descriptor.
  virtual Append append(std::uint64_t seq, std::uint64_t epoch, std::uint64_t uid,
                        std::string_view payload) = 0;

  // Calls `each` for frames from..head in order until it returns false. False when a frame is
  // missing.
  virtual bool read_frames(std::uint64_t from,
                           const std::function<bool(const FrameRecord&)>& each) = 0;

  // Writes all rows and the marker beside the store and installs them all or nothing; a crash at
  // any point leaves the old or the new checkpoint. Trims the log up to marker.trimmed_to
  // afterwards. marker.body is read after the last row was pulled: the source may still complete
  // it.
  virtual Install install(const RowSource& rows, const Marker& marker) = 0;

  // The chain of a durable frame, for the marker.
  virtual std::optional<std::uint32_t> chain_at(std::uint64_t seq) = 0;

  // Rows of the installed checkpoint whose key starts with prefix, ascending, until false.
  virtual void scan_rows(
      std::string_view prefix,
      const std::function<bool(std::string_view key, std::string_view value)>& each) = 0;
  virtual std::optional<std::string> row(std::string_view key) = 0;

  virtual Room room() = 0;
  virtual StoreMemory memory() { return {}; }  // nothing: the journal is not for service

  // The store as it is up to the head under a second name, for a backup: the folder that holds it,
  // or nothing and `why`. Quick; called by the thread that appends, between two appends. One at a
  // time: the next one, thaw() and the next open remove it. A journal without files has none.
  virtual std::string freeze(std::string& why) {
    why = "this journal keeps nothing on disk";
    return "";
  }
  virtual void thaw() {}

  // Flushes and closes; afterwards only the destructor may be called. A process that stops after a
  // failed write must not call it.
  virtual void close() = 0;
};

}  // namespace tocsin
