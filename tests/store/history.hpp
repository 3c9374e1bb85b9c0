#pragma once
// What a judge outside the store remembers: who wrote which frame, what was acknowledged, what was
// under way. Plain data, so that it can stand in memory that a killed process shares with the next.
// The state machine of these tests: each frame sets or deletes one of 300 rows.
// One writer, but `installing` and `installed`, which are the checkpoint thread's.

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace tocsin::testing {

struct Progress {
  std::uint64_t acked = 0;       // the last frame whose append returned ok
  std::uint64_t begun = 0;       // the last frame whose append was begun
  std::uint64_t installed = 0;   // the last checkpoint that returned installed
  std::uint64_t installing = 0;  // the last checkpoint that was begun
};

struct History {
  static constexpr std::uint64_t frames_max = 1 << 16;

  std::atomic<std::uint64_t> acked = 0, begun = 0, installed = 0, installing = 0;
  std::uint64_t epoch = 0;                         // of the newest life
  std::array<std::uint32_t, frames_max> epochs{};  // by whom a frame was written; 0: lost, declared

  Progress progress() const { return {acked, begun, installed, installing}; }
  void set(const Progress& p) {
    acked = p.acked, begun = p.begun, installed = p.installed, installing = p.installing;
  }
};

// What a frame is, and what it does, follows from its number and who wrote it.
std::uint64_t frame_uid(std::uint64_t seq, std::uint64_t epoch);
std::string frame_payload(std::uint64_t seq, std::uint64_t epoch);

// Which frame wrote each row last; 0: there is no such row.
class Fold {
 public:
  static constexpr std::size_t rows = 300;
  void take(std::uint64_t seq, std::uint64_t epoch);
  static std::string key(std::size_t row);
  std::optional<std::string> value(std::size_t row) const;
  bool operator==(const Fold&) const = default;
  std::array<std::pair<std::uint64_t, std::uint64_t>, rows> owner{};  // frame and epoch
};

Fold fold_until(const History& history, std::uint64_t seq);

}  // namespace tocsin::testing
