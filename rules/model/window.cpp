#include "rules/model/window.hpp"

#include <algorithm>

#include "rules/model/calendar.hpp"

namespace tocsin {
namespace {

constexpr std::int64_t day_s = 86'400;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0);
}
std::int32_t local_day(const Zone* zone, Wall t) {
  const std::int64_t offset = zone ? zone->at(t).offset_s : 0;
  return static_cast<std::int32_t>(floor_div(floor_div(t.ms, 1000) + offset, day_s));
}

int weekday_of(std::int32_t day) {  // Monday is 0
  return static_cast<int>((day % 7 + 10) % 7);
}

bool leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}
int days_in(int year, int month) {
  static constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month - 1] + (month == 2 && leap(year));
}

// The nth of its kind in a stretch of `length` days, where it is the `place`th day, from 1.
bool is_nth(int nth, int place, int length) {
  if (nth == 0) return true;
  return nth > 0 ? (place - 1) / 7 + 1 == nth : (length - place) / 7 + 1 == -nth;
}

bool on_weekday(const Recurrence& r, int weekday, int place, int length) {
  return std::any_of(r.by_day.begin(), r.by_day.end(), [&](const Recurrence::Day& d) {
    return d.weekday == weekday && is_nth(d.nth, place, length);
  });
}
bool on_month_day(const Recurrence& r, const CivilDate& d) {
  return std::any_of(r.by_month_day.begin(), r.by_month_day.end(), [&](int wanted) {
    return wanted > 0 ? wanted == d.day : days_in(d.year, d.month) + 1 + wanted == d.day;
  });
}

// What the frequency asks of the day of a month or year, where nothing else is said: that of the
// first.
bool on_day(const Recurrence& r, const CivilDate& d, int weekday, const CivilDate& first) {
  const bool yearly = r.freq == Recurrence::Freq::yearly;
  if (r.by_day.empty() && r.by_month_day.empty())
    return d.day == first.day && (!yearly || r.by_month || d.month == first.month);
  if (!r.by_month_day.empty() && !on_month_day(r, d)) return false;
  if (r.by_day.empty()) return true;
  if (!yearly || r.by_month) return on_weekday(r, weekday, d.day, days_in(d.year, d.month));
  const int of_year = days_of(d.year, d.month, d.day) - days_of(d.year, 1, 1) + 1;
  return on_weekday(r, weekday, of_year, leap(d.year) ? 366 : 365);
}

}  // namespace

bool Recurrence::falls_on(std::int32_t day, std::int32_t first) const {
  if (day < first || (last_day && day > *last_day)) return false;
  const CivilDate d = civil_date(day), f = civil_date(first);
  if (by_month && !(by_month >> (d.month - 1) & 1)) return false;
  const int weekday = weekday_of(day);
  switch (freq) {
    case Freq::daily:
      return (day - first) % interval == 0 &&
             (by_day.empty() || on_weekday(*this, weekday, 1, 1)) &&
             (by_month_day.empty() || on_month_day(*this, d));
    case Freq::weekly: {
      const int weeks = ((day - weekday) - (first - weekday_of(first))) / 7;
      return weeks % interval == 0 &&
             (by_day.empty() ? weekday == weekday_of(first) : on_weekday(*this, weekday, 1, 1));
    }
    case Freq::monthly:
      return ((d.year - f.year) * 12 + d.month - f.month) % interval == 0 &&
             on_day(*this, d, weekday, f);
    case Freq::yearly:
      return (d.year - f.year) % interval == 0 && on_day(*this, d, weekday, f);
  }
  return false;
}

bool Recurrence::excepted(std::int32_t day) const {
  return std::binary_search(except.begin(), except.end(), day);
}

std::optional<Schedule::Interval> Schedule::on(std::int32_t day) const {
  const auto first = static_cast<std::int32_t>(floor_div(start_s, day_s));
  if (!again) {
    if (day != first || !end_s) return {};
    return Interval{instant_of(zone.get(), start_s, Twice::earlier),
                    instant_of(zone.get(), *end_s, Twice::later)};
  }
  if (!again->falls_on(day, first) || again->excepted(day)) return {};
  const std::int64_t local = start_s + (day - first) * day_s;
  const Wall starts = instant_of(zone.get(), local, Twice::earlier);
  if (again->until && starts > *again->until) return {};
  return Interval{starts, starts + lasts};
}

std::optional<Schedule::Interval> Schedule::at(Wall t) const {
  std::optional<Interval> out;
  const auto look = [&](std::int32_t day) {
    const auto one = on(day);
    if (!one || t < one->starts || one->ends <= t) return;
    if (!out) out = one;
    out->starts = std::min(out->starts, one->starts), out->ends = std::max(out->ends, one->ends);
  };
  if (!again) {
    look(static_cast<std::int32_t>(floor_div(start_s, day_s)));
    return out;
  }
  // One day more than it lasts: an offset may have moved it over midnight.
  const auto days = static_cast<std::int32_t>(lasts.ms / (day_s * 1000)) + 2;
  const std::int32_t today = local_day(zone.get(), t);
  for (std::int32_t day = today - days; day <= today + 1; ++day) look(day);
  return out;
}

std::optional<Schedule::Interval> Schedule::next(Wall t) const {
  const auto first = static_cast<std::int32_t>(floor_div(start_s, day_s));
  const std::int32_t from = std::max(first, local_day(zone.get(), t) - 1);
  for (std::int32_t day = from; day < from + horizon; ++day) {
    const auto one = on(day);
    if (one && one->starts > t) return one;
    if (!again) break;
  }
  return {};
}

}  // namespace tocsin
