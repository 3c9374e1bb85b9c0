#pragma once
// The acknowledged head, remembered outside the database: RocksDB cannot tell acknowledged frames
// that a damaged or missing write-ahead log has lost from frames that were never written.
//
// A file of two slots of 4 KiB, written in turn, so that a torn write leaves the other one. A
// thread of its own writes within `every` of an acknowledgement: the last frames of a burst are
// covered as well, and no append waits for it. Bytes: docs/store.md, "Witness". Owner: the RocksDB
// journal. Threads: acknowledged() by the committer, the rest by the opener. Errors: a witness that
// cannot be written is a warning, the log itself is the truth.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "daemon/journal/files.hpp"
#include "daemon/journal/journal_log.hpp"
#include "daemon/journal/recovery.hpp"

namespace tocsin::store {

class WitnessFile {
 public:
  WitnessFile(std::string path, std::chrono::milliseconds every, JournalLog log);
  ~WitnessFile();  // writes nothing more: only close() does

  // What is remembered; nullopt when there is nothing or it cannot be read.
  std::optional<Witness> open();

  // A frame is durable and its append returned ok.
  void acknowledged(const Point& head);

  // Written at once, before the first acknowledgement: a loss found at open must be found again
  // until a frame has declared it.
  void declare_loss(const Witness& witness);

  // Writes what is outstanding and ends the thread.
  void close();

 private:
  void run();
  void stop();
  bool write(const Witness& witness);

  const std::string path_;
  const std::chrono::milliseconds every_;
  const JournalLog log_;
  File file_;  // of whoever writes: the opener before the first acknowledgement, then the thread
  std::uint64_t generation_ = 0;  // of the newest slot, which is slot generation_ % 2; likewise
  bool failing_ = false;          // likewise

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Witness> outstanding_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tocsin::store
