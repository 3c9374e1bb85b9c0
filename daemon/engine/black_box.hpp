#pragma once
// What a process that ends badly leaves to the next one: a page of memory shared with a small file,
// which outlives the process without being synced. It tells how the process ended, how often that
// happened lately, which input was in hand, and when the administrators were last told.
//
// An end is bad when the process crashed (SIGSEGV, SIGABRT, ...) or gave up (failing()); being
// killed, or losing power, says nothing about what it was doing. One box per process, owned by the
// composition root. Any thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/engine/in_hand.hpp"
#include "rules/model/time.hpp"

namespace tocsin {

// An input that was in hand when a process crashed.
struct Suspect {
  std::uint64_t hash = 0;
  InputKind kind = InputKind::none;
  std::uint32_t ends = 0;  // crashes with it in hand
  Wall last_at{};
  bool quarantined = false;  // it is not taken any more
};

class BlackBox {
 public:
  static constexpr std::size_t ends_kept = 16, suspects_max = 64;
  static constexpr Span recently = minutes(10);
  // Twice is no accident. It is tried again after a day, or by another version.
  static constexpr std::uint32_t ends_to_quarantine = 2;
  static constexpr Span quarantined_for = hours(24);

  // `path`: the file, best in memory (/run). Without one that can be written and that no other
  // process has, the box forgets at the end of the process.
  BlackBox(const std::string& path, std::string_view version, Wall now);
  ~BlackBox();

  // Crashes of this process are written from here on, and end it as they would have.
  void arm();
  // The calling thread decides. When another process aborts this one, as a watchdog does, it is
  // asked what it was at. It must outlive the box.
  static void watch_this_thread();

  struct Before {
    std::string how;       // in words how the process before ended badly; empty: it did not
    bool gave_up = false;  // it ended itself, see failing()
    bool while_starting = false;
    std::uint32_t recent = 0;  // bad ends within the last ten minutes, that one included
    std::vector<Suspect> suspects;
  };
  const Before& before() const { return before_; }
  bool remembers() const { return fd_ >= 0; }

  void started();                      // the start is over
  void failing(std::string_view why);  // the process is about to end itself
  void ended();                        // it ends well

  bool quarantined(const Input& input) const;

  Wall told_at() const;  // when the administrators were last told; 0: never
  void told(Wall at);

 private:
  struct Page;
  void take_over(std::string_view version, Wall now);

  int fd_ = -1;
  Page* page_ = nullptr;
  Before before_;
  std::vector<std::uint64_t> quarantine_;  // sorted
};

}  // namespace tocsin
