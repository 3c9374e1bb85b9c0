#pragma once
// The walls around a process that runs what others wrote. All of them are the kernel's, because the
// libraries inside know none. Called once, before the first word from outside is read.

#include <cstdint>

namespace tocsin::helper {

struct Walls {
  // Address space beyond what the program itself takes at the start. A document of a megabyte can
  // become fifty as a value (measured with {"a":1} repeated); the rest is for the programs.
  std::uint64_t memory_bytes = 192u << 20;
  std::uint64_t cpu_s = 900;  // of the whole life, which ends long before
};

// Whether memory is one of them. Not under a sanitizer, whose shadow is terabytes of address space.
extern const bool memory_has_walls;

// No new descriptor, no file, no child, no core, no more memory than that. False: one of the walls
// could not be set, and nothing must run.
bool shut_in(const Walls& walls);

// What users' own programs inherit: no cores, and the daemon's place before the out-of-memory
// killer is not theirs.
void be_as_others();

// The process ends by SIGPROF when it uses this much CPU time from now on; 0: no longer.
void allow_cpu_ms(int ms);

}  // namespace tocsin::helper
