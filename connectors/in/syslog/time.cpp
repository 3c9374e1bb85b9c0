#include "connectors/in/syslog/time.hpp"

#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// What is being cut; every take leaves it as it was when it answers false.
struct Cursor {
  std::string_view rest;

  char peek(std::size_t at = 0) const { return at < rest.size() ? rest[at] : '\0'; }
  bool take(char c) {
    if (peek() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  bool blanks() {
    const std::size_t before = rest.size();
    while (take(' ')) continue;
    return rest.size() < before;
  }
  // A number of `low` to `high` digits, not followed by a further one.
  bool number(std::size_t low, std::size_t high, int& out) {
    std::size_t n = 0;
    int value = 0;
    while (n < high && is_digit(peek(n))) value = value * 10 + (peek(n++) - '0');
    if (n < low || is_digit(peek(n))) return false;
    rest.remove_prefix(n);
    out = value;
    return true;
  }
  // One of the words of three letters in `all`, whatever its case; not a part of a longer word.
  bool word_of(std::string_view all, int& index) {
    if (rest.size() < 3) return false;
    const char c[3] = {lower(rest[0]), lower(rest[1]), lower(rest[2])};
    const char next = lower(peek(3));
    const std::size_t at = all.find(std::string_view(c, 3));
    if (at == std::string_view::npos || at % 3 != 0 || (next >= 'a' && next <= 'z')) return false;
    rest.remove_prefix(3);
    index = static_cast<int>(at / 3);
    return true;
  }
};

struct Civil {
  int year = -1, month = 0, day = 0, hour = 0, minute = 0, second = 0, millisecond = 0;
};

bool time_of_day(Cursor& c, Civil& t) {
  Cursor at = c;
  if (!at.number(1, 2, t.hour) || !at.take(':') || !at.number(2, 2, t.minute)) return false;
  if (!at.take(':') || !at.number(2, 2, t.second)) return false;
  if ((at.peek() == '.' || at.peek() == ',') && is_digit(at.peek(1))) {
    at.rest.remove_prefix(1);
    for (int weight = 100; is_digit(at.peek()); weight /= 10) {
      t.millisecond += weight * (at.peek() - '0');
      at.rest.remove_prefix(1);
    }
  }
  if (at.peek() == '.' && at.peek(1) == ' ') at.take('.');  // a fraction that is left out
  c = at;
  return true;
}

// "[Wed ][2008 ]Mar 7 [2008 ]19:06:53[ 2008]"
bool month_first(Cursor& c, Civil& t) {
  Cursor at = c;
  int ignored = 0;
  if (at.word_of("sunmontuewedthufrisat", ignored) && (at.take(','), !at.blanks())) return false;
  if (at.number(4, 4, t.year) && !at.blanks()) return false;
  if (!at.word_of("janfebmaraprmayjunjulaugsepoctnovdec", t.month)) return false;
  ++t.month;
  if (!at.blanks() || !at.number(1, 2, t.day)) return false;
  at.take(',');
  if (!at.blanks()) return false;
  if (t.year < 0 && at.number(4, 4, t.year) && !at.blanks()) return false;
  if (!time_of_day(at, t)) return false;
  c = at;
  Cursor year = at;  // a host may be a number, too: only what can be a year is one
  if (t.year < 0 && year.blanks() && year.number(4, 4, ignored) && ignored >= 1980 &&
      ignored < 2100 && (year.peek() == ' ' || year.peek() == ':'))
    t.year = ignored, c = year;
  return true;
}

// "2026-07-23T09:30:45.123", "2026-07-23 09:30:45", also with slashes
bool year_first(Cursor& c, Civil& t) {
  Cursor at = c;
  if (!at.number(4, 4, t.year) || (at.peek() != '-' && at.peek() != '/')) return false;
  const char between = at.peek();
  if (!at.take(between) || !at.number(1, 2, t.month) || !at.take(between)) return false;
  if (!at.number(1, 2, t.day) || !(at.take('T') || at.take('t') || at.take(' '))) return false;
  if (!time_of_day(at, t)) return false;
  c = at;
  return true;
}

// "Z", "+02:00", "+0200", " +0200": minutes east of Greenwich.
bool offset(Cursor& c, int& out) {
  Cursor at = c;
  if (at.take('Z') || at.take('z')) return out = 0, c = at, true;
  at.blanks();
  const char sign = at.peek();
  int hours = 0, minutes = 0;
  if (sign != '+' && sign != '-') return false;
  at.rest.remove_prefix(1);
  Cursor hhmm = at;
  if (hhmm.number(4, 4, hours)) {
    at = hhmm, minutes = hours % 100, hours /= 100;
  } else if (!at.number(2, 2, hours) || !at.take(':') || !at.number(2, 2, minutes)) {
    return false;
  }
  if (hours > 23 || minutes > 59) return false;
  out = (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
  c = at;
  return true;
}

// " UTC", " CEST:": letters that are surely a zone and no host, because they are UTC's or because a
// colon ends them. True when it is UTC.
bool zone_name(Cursor& c) {
  Cursor at = c;
  if (!at.blanks()) return false;
  std::size_t n = 0;
  while (n < 6 && at.peek(n) >= 'A' && at.peek(n) <= 'Z') ++n;
  const std::string_view word = at.rest.substr(0, n);
  const char after = at.peek(n);
  const bool utc = word == "UTC" || word == "GMT";
  if (n < 2 || n > 5 || (after != ':' && !(utc && after == ' '))) return false;
  at.rest.remove_prefix(n);
  c = at;
  return utc;
}

// A time that means itself in the zone; null: UTC. An hour that a zone skips or has twice is off by
// that hour at most.
Wall in_zone(Wall local, const Zone* zone) {
  if (!zone || zone->periods.empty()) return local;
  const Wall guess = local - seconds(zone->at(local).offset_s);
  return local - seconds(zone->at(guess).offset_s);
}

constexpr Span ahead_max = hours(48);  // zones that were not told, and clocks that are off

bool resolve(const Civil& t, const SyslogDefaults& d, const Zone* zone, Wall& out) {
  // A leap second is the last of its minute here.
  const int second = t.second == 60 ? 59 : t.second;
  const auto in = [&](int year) {
    return civil_time(year, t.month, t.day, t.hour, t.minute, second, t.millisecond);
  };
  if (t.year >= 0) {
    const auto local = in(t.year);
    if (local) out = in_zone(*local, zone);
    return local.has_value();
  }
  // The day may be the 29th of February.
  const int next = year_of(d.received_at) + 1;
  for (int year = next; year >= next - 8; --year) {
    const auto local = in(year);
    if (!local || in_zone(*local, zone) - d.received_at > ahead_max) continue;
    out = in_zone(*local, zone);
    return true;
  }
  return false;
}

}  // namespace

bool take_syslog_time(std::string_view& rest, const SyslogDefaults& defaults, Wall& out) {
  Cursor c{rest};
  if (!c.take('*')) c.take('.');
  Civil month, year;
  const bool by_month = month_first(c, month);
  if (!by_month && !year_first(c, year)) return false;
  int east = 0;
  Wall at{};
  if (!by_month && offset(c, east)) {
    if (!resolve(year, defaults, nullptr, at)) return false;
    at = at - minutes(east);
  } else {
    const Zone* zone = zone_name(c) ? nullptr : defaults.zone;
    if (!resolve(by_month ? month : year, defaults, zone, at)) return false;
  }
  // A time is followed by something else, not by more of a word.
  const char next = c.peek();
  if (next != '\0' && next != ' ' && next != ':' && next != '\t') return false;
  c.take(':');
  while (c.take(' ') || c.take('\t')) continue;
  out = at;
  rest = c.rest;
  return true;
}

}  // namespace tocsin
