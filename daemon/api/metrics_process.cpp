#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "daemon/api/metric_families.hpp"

namespace tocsin::api {
namespace {

double open_descriptors() {
  DIR* dir = opendir("/proc/self/fd");
  if (!dir) return 0;
  int count = -3;  // ".", ".." and the directory itself
  while (readdir(dir)) ++count;
  closedir(dir);
  return count;
}

// Fields of /proc/self/stat behind the name, which may hold blanks: [0] is the state.
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t end = line.rfind(')');
  std::vector<double> out;
  if (end == line.npos) return out;
  std::istringstream rest(line.substr(end + 1));
  for (std::string word; rest >> word;) out.push_back(std::strtod(word.c_str(), nullptr));
  return out;
}

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  return 0;
}

}  // namespace

void add_process_metrics(Families& out) {
  constexpr std::size_t utime = 11, stime = 12, threads = 17, starttime = 19, vsize = 20, rss = 21;
  const std::vector<double> stat = stat_fields();
  if (stat.size() > rss) {
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    add_counter(out, "process_cpu_seconds_total", "User and system CPU time spent.",
                (stat[utime] + stat[stime]) / ticks);
    add_gauge(out, "process_resident_memory_bytes", "Resident memory size.",
              stat[rss] * static_cast<double>(sysconf(_SC_PAGESIZE)));
    add_gauge(out, "process_virtual_memory_bytes", "Virtual memory size.", stat[vsize]);
    add_gauge(out, "process_threads", "Threads.", stat[threads]);
    add_gauge(out, "process_start_time_seconds", "Start of the process since the Unix epoch.",
              boot_time() + stat[starttime] / ticks);
  }
  add_gauge(out, "process_open_fds", "Open file descriptors.", open_descriptors());
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    add_gauge(out, "process_max_fds", "Most file descriptors there may be.",
              static_cast<double>(limit.rlim_cur));
}

}  // namespace tocsin::api
