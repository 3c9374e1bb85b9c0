#include "daemon/journal/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "rules/model/planted.hpp"

namespace tocsin::store {

File::File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

File::~File() {
  close();
}

File File::open(const std::string& path, int flags, unsigned mode) {
  return File(::open(path.c_str(), flags | O_CLOEXEC, mode));
}

void File::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string errno_text() {
  return std::generic_category().message(errno);
}

bool sync_directory(const std::string& path) {
  if (planted("names_unsynced")) return true;
  const File directory = File::open(path, O_RDONLY | O_DIRECTORY);
  return directory && ::fsync(directory.fd()) == 0;
}

bool make_directory(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return true;
  const std::filesystem::path parent =
      std::filesystem::absolute(std::filesystem::path(path), error).parent_path();
  std::filesystem::create_directories(parent, error);
  if (::mkdir(path.c_str(), planted("store_for_everybody") ? 0755 : 0700) != 0) return false;
  return sync_directory(parent.string());
}

std::vector<std::string> files_in(const std::string& directory, const std::string& suffix) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (it->is_regular_file(error) && std::string_view(name).ends_with(suffix))
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void remove_files_in(const std::string& directory) {
  for (const std::string& name : files_in(directory)) ::unlink((directory + "/" + name).c_str());
}

}  // namespace tocsin::store
