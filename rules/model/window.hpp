#pragma once
// When a maintenance window is open: once, or again and again by a rule of RFC 5545. What is local
// is local time of `zone` on the zone data of each date. Pure and immutable; owned by the settings;
// any thread. Windows are half open: [starts, ends).
//
// Over a change of the clocks (process.md TIM-3, TIM-7):
//   a start that the clocks never show is the first instant after the gap
//   a start that they show twice is the first of the two, a fixed end the second
//   `lasts` is elapsed time: 8 h from 22:00 end at 07:00 in the night that loses an hour

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/model/time.hpp"
#include "rules/model/zone.hpp"

namespace tocsin {

// The days on which something happens again: FREQ, INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, UNTIL and
// EXDATE of RFC 5545; COUNT is an UNTIL by the time it comes here. Weeks begin on Monday.
struct Recurrence {
  enum class Freq : std::uint8_t { daily, weekly, monthly, yearly };
  struct Day {
    std::int8_t weekday = 0;  // Monday is 0
    std::int8_t nth = 0;      // of its month or year, from the end when negative; 0: each
    bool operator==(const Day&) const = default;
  };
  Freq freq = Freq::daily;
  std::int32_t interval = 1;
  std::vector<Day> by_day;
  std::vector<std::int8_t> by_month_day;  // from the end of the month when negative
  std::uint16_t by_month = 0;             // a bit each, January the lowest; 0: any
  std::optional<std::int32_t> last_day;   // the last local day on which it may begin
  std::optional<Wall> until;              // the last instant at which it may
  std::uint32_t count = 0;                // as it was given, for the text; 0: not
  std::vector<std::int32_t> except;       // local days, ascending

  // Whether it falls on a local day, for one that began on `first`. Exceptions aside.
  bool falls_on(std::int32_t day, std::int32_t first) const;
  bool excepted(std::int32_t day) const;
};

struct Schedule {
  struct Interval {
    Wall starts, ends;
    bool operator==(const Interval&) const = default;
  };
  std::shared_ptr<const Zone> zone;   // null: UTC
  std::int64_t start_s = 0;           // seconds since the local 1970; also the time of day
  std::optional<std::int64_t> end_s;  // of one that is open once
  Span lasts{};                       // of one that comes again; at most `longest`
  std::optional<Recurrence> again;

  // The window that is open at t: of several that overlap, from the first start to the last end.
  std::optional<Interval> at(Wall t) const;
  // The next one that begins after t; none within `horizon`.
  std::optional<Interval> next(Wall t) const;
  // The window that begins on a local day; none when none does.
  std::optional<Interval> on(std::int32_t day) const;

  static constexpr Span longest = hours(24 * 7);  // so many days are looked at for an alert
  static constexpr std::int32_t horizon = 3660;   // days
};

}  // namespace tocsin
