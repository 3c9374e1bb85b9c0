// store_faults --power-cuts N | --lying-cuts N | --kills N  [--seed S] [--jobs J] [--folder DIR]
//
// The production journal, alone, under what a machine does to it: see power_cuts.cpp and kills.cpp.
// Every draw comes from the seed; RocksDB's own threads interleave as they like, so a finding keeps
// its folder. Exit 1 when there is one.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/store/trial.hpp"

namespace {

using namespace tocsin::testing;
namespace fs = std::filesystem;

// In memory when there is such a file system: a kill cannot tell it from a disk, and a power cut is
// played, not made.
std::string scratch() {
  const fs::path memory = "/dev/shm";
  std::string name = (fs::is_directory(memory) && ::access(memory.c_str(), W_OK) == 0
                          ? memory
                          : fs::temp_directory_path()) /
                     "tocsin-store-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

unsigned long long number(const std::atomic<std::uint64_t>& count) {
  return count;
}

int run(const std::string& mode, Trial trial) {
  const bool given = !trial.folder.empty();
  if (!given) trial.folder = scratch();
  auto& counts = shared<Counts>();
  const auto begin = std::chrono::steady_clock::now();
  if (mode == "--kills")
    try_kills(trial, counts);
  else
    try_power_cuts(trial, counts, mode == "--lying-cuts");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const char* const what = mode == "--kills"        ? "kills"
                           : mode == "--power-cuts" ? "power cuts"
                                                    : "power cuts, logs on a disk that lies";
  std::printf("%s: %llu in %.0f s, seed %llu, %llu stores; %llu frames", what, number(counts.ends),
              took.count(), static_cast<unsigned long long>(trial.seed), number(counts.worlds),
              number(counts.frames));
  if (mode == "--kills")
    std::printf(" acknowledged, %llu lives that ended by themselves", number(counts.clean_stops));
  else
    std::printf(" and %llu checkpoints written", number(counts.checkpoints));
  if (mode == "--lying-cuts")
    std::printf("; %llu losses declared, %llu losses newer than the witness",
                number(counts.losses_declared), number(counts.losses_unnoticed));
  std::printf("; %llu findings\n", number(counts.findings));
  if (!given && counts.findings == 0) fs::remove_all(trial.folder);
  return counts.findings == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Trial trial;
  std::string mode;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    ++i;
    if (word == "--seed")
      trial.seed = std::strtoull(value.c_str(), nullptr, 10);
    else if (word == "--jobs")
      trial.jobs = std::strtoull(value.c_str(), nullptr, 10);
    else if (word == "--folder")
      trial.folder = value;
    else if (word == "--power-cuts" || word == "--lying-cuts" || word == "--kills")
      mode = word, trial.ends = std::strtoull(value.c_str(), nullptr, 10);
    else
      return std::printf("unknown: %s\n", word.c_str()), 2;
  }
  if (mode.empty()) return std::printf("what to do? see the head of main.cpp\n"), 2;
  return run(mode, trial);
}
