#pragma once
// The few file operations this room needs, as values: false or nullopt means errno says why.
// No state, any thread.

#include <string>
#include <vector>

namespace tocsin::store {

// An open file descriptor, closed at the end. Always opened O_CLOEXEC.
class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  static File open(const std::string& path, int flags, unsigned mode = 0600);

  explicit operator bool() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  void close();

 private:
  int fd_ = -1;
};

// "No space left on device", for the current errno.
std::string errno_text();

// Makes the entries of a directory durable.
bool sync_directory(const std::string& path);

// Creates the directory and what is above it; a directory made here is for its owner only (0700).
bool make_directory(const std::string& path);

// Names (not paths) of the regular files in a directory that end so, sorted. Empty when unreadable.
std::vector<std::string> files_in(const std::string& directory, const std::string& suffix = {});

// Removes the files of a directory, not its subdirectories.
void remove_files_in(const std::string& directory);

}  // namespace tocsin::store
