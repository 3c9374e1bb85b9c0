#include "config/recurrence.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <set>

#include "config/text.hpp"
#include "rules/model/calendar.hpp"

namespace tocsin::config {
namespace {

constexpr std::int64_t day_s = 86'400;
constexpr int interval_max = 1000;
constexpr int count_max = 1000;
constexpr std::int32_t days_max = 36'600;  // a hundred years are looked through for a COUNT
constexpr std::string_view weekdays[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
constexpr std::string_view frequencies[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};

bool number(std::string_view text, int low, int high, int& out) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out);
  return !text.empty() && error == std::errc() && at == end && out >= low && out <= high;
}
bool digits(std::string_view text, int& out) {
  return text.find_first_not_of("0123456789") == std::string_view::npos &&
         number(text, 0, 9999, out);
}

std::optional<std::int32_t> date(std::string_view y, std::string_view m, std::string_view d) {
  static constexpr int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year = 0, month = 0, day = 0;
  if (!digits(y, year) || !digits(m, month) || !digits(d, day)) return {};
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days[month - 1]) return {};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2 && day == 29 && !leap) return {};
  return days_of(year, month, day);
}
std::optional<std::int32_t> time_of_day(std::string_view h, std::string_view m,
                                        std::string_view s) {
  int hour = 0, minute = 0, second = 0;
  if (!digits(h, hour) || !digits(m, minute) || !digits(s, second)) return {};
  if (hour > 23 || minute > 59 || second > 59) return {};
  return (hour * 60 + minute) * 60 + second;
}

// One rule: NAME=VALUE with semicolons between.
class Parser {
 public:
  Parser(std::string_view text, std::int64_t start_s, RuleError& error)
      : text_(text), start_s_(start_s), error_(error) {}

  std::optional<Recurrence> run() {
    std::size_t at = text_.starts_with("RRULE:") ? 6 : 0;
    while (at <= text_.size()) {
      const std::size_t end = std::min(text_.find(';', at), text_.size());
      if (!part(text_.substr(at, end - at), at)) return {};
      at = end + 1;
    }
    if (!seen_.count("FREQ")) return fail(0, "a rule has a FREQ, like FREQ=WEEKLY"), std::nullopt;
    if (!consistent()) return {};
    return finished();
  }

 private:
  bool part(std::string_view part, std::size_t at) {
    const std::size_t eq = part.find('=');
    if (eq == std::string_view::npos || eq == 0)
      return fail(at, "a rule is of parts like INTERVAL=2 with ; between");
    const std::string name(part.substr(0, eq));
    if (!seen_.emplace(name, at).second) return fail(at, name + " is given twice");
    return value(name, part.substr(eq + 1), at, at + eq + 1);
  }

  bool value(const std::string& name, std::string_view v, std::size_t name_at, std::size_t at) {
    int n = 0;
    if (name == "FREQ") return frequency(v, at);
    if (name == "INTERVAL") {
      if (!number(v, 1, interval_max, n)) return fail(at, "INTERVAL is a number from 1 to 1000");
      return out_.interval = n, true;
    }
    if (name == "COUNT") {
      if (!number(v, 1, count_max, n)) return fail(at, "COUNT is a number from 1 to 1000");
      return out_.count = static_cast<std::uint32_t>(n), true;
    }
    if (name == "UNTIL") return until(v, at);
    if (name == "BYDAY") return each(v, at, [&](auto w, auto where) { return day(w, where); });
    if (name == "BYMONTHDAY")
      return each(v, at, [&](auto w, auto where) {
        if (!number(w, -31, 31, n) || n == 0)
          return fail(where, "BYMONTHDAY is of days from 1 to 31, or -31 to -1 from the end");
        return out_.by_month_day.push_back(static_cast<std::int8_t>(n)), true;
      });
    if (name == "BYMONTH")
      return each(v, at, [&](auto w, auto where) {
        if (!number(w, 1, 12, n)) return fail(where, "BYMONTH is of months from 1 to 12");
        return out_.by_month |= static_cast<std::uint16_t>(1u << (n - 1)), true;
      });
    if (name == "WKST")
      return v == "MO" ||
             fail(at, "weeks begin on Monday: WKST=" + std::string(v) + " is not supported");
    if (name == "BYHOUR" || name == "BYMINUTE" || name == "BYSECOND")
      return fail(name_at, name + " is not supported: a window begins once a day, at the time of " +
                               "its start");
    if (name == "BYSETPOS" || name == "BYWEEKNO" || name == "BYYEARDAY")
      return fail(name_at, name + " is not supported; BYDAY=-1FR or BYMONTHDAY may say the same");
    return fail(name_at, "unknown part '" + name + "' of a rule" +
                             did_you_mean(name, {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY",
                                                 "BYMONTHDAY", "BYMONTH", "WKST"}));
  }

