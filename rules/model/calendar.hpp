#pragma once
// Working time: service hours and the clocks of agreements. Local opening hours on the zone
// data of each date (SLA-1), so that a day of 23 hours has one less. Immutable; owned by the
// settings; any thread. Everything asked is of wall time, half open: [opens, closes).

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/model/time.hpp"
#include "rules/model/zone.hpp"

namespace tocsin {

struct Calendar {
  // Seconds since the local midnight of the day on which it begins; beyond 86,400: the next day.
  struct Hours {
    std::int32_t opens_s = 0, closes_s = 0;
    bool operator==(const Hours&) const = default;
  };
  struct Interval {
    Wall opens, closes;
    bool operator==(const Interval&) const = default;
  };

  std::string id;
  bool always = false;               // 24x7: plain arithmetic
  std::shared_ptr<const Zone> zone;  // null: UTC
  std::vector<Hours> week[7];        // Monday first; sorted, and none touches another
  // Other hours on these local dates, in days since 1970; empty: a holiday.
  std::map<std::int32_t, std::vector<Hours>> dates;
  Span nominal_day{};  // what a business day of an agreement is worth

  Span longest_day() const;  // of its week
  bool open_at(Wall t) const;
  // The next instant at which that changes; none within `horizon`, or never for `always`.
  std::optional<Wall> next_change(Wall t) const;
  // Working time in [a, b).
  Span between(Wall a, Wall b) const;
  // The earliest instant at which so much working time has passed since `start` (SLA-4); none
  // within `horizon`.
  std::optional<Wall> after(Wall start, Span work) const;

  // The intervals that touch [from, to), merged and in order.
  std::vector<Interval> intervals(Wall from, Wall to) const;

  static constexpr Span horizon = hours(24 * 3660);
};

// Days since 1970 in the proleptic Gregorian calendar, and back.
std::int32_t days_of(int year, int month, int day);
struct CivilDate {
  int year = 1970, month = 1, day = 1;
};
CivilDate civil_date(std::int32_t days);
std::string date_text(std::int32_t days);  // "2026-12-24"

// The instant at which the clocks of `zone` (null: UTC) show so many seconds since the local 1970.
// What they never show is the first instant after the gap; of two instants that they show it at,
// the earlier or the later one.
enum class Twice { earlier, later };
Wall instant_of(const Zone* zone, std::int64_t local_s, Twice twice);

}  // namespace tocsin
