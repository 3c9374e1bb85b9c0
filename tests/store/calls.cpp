#include "tests/store/calls.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string_view>

namespace tocsin::testing {
namespace {

using Kind = Change::Kind;

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}
#define REAL(name)                                        \
  (*[] {                                                  \
    static const auto f = real<decltype(&::name)>(#name); \
    return f;                                             \
  }())

enum class Watching { nothing, recording, killing };

// The names below the folder as they are now, and which open file is what.
class Watcher {
 public:
  std::atomic<Watching> watching = Watching::nothing;
  std::mutex mutex;  // of everything below, but the table of descriptors

  void begin(Watching what, const std::string& folder) {
    const std::lock_guard hold(mutex);
    folder_ = folder;
    live_.clear();
    changes.clear();
    for (auto& fd : by_fd_) fd = 0;
    watching = what;
  }
  void know(const Image& image) {
    for (const auto& [id, node] : image.nodes) {
      if (node.folder) live_[id] = node.entries;
      next_ = std::max(next_, id + 1);
    }
  }

  struct Place {
    NodeId folder = 0;
    std::string name;  // empty: the folder itself
    NodeId node = 0;   // 0: there is nothing of that name
  };
  std::optional<Place> find(const char* path) {
    std::string_view rest(path);
    if (watching == Watching::nothing || !rest.starts_with(folder_)) return {};
    rest.remove_prefix(folder_.size());
    if (!rest.empty() && rest[0] != '/') return {};
    Place place{Image::root, "", Image::root};
    while (true) {
      while (!rest.empty() && rest[0] == '/') rest.remove_prefix(1);
      if (rest.empty()) return place;
      if (!live_.contains(place.node)) return {};
      const std::string_view name = rest.substr(0, rest.find('/'));
      rest.remove_prefix(name.size());
      place = {place.node, std::string(name), 0};
      const auto& entries = live_[place.folder];
      if (const auto found = entries.find(place.name); found != entries.end())
        place.node = found->second;
    }
  }

  NodeId of(int fd) const {
    if (fd < 0 || static_cast<std::size_t>(fd) >= by_fd_.size()) return 0;
    return watching == Watching::nothing ? NodeId{0} : by_fd_[static_cast<std::size_t>(fd)].load();
  }
  void opened(int fd, NodeId node) {
    if (fd >= 0 && static_cast<std::size_t>(fd) < by_fd_.size())
      by_fd_[static_cast<std::size_t>(fd)] = node;
  }

  NodeId enter(const Place& place, NodeId target, bool folder) {
    if (target == 0) target = next_++;
    live_[place.folder][place.name] = target;
    if (folder) live_[target];
    Change change{Kind::enter, place.folder, 0, {}, place.name, {}, target, folder};
    add(std::move(change));
    return target;
  }
  void leave(const Place& place) {
    live_[place.folder].erase(place.name);
    add({Kind::leave, place.folder, 0, {}, place.name, {}, 0, false});
  }
  void rename(const Place& from, const Place& to) {
    if (from.folder != to.folder) {  // two changes: a disk may keep one of them
      enter(to, from.node, live_.contains(from.node));
      return leave(from);
    }
    live_[from.folder].erase(from.name);
    live_[to.folder][to.name] = from.node;
    add({Kind::rename, to.folder, 0, {}, to.name, from.name, from.node, false});
  }
  void add(Change change) {
    if (watching == Watching::recording) changes.push_back(std::move(change));
  }

  // Whether this is the change to die at.
  bool fatal() { return watching == Watching::killing && ++made_ == kill_at; }
  void before(bool fatal) const {
    if (fatal && kill_seed % 2 == 0) die();
  }
  void after(bool fatal) const {
    if (fatal) die();
  }
  [[noreturn]] static void die() {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
  }

  std::vector<Change> changes;
  std::uint64_t kill_at = 0, kill_seed = 0;

 private:
  std::string folder_;
  std::map<NodeId, std::map<std::string, NodeId>> live_;  // of the folders
  NodeId next_ = Image::root + 1;
  std::uint64_t made_ = 0;
  std::array<std::atomic<NodeId>, 4096> by_fd_{};
};

Watcher& watcher() {
  static Watcher* const one = new Watcher;  // other threads may still write at the end
  return *one;
}

// One change to names: made, then told by `then` when it succeeded.
template <class Call, class Then>
int change_names(Call call, Then then) {
  Watcher& w = watcher();
  const bool fatal = w.fatal();
  w.before(fatal);
  const int result = call();
  if (result == 0) then();
  w.after(fatal);
  return result;
}

template <class Call>
ssize_t write_to(NodeId node, const void* bytes, std::size_t size, std::optional<off_t> at, int fd,
                 Call call) {
  Watcher& w = watcher();
  const bool fatal = w.fatal();
  if (fatal) {
    if (w.kill_seed % 3 != 0) (void)!call(w.kill_seed / 6 % (size + 1));
    w.die();
  }
  const ssize_t written = call(size);
  if (written > 0) {
    const off_t from = at ? *at : ::lseek(fd, 0, SEEK_CUR) - written;
    w.add({Kind::write,
           node,
           static_cast<std::uint64_t>(from),
           std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(written)),
           {},
           {},
           0,
           false});
  }
  return written;
}

int sync_node(NodeId node, int fd, int (*call)(int)) {
  Watcher& w = watcher();
  const bool fatal = w.fatal();
  w.before(fatal);
  const int result = call(fd);
  if (result == 0 && w.watching == Watching::recording) {
    char path[512] = {};
    (void)!::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path - 1);
    w.add({Kind::sync, node, 0, {}, path, {}, 0, false});
  }
  w.after(fatal);
  return result;
}