  template <class Use>
  bool each(std::string_view list, std::size_t at, Use&& use) {
    while (true) {
      const std::size_t end = std::min(list.find(','), list.size());
      if (!use(list.substr(0, end), at)) return false;
      if (end == list.size()) return true;
      list.remove_prefix(end + 1), at += end + 1;
    }
  }

  bool frequency(std::string_view v, std::size_t at) {
    const auto it = std::find(std::begin(frequencies), std::end(frequencies), v);
    if (it == std::end(frequencies))
      return fail(at, "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, not '" + std::string(v) + "'");
    out_.freq = static_cast<Recurrence::Freq>(it - std::begin(frequencies));
    return true;
  }

  bool day(std::string_view w, std::size_t at) {
    int nth = 0;
    const auto it =
        w.size() < 2 ? std::end(weekdays)
                     : std::find(std::begin(weekdays), std::end(weekdays), w.substr(w.size() - 2));
    if (it == std::end(weekdays) ||
        (w.size() > 2 && (!number(w.substr(0, w.size() - 2), -53, 53, nth) || nth == 0)))
      return fail(at, "BYDAY is of days like MO, 2TU or -1FR, not '" + std::string(w) + "'");
    if (nth && !ordinal_at_) ordinal_at_ = at;
    out_.by_day.push_back(
        {static_cast<std::int8_t>(it - std::begin(weekdays)), static_cast<std::int8_t>(nth)});
    return true;
  }

  // 20261224: to the end of that local day. 20261224T220000: local. With a Z: UTC.
  bool until(std::string_view v, std::size_t at) {
    const bool utc = v.ends_with('Z');
    const std::string_view whole = utc ? v.substr(0, v.size() - 1) : v;
    std::optional<std::int32_t> day, time;
    if (whole.size() == 8 || (whole.size() == 15 && whole[8] == 'T'))
      day = date(whole.substr(0, 4), whole.substr(4, 2), whole.substr(6, 2));
    if (whole.size() == 15)
      time = time_of_day(whole.substr(9, 2), whole.substr(11, 2), whole.substr(13, 2));
    if (!day || (whole.size() == 15 && !time) || (utc && !time))
      return fail(at, "UNTIL is like 20261224, 20261224T220000 or, in UTC, 20261224T220000Z");
    if (utc) return out_.until = Wall{(*day * day_s + *time) * 1000}, true;
    const std::int64_t of_day = start_s_ - start_s_ / day_s * day_s;
    out_.last_day = *day - (time && *time < of_day);
    return true;
  }

  bool consistent() {
    using Freq = Recurrence::Freq;
    if (out_.freq == Freq::weekly && seen_.count("BYMONTHDAY"))
      return fail(seen_["BYMONTHDAY"], "BYMONTHDAY does not go with FREQ=WEEKLY");
    if (ordinal_at_ && out_.freq != Freq::monthly && out_.freq != Freq::yearly)
      return fail(*ordinal_at_, "a numbered day is of a month or a year: FREQ=MONTHLY or YEARLY");
    if (out_.count && (out_.until || out_.last_day))
      return fail(seen_["COUNT"], "COUNT and UNTIL are both given");
    return true;
  }

