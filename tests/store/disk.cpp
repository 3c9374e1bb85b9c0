#include "tests/store/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "tests/simulation/random.hpp"

namespace tocsin::testing {
namespace {

using sim::Random;
using Kind = Change::Kind;

constexpr std::size_t page_bytes = 4096;

void apply(std::string& file, const Change& change, std::size_t bytes_written) {
  if (change.kind == Kind::resize) return file.resize(change.at, '\0');
  if (bytes_written == 0) return;
  file.resize(std::max<std::size_t>(file.size(), change.at + bytes_written), '\0');
  file.replace(change.at, bytes_written, change.bytes, 0, bytes_written);
}

void apply(std::string& file, const Change& change) {
  apply(file, change, change.bytes.size());
}

void apply_names(Image& disk, const Change& change) {
  auto& entries = disk.nodes[change.node].entries;
  if (change.kind == Kind::enter) entries[change.name] = change.target;
  if (change.kind == Kind::leave) entries.erase(change.name);
  if (change.kind == Kind::rename) {
    entries.erase(change.old_name);
    entries[change.name] = change.target;
  }
}

// The first so many of the changes, the last of them up to any byte.
std::string torn(std::string file, const std::vector<const Change*>& unsynced, Random& random) {
  const auto whole =
      static_cast<std::size_t>(random.below(static_cast<std::int64_t>(unsynced.size())));
  for (std::size_t i = 0; i < whole; ++i) apply(file, *unsynced[i]);
  const Change& last = *unsynced[whole];
  if (last.kind == Kind::write)
    apply(file, last,
          static_cast<std::size_t>(random.below(static_cast<std::int64_t>(last.bytes.size()) + 1)));
  return file;
}

// Each page for itself as it was, as it should be, or, where the file had none, nothing or rubbish.
std::string pages(const std::string& before, const std::vector<const Change*>& unsynced,
                  Random& random) {
  std::string file = before;
  for (const Change* change : unsynced) apply(file, *change);
  for (std::size_t at = 0; at < file.size(); at += page_bytes) {
    const std::size_t size = std::min(page_bytes, file.size() - at);
    if (random.percent(50)) continue;
    std::string old = before.substr(std::min(at, before.size()), size);
    old.resize(size, random.percent(20) ? '\xa5' : '\0');
    file.replace(at, size, old);
  }
  if (random.percent(30) && file.size() > before.size())
    file.resize(before.size() + static_cast<std::size_t>(random.below(
                                    static_cast<std::int64_t>(file.size() - before.size()))));
  return file;
}

std::string survived(const std::string& before, const std::vector<const Change*>& unsynced,
                     Random& random) {
  if (unsynced.empty() || random.percent(25)) return before;
  if (random.percent(40)) return pages(before, unsynced, random);
  if (random.percent(60)) return torn(before, unsynced, random);
  std::string file = before;
  for (const Change* change : unsynced) apply(file, *change);
  return file;
}

void keep_reachable(Image& disk, NodeId id, Image& left) {
  const auto [at, is_new] = left.nodes.emplace(id, std::move(disk.nodes[id]));
  if (!is_new) return;
  for (const auto& [name, child] : at->second.entries)
    if (!left.nodes.contains(child)) keep_reachable(disk, child, left);
}

bool is_honest(const Change& sync, const Cut& cut, Random& random) {
  const bool lies = random.percent(30);
  return cut.disk == Disk::honest || !lies || !sync.name.ends_with(".log");
}

}  // namespace

std::string describe(const Change& change) {
  const std::string of = " of node " + std::to_string(change.node);
  const std::string target = " for node " + std::to_string(change.target);
  switch (change.kind) {
    case Kind::write:
      return "write" + of + ", " + std::to_string(change.bytes.size()) + " bytes at " +
             std::to_string(change.at);
    case Kind::resize:
      return "resize" + of + " to " + std::to_string(change.at);
    case Kind::sync:
      return "sync" + of + ", " + change.name;
    case Kind::enter:
      return "enter " + change.name + target + of;
    case Kind::leave:
      return "leave " + change.name + of;
    case Kind::rename:
      return "rename " + change.old_name + " to " + change.name + target + of;
    case Kind::note:
      return "note";
  }
  return "";
}

Image after_cut(Image disk, const std::vector<Change>& changes, const Cut& cut) {
  Random random(cut.seed);
  std::map<NodeId, std::size_t> synced;  // everything of a node before this is certain
  std::size_t names = 0;
  for (std::size_t i = 0; i < cut.at; ++i) {
    const Change& change = changes[i];
    if (change.kind == Kind::sync && is_honest(change, cut, random)) synced[change.node] = i;
    names += change.kind >= Kind::enter && change.kind <= Kind::rename;
  }
  // A journalling file system keeps a beginning of all changes to names; one without, any of them.
  const bool journalling = random.percent(50);
  const auto kept = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(names) + 1));
  std::map<NodeId, std::vector<const Change*>> unsynced;
  names = 0;
  for (std::size_t i = 0; i < cut.at; ++i) {
    const Change& change = changes[i];
    const auto before_sync = [&](NodeId node) { return synced.contains(node) && i < synced[node]; };
    const bool certain = before_sync(change.node) || (!change.folder && before_sync(change.target));
    switch (change.kind) {
      case Kind::write:
      case Kind::resize:
        if (certain)
          apply(disk.nodes[change.node].bytes, change);
        else
          unsynced[change.node].push_back(&change);
        break;
      case Kind::enter:
      case Kind::leave:
      case Kind::rename: {
        if (change.kind == Kind::enter && change.folder) disk.nodes[change.target].folder = true;
        const bool reached = journalling ? names < kept : random.percent(50);
        ++names;
        if (certain || reached) apply_names(disk, change);
        break;
      }
      case Kind::sync:
      case Kind::note:
        break;
    }
  }
  for (const auto& [id, list] : unsynced) {
    std::string& bytes = disk.nodes[id].bytes;
    bytes = survived(bytes, list, random);
  }
  Image left;
  left.nodes.clear();
  keep_reachable(disk, Image::root, left);
  return left;
}

namespace {

void check(bool ok, const std::string& path) {
  if (!ok) throw std::runtime_error("cannot make " + path);
}

// `made`: the path that a file of several names already has.
void lay_out(const Image& image, NodeId id, const std::string& path,
             std::map<NodeId, std::string>& made) {
  for (const auto& [name, child] : image.nodes.at(id).entries) {
    const std::string below = path + "/" + name;
    const Node& node = image.nodes.at(child);
    if (node.folder) {
      check(::mkdir(below.c_str(), 0700) == 0, below);
      lay_out(image, child, below, made);
    } else if (const auto [at, is_new] = made.emplace(child, below); !is_new) {
      check(::link(at->second.c_str(), below.c_str()) == 0, below);
    } else {
      const int fd = ::open(below.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      const auto size = static_cast<ssize_t>(node.bytes.size());
      check(fd >= 0 && ::write(fd, node.bytes.data(), node.bytes.size()) == size, below);
      ::close(fd);
    }
  }
}

}  // namespace

void lay_out(const Image& image, const std::string& folder) {
  std::map<NodeId, std::string> made;
  lay_out(image, Image::root, folder, made);
}

}  // namespace tocsin::testing