int resize(NodeId node, std::uint64_t size, int (*call)(int, off_t), int fd) {
  Watcher& w = watcher();
  return change_names([&] { return call(fd, static_cast<off_t>(size)); },
                      [&] {
                        w.add({Kind::resize, node, size, {}, {}, {}, 0, false});
                      });
}

// The names below a folder, without what the files hold.
Image names_in(const std::string& folder) {
  namespace fs = std::filesystem;
  Image image;
  std::map<std::string, NodeId> folders{{folder, Image::root}};
  NodeId next = Image::root;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const NodeId id = ++next;
    image.nodes[folders.at(entry.path().parent_path())].entries[entry.path().filename()] = id;
    image.nodes[id].folder = entry.is_directory();
    if (entry.is_directory()) folders[entry.path()] = id;
  }
  return image;
}

}  // namespace

void record_changes(const std::string& folder, const Image& start) {
  watcher().begin(Watching::recording, folder);
  watcher().know(start);
}

void note(std::uint64_t number) {
  const std::lock_guard hold(watcher().mutex);
  watcher().add({Kind::note, 0, number, {}, {}, {}, 0, false});
}

std::vector<Change> stop_recording() {
  Watcher& w = watcher();
  const std::lock_guard hold(w.mutex);
  w.watching = Watching::nothing;
  return std::move(w.changes);
}

void kill_at_change(const std::string& folder, std::uint64_t n, std::uint64_t seed) {
  Watcher& w = watcher();
  const Image names = names_in(folder);
  w.begin(Watching::killing, folder);
  w.know(names);
  w.kill_at = n;
  w.kill_seed = seed;
}

}  // namespace tocsin::testing

// ---- the calls themselves

using namespace tocsin::testing;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  Watcher& w = watcher();
  if (w.watching == Watching::nothing) return REAL(open)(path, flags, mode);
  const std::lock_guard hold(w.mutex);
  auto place = w.find(path);
  if (!place) return REAL(open)(path, flags, mode);
  const bool changes = place->node == 0 || (flags & O_TRUNC) != 0;
  const bool fatal = changes && w.fatal();
  w.before(fatal);
  const int fd = REAL(open)(path, flags, mode);
  if (fd < 0) return fd;
  if (place->node == 0)
    place->node = w.enter(*place, 0, false);
  else if (flags & O_TRUNC)
    w.add({Change::Kind::resize, place->node, 0, {}, {}, {}, 0, false});
  w.opened(fd, place->node);
  w.after(fatal);
  return fd;
}

int close(int fd) {
  watcher().opened(fd, 0);
  return REAL(close)(fd);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  const NodeId node = watcher().of(fd);
  if (node == 0) return REAL(write)(fd, bytes, size);
  const std::lock_guard hold(watcher().mutex);
  return write_to(node, bytes, size, {}, fd, [&](size_t n) { return REAL(write)(fd, bytes, n); });
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  const NodeId node = watcher().of(fd);
  if (node == 0) return REAL(pwrite)(fd, bytes, size, at);
  const std::lock_guard hold(watcher().mutex);
  return write_to(node, bytes, size, at, fd,
                  [&](size_t n) { return REAL(pwrite)(fd, bytes, n, at); });
}