  std::optional<Recurrence> finished() {
    const auto order = [](const auto& a, const auto& b) {
      return std::pair(a.weekday, a.nth) < std::pair(b.weekday, b.nth);
    };
    std::sort(out_.by_day.begin(), out_.by_day.end(), order);
    out_.by_day.erase(std::unique(out_.by_day.begin(), out_.by_day.end()), out_.by_day.end());
    auto& days = out_.by_month_day;
    std::sort(days.begin(), days.end());
    days.erase(std::unique(days.begin(), days.end()), days.end());
    const auto first = static_cast<std::int32_t>(start_s_ / day_s);
    std::uint32_t found = 0;
    const std::int32_t look = out_.count ? days_max : Schedule::horizon;
    for (std::int32_t day = first; day < first + look; ++day) {
      if (!out_.falls_on(day, first)) continue;
      if (++found == std::max<std::uint32_t>(1, out_.count)) {
        if (out_.count) out_.last_day = day;
        break;
      }
    }
    if (found == 0)
      return fail(0,
                  "there is no day within ten years of its start on which this "
                  "happens"),
             std::nullopt;
    return std::move(out_);
  }

  bool fail(std::size_t at, std::string message) {
    error_ = {at, std::move(message)};
    return false;
  }

  std::string_view text_;
  std::int64_t start_s_;
  RuleError& error_;
  Recurrence out_;
  std::map<std::string, std::size_t> seen_;  // where each part is
  std::optional<std::size_t> ordinal_at_;
};

std::string padded(int n, int width) {
  char out[16];
  std::snprintf(out, sizeof out, "%0*d", width, n);
  return out;
}
// 20261224T220000
std::string compact_time(std::int64_t s) {
  const CivilDate d = civil_date(static_cast<std::int32_t>(s / day_s));
  const auto of_day = static_cast<int>(s % day_s);
  return padded(d.year, 4) + padded(d.month, 2) + padded(d.day, 2) + "T" +
         padded(of_day / 3600, 2) + padded(of_day / 60 % 60, 2) + padded(of_day % 60, 2);
}

}  // namespace

std::optional<std::int32_t> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return {};
  return date(text.substr(0, 4), text.substr(5, 2), text.substr(8));
}

std::optional<std::int64_t> parse_local_time(std::string_view text) {
  if ((text.size() != 16 && text.size() != 19) || text[10] != 'T' || text[13] != ':') return {};
  if (text.size() == 19 && text[16] != ':') return {};
  const auto day = parse_date(text.substr(0, 10));
  const auto time = time_of_day(text.substr(11, 2), text.substr(14, 2),
                                text.size() == 19 ? text.substr(17) : "00");
  if (!day || !time) return {};
  return *day * day_s + *time;
}

std::string local_time_text(std::int64_t local_s) {
  const auto of_day = static_cast<int>(local_s % day_s);
  const std::string minutes = date_text(static_cast<std::int32_t>(local_s / day_s)) + "T" +
                              padded(of_day / 3600, 2) + ":" + padded(of_day / 60 % 60, 2);
  return of_day % 60 ? minutes + ":" + padded(of_day % 60, 2) : minutes;
}

std::optional<Recurrence> parse_recurrence(std::string_view text, std::int64_t start_s,
                                           RuleError& error) {
  return Parser(text, start_s, error).run();
}

std::string recurrence_text(const Recurrence& r) {
  std::string out = "FREQ=" + std::string(frequencies[static_cast<std::size_t>(r.freq)]);
  const auto part = [&out](const char* name, const auto& list, auto&& text) {
    std::string all;
    for (const auto& one : list) all += (all.empty() ? "" : ",") + text(one);
    if (!all.empty()) out += ";" + std::string(name) + "=" + all;
  };
  if (r.interval != 1) out += ";INTERVAL=" + std::to_string(r.interval);
  std::vector<int> months;
  for (int m = 1; m <= 12; ++m)
    if (r.by_month >> (m - 1) & 1) months.push_back(m);
  const auto plain = [](int n) { return std::to_string(n); };
  part("BYMONTH", months, plain);
  part("BYMONTHDAY", r.by_month_day, plain);
  part("BYDAY", r.by_day, [](const Recurrence::Day& d) {
    return (d.nth ? std::to_string(d.nth) : "") +
           std::string(weekdays[static_cast<std::size_t>(d.weekday)]);
  });
  if (r.count)
    out += ";COUNT=" + std::to_string(r.count);
  else if (r.last_day)
    out += ";UNTIL=" + compact_time(*r.last_day * day_s).substr(0, 8);
  if (r.until) out += ";UNTIL=" + compact_time(r.until->ms / 1000) + "Z";
  return out;
}

}  // namespace tocsin::config
