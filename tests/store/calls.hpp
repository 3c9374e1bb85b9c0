#pragma once
// Between a program and the C library: what changes files below one folder is recorded, or the
// process is killed at the N-th such call. RocksDB's calls and our own go the same way, because a
// symbol of the program goes before the one of the library. Linking calls.cpp is enough.
// One folder at a time. Any thread; each call is made and recorded in one piece.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/store/disk.hpp"

namespace tocsin::testing {

// From now on; `start` is what the folder holds.
void record_changes(const std::string& folder, const Image& start);
void note(std::uint64_t number);  // into the record
std::vector<Change> stop_recording();

// SIGKILL at the N-th change below the folder: before it, after it, or in the middle of a write.
void kill_at_change(const std::string& folder, std::uint64_t n, std::uint64_t seed);

}  // namespace tocsin::testing
