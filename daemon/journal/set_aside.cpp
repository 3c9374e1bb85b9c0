#include "daemon/journal/set_aside.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "daemon/journal/files.hpp"
#include "rules/model/planted.hpp"

namespace tocsin::store {
namespace {

bool same_file(const std::string& a, const std::string& b) {
  struct stat one {
  }, two{};
  return ::stat(a.c_str(), &one) == 0 && ::stat(b.c_str(), &two) == 0 && one.st_dev == two.st_dev &&
         one.st_ino == two.st_ino;
}

// Gives `from` the second name `to`, or `to` with a number when another file has that name.
bool link_as(const std::string& from, const std::string& to) {
  std::string name = to;
  for (int n = 2; n < 1000; ++n) {
    if (::link(from.c_str(), name.c_str()) == 0 || same_file(from, name)) return true;
    if (errno != EEXIST) return false;
    name = to + "." + std::to_string(n);
  }
  return false;
}

}  // namespace

SetAside::SetAside(std::string store_path)
    : database_(store_path + "/db"),
      held_(store_path + "/recovering"),
      damaged_(store_path + "/damaged") {}

bool SetAside::hold() {
  if (planted("damaged_logs_not_kept")) return true;
  const std::vector<std::string> logs = files_in(database_, ".log");
  if (logs.empty()) return true;
  if (!make_directory(held_)) return false;
  for (const std::string& name : logs)
    if (!link_as(database_ + "/" + name, held_ + "/" + name)) return false;
  return sync_directory(held_);
}

void SetAside::withdraw() {
  for (const std::string& name : files_in(database_, ".log"))
    ::unlink((database_ + "/" + name).c_str());
  sync_directory(database_);
}

void SetAside::give_back() {
  for (const std::string& name : files_in(held_, ".log"))
    (void)::link((held_ + "/" + name).c_str(), (database_ + "/" + name).c_str());
  sync_directory(database_);
}

void SetAside::drop() {
  remove_files_in(held_);
  ::rmdir(held_.c_str());
}

std::string SetAside::keep(std::uint64_t next_seq, const std::vector<std::string>& more) {
  const std::string target = damaged_ + "/before-" + std::to_string(next_seq);
  if (!make_directory(damaged_) || !make_directory(target)) return held_;
  bool kept = true;
  for (const std::string& name : files_in(held_))
    kept = link_as(held_ + "/" + name, target + "/" + name) && kept;
  for (const std::string& path : more)
    kept = link_as(path, target + path.substr(path.rfind('/'))) && kept;
  kept = sync_directory(target) && kept;
  if (kept) drop();
  return kept ? target : held_;
}

}  // namespace tocsin::store
