#pragma once
// Files of a store, copied and checked block by block. One chain of CRC-32C runs through all blocks
// of all files in order, so a byte that differs, a block or a file that changed places, and a file
// that is too long or too short are all noticed, and where it begins. No state; one thread.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/journal/files.hpp"

namespace tocsin::store {

inline constexpr std::size_t copy_block_bytes = std::size_t{1} << 20;

struct ListedFile {
  std::string name;  // below the folder, "db/000012.sst"
  std::uint64_t bytes = 0;
  std::vector<std::uint32_t> chain;  // after each block; continues that of the file before
};

// Names of all regular files below a folder, sorted; `why` when there is anything else, a link say.
std::vector<std::string> list_files(const std::string& folder, std::string& why);

// Reads FROM/name, and writes TO/name and syncs it unless `to` is empty. `chain` goes on. The empty
// string, or why not; `stop` ends it early.
std::string copy_file(const std::string& from, const std::string& to, ListedFile& file,
                      std::uint32_t& chain, const std::atomic<bool>& stop);

// As copy_file(), for a file that is known: compares while it reads.
std::string check_file(const std::string& from, const std::string& to, const ListedFile& known,
                       std::uint32_t& chain, const std::atomic<bool>& stop);

// A folder that counts only when it is whole. It is made as NAME + suffix, and finish() gives it
// its name. NAME + suffix + ".lock" is there as long as somebody works on it, so that the next one
// knows what a process that was killed has left, and clears it away. Removes what it has made
// unless finish() was called.
class UnfinishedFolder {
 public:
  UnfinishedFolder(std::string name, std::string_view suffix);
  ~UnfinishedFolder();
  UnfinishedFolder(const UnfinishedFolder&) = delete;
  UnfinishedFolder& operator=(const UnfinishedFolder&) = delete;

  std::string begin();   // the empty string, or why not
  std::string finish();  // everything in it is synced by now
  const std::string& path() const { return path_; }

 private:
  std::string take_lock(bool& leftover);
  const std::string name_, path_, lock_;
  File held_;
};

}  // namespace tocsin::store
