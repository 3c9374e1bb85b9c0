#pragma once
// What tells that a file was written anew: looked at once a second instead of reading it.

#include <cstdint>
#include <string>

namespace tocsin::cli {

struct FileStamp {
  std::string path;
  std::int64_t mtime_ns = 0, size = 0;  // 0: it is not there
  std::uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;
};

FileStamp stamp_of(const std::string& path);

}  // namespace tocsin::cli
