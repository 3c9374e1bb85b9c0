// A disk whose syncs all take the same time, to be preloaded into a daemon whose store is in
// memory: a real disk's slowest hundredth differs between two runs by more than what is looked for.

#include <time.h>
#include <unistd.h>

namespace {

constexpr long sync_ns = 500'000;  // about what a sync of a small frame takes on a fast disk

int wait_for_disk() {
  const timespec time{0, sync_ns};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
  return 0;
}

}  // namespace

extern "C" {
int fsync(int) {
  return wait_for_disk();
}
int fdatasync(int) {
  return wait_for_disk();
}
}