int fsync(int fd) {
  const NodeId node = watcher().of(fd);
  if (node == 0) return REAL(fsync)(fd);
  const std::lock_guard hold(watcher().mutex);
  return sync_node(node, fd, REAL(fsync));
}

int fdatasync(int fd) {
  const NodeId node = watcher().of(fd);
  if (node == 0) return REAL(fdatasync)(fd);
  const std::lock_guard hold(watcher().mutex);
  return sync_node(node, fd, REAL(fdatasync));
}

int ftruncate(int fd, off_t size) noexcept {
  const NodeId node = watcher().of(fd);
  if (node == 0) return REAL(ftruncate)(fd, size);
  const std::lock_guard hold(watcher().mutex);
  return resize(node, static_cast<std::uint64_t>(size), REAL(ftruncate), fd);
}

int posix_fallocate(int fd, off_t at, off_t size) {
  const NodeId node = watcher().of(fd);
  const int result = REAL(posix_fallocate)(fd, at, size);
  if (node == 0 || result != 0) return result;
  struct stat now {};
  ::fstat(fd, &now);
  const std::lock_guard hold(watcher().mutex);
  watcher().add(
      {Change::Kind::resize, node, static_cast<std::uint64_t>(now.st_size), {}, {}, {}, 0, false});
  return result;
}

int rename(const char* from, const char* to) noexcept {
  Watcher& w = watcher();
  if (w.watching == Watching::nothing) return REAL(rename)(from, to);
  const std::lock_guard hold(w.mutex);
  const auto old_place = w.find(from);
  const auto new_place = w.find(to);
  if (!old_place || !new_place) return REAL(rename)(from, to);
  return change_names([&] { return REAL(rename)(from, to); },
                      [&] { w.rename(*old_place, *new_place); });
}

int link(const char* from, const char* to) noexcept {
  Watcher& w = watcher();
  if (w.watching == Watching::nothing) return REAL(link)(from, to);
  const std::lock_guard hold(w.mutex);
  const auto old_place = w.find(from);
  const auto new_place = w.find(to);
  if (!old_place || !new_place) return REAL(link)(from, to);
  return change_names([&] { return REAL(link)(from, to); },
                      [&] { w.enter(*new_place, old_place->node, false); });
}

static int take_away(const char* path, int (*call)(const char*)) {
  Watcher& w = watcher();
  if (w.watching == Watching::nothing) return call(path);
  const std::lock_guard hold(w.mutex);
  const auto place = w.find(path);
  if (!place) return call(path);
  return change_names([&] { return call(path); }, [&] { w.leave(*place); });
}

int unlink(const char* path) noexcept {
  return take_away(path, REAL(unlink));
}

int rmdir(const char* path) noexcept {
  return take_away(path, REAL(rmdir));
}

int mkdir(const char* path, mode_t mode) noexcept {
  Watcher& w = watcher();
  if (w.watching == Watching::nothing) return REAL(mkdir)(path, mode);
  const std::lock_guard hold(w.mutex);
  const auto place = w.find(path);
  if (!place) return REAL(mkdir)(path, mode);
  return change_names([&] { return REAL(mkdir)(path, mode); }, [&] { w.enter(*place, 0, true); });
}

// These two are how std::filesystem::remove_all goes through a tree.
int openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  const NodeId above = watcher().of(folder);
  if (folder == AT_FDCWD || path[0] == '/') return open(path, flags, mode);
  const int fd = REAL(openat)(folder, path, flags, mode);
  if (above != 0 && fd >= 0) {
    char name[512] = {};
    (void)!::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), name, sizeof name - 1);
    const std::lock_guard hold(watcher().mutex);
    if (const auto place = watcher().find(name)) watcher().opened(fd, place->node);
  }
  return fd;
}

int unlinkat(int folder, const char* path, int flags) noexcept {
  Watcher& w = watcher();
  std::string whole = path;
  if (w.of(folder) != 0) {
    char name[512] = {};
    (void)!::readlink(("/proc/self/fd/" + std::to_string(folder)).c_str(), name, sizeof name - 1);
    whole = std::string(name) + "/" + path;
  }
  if (w.watching == Watching::nothing) return REAL(unlinkat)(folder, path, flags);
  const std::lock_guard hold(w.mutex);
  const auto place = w.find(whole.c_str());
  if (!place || place->node == 0) return REAL(unlinkat)(folder, path, flags);
  return change_names([&] { return REAL(unlinkat)(folder, path, flags); },
                      [&] { w.leave(*place); });
}

}  // extern "C"
