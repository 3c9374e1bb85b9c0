#include "daemon/api/local_delivery.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace tocsin::api {
namespace {

constexpr int terminal_patience_ms = 5'000;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string because(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

LocalResult write_file_durably(const std::string& directory, const std::string& name,
                               std::string_view bytes) {
  if (name.empty() || name.find('/') != name.npos || name.front() == '.')
    return {AttemptOutcome::not_sent, "'" + name + "' is no file name"};
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const Descriptor folder(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return {AttemptOutcome::not_sent, because(directory)};

  const std::string temporary = "." + name + ".tmp";
  const auto failed = [&](const char* what) -> LocalResult {
    LocalResult result{AttemptOutcome::not_sent, because(directory + ": " + what)};
    unlinkat(folder.get(), temporary.c_str(), 0);
    return result;
  };
  const Descriptor file(openat(folder.get(), temporary.c_str(),
                               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (file.get() < 0) return failed("create");
  if (!write_all(file.get(), bytes)) return failed("write");
  if (fsync(file.get()) != 0) return failed("fsync");
  if (renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0)
    return failed("rename");
  if (fsync(folder.get()) != 0)
    return {AttemptOutcome::unknown, because(directory + ": fsync of the directory")};
  return {AttemptOutcome::accepted, "written to " + directory + "/" + name};
}

LocalResult write_lines(int descriptor, std::string_view lines) {
  const std::size_t whole = lines.size();
  while (!lines.empty()) {
    const ssize_t n = ::write(descriptor, lines.data(), lines.size());
    if (n >= 0) {
      lines.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    pollfd ready{descriptor, POLLOUT, 0};
    if (errno == EAGAIN && poll(&ready, 1, terminal_patience_ms) > 0) continue;
    return {lines.size() == whole ? AttemptOutcome::not_sent : AttemptOutcome::unknown,
            because("terminal")};
  }
  return {AttemptOutcome::accepted, "printed"};
}

LocalResult write_datagram(const std::string& path, std::string_view bytes) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return {AttemptOutcome::not_sent, "'" + path + "' is no name of a socket"};
  std::memcpy(address.sun_path, path.data(), path.size());
  const Descriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0 || sendto(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return {AttemptOutcome::not_sent, because(path)};
  return {AttemptOutcome::accepted, "handed to " + path};
}

}  // namespace tocsin::api
