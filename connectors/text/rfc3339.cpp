#include "connectors/text/rfc3339.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace tocsin {
namespace {

// Reads `digits` decimal digits at `at`; -1 when there are fewer.
int number(std::string_view text, std::size_t at, std::size_t digits) {
  if (text.size() < at + digits) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool is_leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int days_in_month(int year, int month) {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

// Days since 1970-01-01 in the proleptic Gregorian calendar; years start in March, so that the leap
// day is the last of its year.
std::int64_t days_since_epoch(int year, int month, int day) {
  const int y = month <= 2 ? year - 1 : year;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int year_of_era = y - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{era} * 146097 + day_of_era - 719468;
}

// "Z" or "+hh:mm" and nothing after it; minutes east of Greenwich.
std::optional<int> offset_minutes(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return {};
  const int hour = number(text, 1, 2), minute = number(text, 4, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return {};
  return (text[0] == '-' ? -1 : 1) * (hour * 60 + minute);
}

// ".123456789": cuts it off `text`; milliseconds, or -1 when the point is followed by no digit.
int take_fraction(std::string_view& text) {
  if (text.empty() || text[0] != '.') return 0;
  std::size_t end = 1;
  int ms = 0, weight = 100;
  for (; end < text.size() && text[end] >= '0' && text[end] <= '9'; ++end) {
    ms += weight * (text[end] - '0');
    weight /= 10;
  }
  text.remove_prefix(end);
  return end == 1 ? -1 : ms;
}

struct Civil {
  int year, month, day, hour, minute, second, millisecond, weekday;  // weekday 0 is Sunday
};

// The inverse of the above.
Civil civil(Wall at) {
  constexpr std::int64_t day_ms = 86'400'000;
  const std::int64_t ms = std::clamp<std::int64_t>(at.ms, -62'167'219'200'000, 253'402'300'799'999);
  const std::int64_t days = (ms >= 0 ? ms : ms - day_ms + 1) / day_ms;
  const auto rest = static_cast<int>(ms - days * day_ms);
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const auto day_of_era = static_cast<int>(shifted - era * 146097);
  const int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int shifted_month = (5 * day_of_year + 2) / 153;
  Civil c{};
  c.day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  c.month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  c.year = year_of_era + static_cast<int>(era) * 400 + (c.month <= 2 ? 1 : 0);
  c.hour = rest / 3'600'000, c.minute = rest / 60'000 % 60, c.second = rest / 1000 % 60;
  c.millisecond = rest % 1000;
  c.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
  return c;
}

Wall local(Wall at, const Zone* zone) {
  return zone ? at + seconds(zone->at(at).offset_s) : at;
}

}  // namespace

std::optional<Wall> civil_time(int year, int month, int day, int hour, int minute, int second,
                               int millisecond) {
  if (year < 0 || year > 9999 || month < 1 || month > 12) return {};
  if (day < 1 || day > days_in_month(year, month)) return {};
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return {};
  const std::int64_t minutes = (days_since_epoch(year, month, day) * 24 + hour) * 60 + minute;
  return Wall{(minutes * 60 + second) * 1000 + millisecond};
}

int year_of(Wall at) {
  return civil(at).year;
}

std::optional<Wall> parse_rfc3339(std::string_view text) {
  const int year = number(text, 0, 4), month = number(text, 5, 2), day = number(text, 8, 2);
  const int hour = number(text, 11, 2), minute = number(text, 14, 2), second = number(text, 17, 2);
  const auto there = civil_time(year, month, day, hour, minute, second);
  if (!there) return {};
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' ||
      text[16] != ':')
    return {};
  text.remove_prefix(19);
  const int ms = take_fraction(text);
  const auto offset = offset_minutes(text);
  if (ms < 0 || !offset) return {};
  return *there - minutes(*offset) + milliseconds(ms);
}

std::string rfc3339_text(Wall at) {
  const Civil c = civil(at);
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month, c.day,
                c.hour, c.minute, c.second, c.millisecond);
  return out;
}

std::string people_text(Wall at, const Zone* zone) {
  const Civil c = civil(local(at, zone));
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02d-%02d %02d:%02d ", c.year, c.month, c.day, c.hour,
                c.minute);
  return out + (zone ? zone->at(at).abbreviation : std::string("UTC"));
}

std::string people_text_at(Wall at, const Zone* zone, Wall now) {
  constexpr std::size_t day = 11;  // "2026-03-11 "
  const std::string text = people_text(at, zone), today = people_text(now, zone);
  return text.compare(0, day, today, 0, day) == 0 ? text.substr(day) : text;
}

std::string mail_text(Wall at) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Civil c = civil(at);
  char out[80];
  std::snprintf(out, sizeof out, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[c.weekday], c.day,
                months[c.month - 1], c.year, c.hour, c.minute, c.second);
  return out;
}

}  // namespace tocsin
