#pragma once
// One process per store. An flock on PATH/lock, whose content is the holder's process id, so that a
// refusal can name it. The kernel drops the lock with the process, however it ends.
// Owner: the RocksDB journal. One thread.

#include <string>

#include "daemon/journal/files.hpp"
#include "daemon/journal/journal.hpp"

namespace tocsin::store {

class StoreLock {
 public:
  // none: taken. locked: `detail` names the holder. io: `detail` says what failed.
  OpenTrouble take(const std::string& store_path, std::string& detail);
  void release() { file_.close(); }

 private:
  File file_;
};

}  // namespace tocsin::store
