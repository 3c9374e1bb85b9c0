#pragma once
// Maintenance windows (BND-5, 3): an alert that begins while one covers it is no incident and pages
// nobody. It is kept, and when no window covers it any more, what still fires is new at that
// instant. Windows come from the configuration, again and again or once, or are made by people,
// once; with the number of a change they are the approved window of that change. Both are found
// through an index, by CI and by exact label: what an alert costs does not grow with their number.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/model/facts.hpp"

namespace tocsin {

// Compiles the index of the windows of a configuration, whose CIs and dependencies are known by
// then. The ids of those that do not go, with the reasons.
std::vector<std::pair<std::string, std::string>> index_windows(Settings& settings);

// A window that is open and covers an alert.
struct Covering {
  Instant until;  // it is open so long, as far as is known now
  std::string window, owner, reason, change;
};
// The one that ends last, of those that cover an alert of this CI now and in which it began at
// `started`; of several, the first by name.
std::optional<Covering> covering(const State& state, const Settings& settings, Instant now,
                                 std::string_view ci, AlertText text, Wall started);

// A held alert is suppressed from now on.
void suppress(const Deciding& d, const Fingerprint& alert, const Covering& by);
// A suppressed one is new now: false when no window covers it any more.
bool suppress_again(const Deciding& d, std::uint32_t alert_slot);

Answer add_window(const Deciding& d, const AddWindow& c);
// Over at once; `already` when it is over.
Answer end_window(const Deciding& d, const EndWindow& c);

// Windows went or moved, by a person, a configuration or the clock: all suppressed alerts are
// looked at, slice by slice, and `release` takes up what is covered no more.
void start_window_sweep(const Deciding& d);
void window_sweep_slice(const Deciding& d, const std::function<void(std::uint32_t)>& release);

}  // namespace tocsin
