#pragma once
// Many worlds, each in a process of its own: an assertion of RocksDB ends one world, and the next
// begins without its threads. What they count and what they found stands in shared memory.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace tocsin::testing {

struct Counts {
  std::atomic<std::uint64_t> worlds, lives, ends;  // ends: cuts or kills
  std::atomic<std::uint64_t> frames, checkpoints;
  std::atomic<std::uint64_t> clean_stops, losses_declared, losses_unnoticed;
  std::atomic<std::uint64_t> findings;
};

struct Trial {
  std::uint64_t seed = 1;
  std::uint64_t ends = 1000;  // so many cuts or kills in all
  std::uint64_t jobs = 1;
  std::string folder;  // what is tried stands in folders below
};

// A plain object in memory that forked processes share; it starts as zeros and is never given back.
void* shared_memory(std::size_t bytes);
template <class T>
T& shared() {
  return *new (shared_memory(sizeof(T))) T{};
}

// Prints it and keeps the folder.
void report_finding(Counts& counts, const std::string& where, const std::string& what);

// Runs `world` in a child. False: it ended by anything but its return; said and counted.
bool in_child(Counts& counts, const std::string& where, const std::function<void()>& world);

// Calls `world` with number 1, 2, ... on `jobs` processes until counts.ends reaches trial.ends.
void run_worlds(const Trial& trial, Counts& counts,
                const std::function<void(std::uint64_t number)>& world);

void try_power_cuts(const Trial& trial, Counts& counts, bool lying);
void try_kills(const Trial& trial, Counts& counts);

}  // namespace tocsin::testing
