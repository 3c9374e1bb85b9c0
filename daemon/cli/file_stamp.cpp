#include "daemon/cli/file_stamp.hpp"

#include <sys/stat.h>

namespace tocsin::cli {

FileStamp stamp_of(const std::string& path) {
  struct stat s {};
  if (stat(path.c_str(), &s) != 0) return {path, 0, 0, 0};
  return {path, s.st_mtim.tv_sec * 1'000'000'000 + s.st_mtim.tv_nsec, s.st_size, s.st_ino};
}

}  // namespace tocsin::cli
