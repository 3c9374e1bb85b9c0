#pragma once
// What a disk holds of a folder after the power went. The folder's changes, in order, are a value;
// so is the moment of the cut; which of the unsynced ones had reached the disk is drawn from a
// seed.
//
// What is certain: bytes of a file that was synced after them, names of a folder that was synced
// after them, and, as all file systems of Linux keep it, the names of a file that was itself synced
// after it got them. Everything else may be there or not: a part of a write, pages in any order, a
// length without its bytes, the second of two renames without the first. Pure, any thread.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tocsin::testing {

using NodeId = std::uint32_t;  // of a file or a folder, whatever its names

struct Node {
  bool folder = false;
  std::string bytes;                      // of a file
  std::map<std::string, NodeId> entries;  // of a folder
};

// A folder and all below it; the folder itself is node `root`.
struct Image {
  static constexpr NodeId root = 1;
  std::map<NodeId, Node> nodes{{root, {true, {}, {}}}};
};

struct Change {
  enum class Kind {
    write,   // `bytes` at `at` of a file
    resize,  // a file to `at` bytes
    sync,    // a file or a folder; `name` is its path, for who lies about it
    enter,   // `target` gets `name` in a folder
    leave,   // `name` of a folder is gone
    rename,  // `target` gets `name` and loses `old_name`, in one folder
    note,    // nothing on the disk: the caller's mark number `at`
  };
  Kind kind = Kind::note;
  NodeId node = 0;  // what is changed
  std::uint64_t at = 0;
  std::string bytes;
  std::string name, old_name;
  NodeId target = 0;
  bool folder = false;  // enter: the target is a folder
};

std::string describe(const Change& change);

enum class Disk {
  honest,
  lies_about_logs,  // some syncs of the write-ahead log return before their bytes are on the disk
};

struct Cut {
  std::size_t at = 0;  // so many changes had been made
  std::uint64_t seed = 0;
  Disk disk = Disk::honest;
};

Image after_cut(Image disk, const std::vector<Change>& changes, const Cut& cut);

// Makes the files below an existing, empty folder.
void lay_out(const Image& image, const std::string& folder);

}  // namespace tocsin::testing
