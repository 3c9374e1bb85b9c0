#pragma once
// What the daemon asks itself every 15 s while it runs: laws 2 to 4, 12 and 13 over a copy of its
// state. Pure, and made to be read beside invariants.hpp, which the simulator asks after every
// turn: this one needs no index of the live state, so it can look at what readers are shown, and
// it knows the time, so it also finds what should have happened and did not.

#include <cstdint>
#include <string>
#include <vector>

#include "rules/model/settings.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

// A turn comes at least every 5 s. What is later than this is late because of us; it is also how
// far a deadline may lie back and still count as ahead.
inline constexpr Span lateness_max = seconds(30);

struct Audit {
  std::uint64_t events_unaccounted = 0;  // received without a disposition, or the other way round
  std::uint32_t untold_incidents = 0;    // must page, unanswered, and nothing will page
  Span oldest_undelivered{};             // age of the oldest page that is still owed; drills not
  // A page is owed for longer than a try takes, and every channel that was tried keeps failing.
  bool no_channel_takes = false;
  Span lateness{};                  // of the deadline that waits longest for its turn
  std::vector<std::string> broken;  // a sentence for each law that does not hold

  bool intact() const { return broken.empty(); }
};

// A page whose channels all fail has been handed from one to the next by then (ESC-6).
inline constexpr Span owed_too_long = seconds(30);

// `durable`: the last frame on disk when the copy was handed out. `now`: on the clock of the log.
Audit audit(const Snapshot& snapshot, const Settings& settings, std::uint64_t durable, Instant now);

}  // namespace tocsin
