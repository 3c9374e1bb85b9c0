#pragma once
// The settings of a simulated company, made by hand so that a world starts in microseconds. A text
// of a few numbers names them, and compiles to the same object again, as a stored configuration
// does.

#include <cstdint>
#include <memory>
#include <string>

#include "rules/model/settings.hpp"

namespace tocsin::sim {

enum class Variant {
  base,
  equivalent,    // another text, the same company
  short_policy,  // every escalation has one step and no repeats
  people_left,   // the first of each group is gone
  no_pager,      // the channel is gone
  empty_groups,  // nobody is in any group
  other_times,   // hold-down, verification and closing changed
  count_
};

struct Company {
  int slots = 2;  // in flight per channel
  int auto_close_min = 120;
  int reopen_min = 1440;
  int tombstone_min = 1440;
  int tombstones_max = 1000;
  int attempts_max = 12;
  bool counting = false;  // one of its rules takes effect at the third event only
};

inline constexpr int ci_count = 8;
// Of the rule of syslog. Longer than the grace after a start, so that one who forgets to listen
// anew is caught.
inline constexpr Span quiet_after = minutes(8);

// Closed incidents are forgotten so long after they were resolved.
inline constexpr Span retention = hours(4);
inline constexpr std::uint32_t requests_max = 5;  // kept

// A storm is so many alerts within a minute: a world has few senders.
inline constexpr std::uint32_t storm_alerts = 6;
// A forecast that leaves more is no incident.
inline constexpr std::int64_t horizon_days = 14;

std::string ci_name(int i);

std::shared_ptr<const Settings> settings_of(const Company& company, Variant variant);
std::shared_ptr<const Settings> settings_of(const std::string& text);

}  // namespace tocsin::sim
