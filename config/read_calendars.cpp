// The section calendars: local opening hours by day of the week, with holidays and other dates.
#include <algorithm>

#include "config/compiler.hpp"
#include "config/recurrence.hpp"

namespace tocsin::config {
namespace {

constexpr std::int32_t latest_s = 48 * 3600;  // an interval may end on the next day

bool digits(std::string_view text, int& out) {
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + (c - '0');
  }
  return !text.empty() && text.size() <= 4;
}

// "08:00", "30:00": the next morning.
std::optional<std::int32_t> time_of_day(std::string_view text) {
  const auto colon = text.find(':');
  int hour = 0, minute = 0;
  if (colon == std::string_view::npos || text.size() != colon + 3) return {};
  if (!digits(text.substr(0, colon), hour) || !digits(text.substr(colon + 1), minute)) return {};
  if (minute > 59 || hour > 48) return {};
  return hour * 3600 + minute * 60;
}

std::optional<Calendar::Hours> hours_of(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return {};
  const auto opens = time_of_day(text.substr(0, dash)), closes = time_of_day(text.substr(dash + 1));
  if (!opens || !closes || *opens >= 24 * 3600 || *closes <= *opens || *closes > latest_s)
    return {};
  return Calendar::Hours{*opens, *closes};
}

}  // namespace

std::vector<Calendar::Hours> Compiler::hours(const std::vector<Word>& words) {
  std::vector<Calendar::Hours> out;
  for (const Word& word : words) {
    const auto hours = hours_of(word.text);
    if (hours)
      out.push_back(*hours);
    else
      report_.error(word.mark, "hours are like 08:00-18:00, beyond midnight 22:00-30:00, not '" +
                                   word.text + "'");
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.opens_s < b.opens_s; });
  for (std::size_t i = 1; i < out.size(); ++i)
    if (out[i].opens_s <= out[i - 1].closes_s)
      report_.error(words.front().mark, "hours of one day overlap or touch");
  return out;
}

void Compiler::calendars(Reader& root) {
  static constexpr const char* days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  for (const auto& node : root.items("calendars")) {
    Reader item(node, "a calendar", report_);
    auto calendar = std::make_shared<Calendar>();
    const auto id = identity(item, "id", "calendar");
    if (const std::string zone = time_zone(item); !zone.empty())
      if (const auto it = settings.zones.find(zone); it != settings.zones.end())
        calendar->zone = it->second;
    if (const Node* week = item.find("week")) {
      Reader by_day(*week, "week", report_);
      for (int day = 0; day < 7; ++day) calendar->week[day] = hours(by_day.words(days[day]));
      by_day.finish();
    } else if (item.ok()) {
      report_.error(item.mark(), "a calendar has a week, like {mon: [\"08:00-18:00\"]}");
    }
    const auto date = [&](const Word& word) {
      const auto day = parse_date(word.text);
      if (!day) report_.error(word.mark, "a date is like 2026-12-24, not '" + word.text + "'");
      return day;
    };
    for (const Word& holiday : item.words("holidays"))
      if (const auto day = date(holiday)) calendar->dates[*day] = {};
    for (const auto& member : item.members("dates")) {
      const auto day = date({member.key, member.mark});
      std::vector<Word> words;
      for (const auto& one : member.value.items) words.push_back({one.text, one.mark});
      if (member.value.kind == Node::Kind::scalar && !member.value.text.empty())
        words.push_back({member.value.text, member.value.mark});
      if (day) calendar->dates[*day] = hours(words);
    }
    calendar->nominal_day = calendar->longest_day();
    const auto nominal = item.word("nominal_day");
    item.duration("nominal_day", calendar->nominal_day);
    const Span day = calendar->nominal_day;
    if (nominal && (day < minutes(1) || day > tocsin::hours(24)))
      report_.error(nominal->mark, "nominal_day is 1m to 24h");
    item.finish();
    if (!id) continue;
    if (*id == always_open) {
      report_.error(item.mark(), "the calendar 'always' is built in");
      continue;
    }
    calendar->id = *id;
    settings.calendars[*id] = std::move(calendar);
  }
}

void Compiler::critical_periods(Reader& root) {
  for (const auto& node : root.items("critical_periods")) {
    Reader item(node, "a critical period", report_);
    CriticalPeriod period;
    const auto id = identity(item, "id", "critical period");
    if (const auto calendar = item.required("calendar"))
      period.calendar = refer_text(Kind::calendar, calendar);
    period.services = refer_all(Kind::ci, item.words("services"));
    item.finish();
    if (!id) continue;
    period.id = *id;
    settings.critical_periods.push_back(std::move(period));
  }
}

}  // namespace tocsin::config
