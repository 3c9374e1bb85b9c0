#include "daemon/helper/shut_in.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

namespace tocsin::helper {
namespace {

constexpr rlim_t descriptors = 4;  // the three of everybody and the socket

bool limit(int what, rlim_t most) {
  const rlimit value{most, most};
  return setrlimit(what, &value) == 0;
}

// Address space in use; 0 when the kernel does not say.
std::uint64_t used_bytes() {
  unsigned long long pages = 0;
  FILE* const file = std::fopen("/proc/self/statm", "re");
  if (!file) return 0;
  const bool read = std::fscanf(file, "%llu", &pages) == 1;
  std::fclose(file);
  return read ? pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

// The more, the sooner the kernel takes this one when memory runs out. A wish: it may be refused.
void volunteer(std::string_view points) {
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = write(file, points.data(), points.size());
  close(file);
}

}  // namespace

// g++ says by a macro that it builds with a sanitizer, clang 14 by a feature.
#if defined(__has_feature)
#define TOCSIN_HAS_FEATURE(name) __has_feature(name)
#else
#define TOCSIN_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    TOCSIN_HAS_FEATURE(address_sanitizer) || TOCSIN_HAS_FEATURE(thread_sanitizer)
const bool memory_has_walls = false;
#else
const bool memory_has_walls = true;
#endif

bool shut_in(const Walls& walls) {
  volunteer("500");
  const std::uint64_t used = used_bytes();
  if (memory_has_walls && (used == 0 || !limit(RLIMIT_AS, used + walls.memory_bytes))) return false;
  return prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0) &&
         limit(RLIMIT_CPU, walls.cpu_s) && limit(RLIMIT_NOFILE, descriptors);
}

void be_as_others() {
  volunteer("0");
  limit(RLIMIT_CORE, 0);
}

void allow_cpu_ms(int ms) {
  const itimerval timer{{0, 0}, {ms / 1000, ms % 1000 * 1000}};
  setitimer(ITIMER_PROF, &timer, nullptr);
}

}  // namespace tocsin::helper
