#include "rules/model/calendar.hpp"

#include <algorithm>

namespace tocsin {
namespace {

constexpr std::int64_t day_s = 86'400;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0);
}

// The local day of an instant.
std::int32_t local_day(const Zone* zone, Wall t) {
  const std::int64_t offset = zone ? zone->at(t).offset_s : 0;
  return static_cast<std::int32_t>(floor_div(floor_div(t.ms, 1000) + offset, day_s));
}

void merge(std::vector<Calendar::Interval>& all) {
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.opens.ms < b.opens.ms; });
  std::size_t kept = 0;
  for (const auto& next : all) {
    if (kept > 0 && next.opens <= all[kept - 1].closes)
      all[kept - 1].closes = std::max(all[kept - 1].closes, next.closes);
    else
      all[kept++] = next;
  }
  all.resize(kept);
}

}  // namespace

std::int32_t days_of(int year, int month, int day) {
  // Years begin in March, so that the leap day is the last of its year.
  const int y = month <= 2 ? year - 1 : year;
  const auto era = static_cast<std::int32_t>(floor_div(y, 400));
  const int of_era = y - era * 400;
  const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

CivilDate civil_date(std::int32_t days) {
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = floor_div(shifted, 146'097);
  const auto of_era = static_cast<int>(shifted - era * 146'097);
  const int year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int of_year = of_era - (365 * year + year / 4 - year / 100);
  const int m = (5 * of_year + 2) / 153;
  const int month = m < 10 ? m + 3 : m - 9, day = of_year - (153 * m + 2) / 5 + 1;
  return {static_cast<int>(year + era * 400) + (month <= 2), month, day};
}

std::string date_text(std::int32_t days) {
  const CivilDate d = civil_date(days);
  const auto padded = [](int n, std::size_t width) {
    const std::string out = std::to_string(n);
    return out.size() < width ? std::string(width - out.size(), '0') + out : out;
  };
  return padded(d.year, 4) + "-" + padded(d.month, 2) + "-" + padded(d.day, 2);
}

Wall instant_of(const Zone* zone, std::int64_t local_s, Twice twice) {
  if (!zone) return Wall{local_s * 1000};
  const auto& periods = zone->periods;
  // No offset is as large as a day, so what matters lies within one of it.
  std::size_t i = static_cast<std::size_t>(&zone->at(Wall{(local_s - day_s) * 1000}) - &periods[0]);
  std::optional<Wall> found;
  for (; i < periods.size(); ++i) {
    const bool first = i == 0, last = i + 1 == periods.size();
    const Wall t{(local_s - periods[i].offset_s) * 1000};
    if (!first && t.ms < periods[i].from_ms) {
      // The clocks jumped over it when this period began, unless an earlier one showed it.
      if (!found) return Wall{periods[i].from_ms};
      break;
    }
    if (!last && t.ms >= periods[i + 1].from_ms) continue;
    if (found && twice == Twice::earlier) break;
    found = t;
    if (twice == Twice::earlier) break;
  }
  return found.value_or(Wall{(local_s - periods.back().offset_s) * 1000});
}

std::vector<Calendar::Interval> Calendar::intervals(Wall from, Wall to) const {
  if (always) return {{from, to}};
  std::vector<Interval> out;
  // What began up to two days ago may still be open.
  const std::int32_t last = local_day(zone.get(), to);
  for (std::int32_t day = local_day(zone.get(), from) - 2; day <= last; ++day) {
    const auto special = dates.find(day);
    const auto& hours = special != dates.end() ? special->second : week[(day % 7 + 10) % 7];
    for (const Hours& h : hours) {
      const Interval i{instant_of(zone.get(), day * day_s + h.opens_s, Twice::earlier),
                       instant_of(zone.get(), day * day_s + h.closes_s, Twice::later)};
      if (i.opens < i.closes && i.closes > from && i.opens < to) out.push_back(i);
    }
  }
  merge(out);
  return out;
}

Span Calendar::longest_day() const {
  Span longest{};
  for (const auto& day : week) {
    Span open{};
    for (const Hours& h : day) open.ms += 1000 * (h.closes_s - h.opens_s);
    longest = std::max(longest, open);
  }
  return longest;
}

bool Calendar::open_at(Wall t) const {
  if (always) return true;
  const auto around = intervals(t, t + milliseconds(1));
  return !around.empty() && around.front().opens <= t;
}

std::optional<Wall> Calendar::next_change(Wall t) const {
  if (always) return {};
  // A week is looked at at a time: nearly always the first has it.
  for (Wall to = t + hours(24 * 7); to < t + horizon; to = to + hours(24 * 7)) {
    for (const Interval& i : intervals(t, to)) {
      if (i.opens > t && i.opens < to) return i.opens;
      if (i.closes > t && i.closes < to) return i.closes;
    }
  }
  return {};
}

Span Calendar::between(Wall a, Wall b) const {
  Span sum{};
  if (a < b)
    for (const Interval& i : intervals(a, b))
      sum.ms += (std::min(i.closes, b) - std::max(i.opens, a)).ms;
  return sum;
}

std::optional<Wall> Calendar::after(Wall start, Span work) const {
  if (always || work.ms <= 0) return start + work;
  for (Wall from = start; from < start + horizon; from = from + hours(24 * 7)) {
    const Wall to = from + hours(24 * 7);
    for (const Interval& i : intervals(from, to)) {
      const Wall opens = std::max(i.opens, from), closes = std::min(i.closes, to);
      if (closes - opens >= work) return opens + work;
      work.ms -= (closes - opens).ms;
    }
  }
  return {};
}

}  // namespace tocsin
