// The section sla: what is agreed for each priority, in the working time of a calendar (6.1, 6.2).
#include <algorithm>

#include "config/compiler.hpp"

namespace tocsin::config {
namespace {

constexpr Span target_max = tocsin::hours(10'000);
constexpr std::int64_t weeks_max = 52;

bool is_open_some_day(const Calendar& calendar) {
  return std::any_of(std::begin(calendar.week), std::end(calendar.week),
                     [](const auto& day) { return !day.empty(); });
}

}  // namespace

// `response` is how it was written before there was a time to resolve: any duration, around the
// clock.
void Compiler::agreements(Reader& root) {
  if (const Node* node = root.find("response")) {
    Reader section(*node, "response", report_);
    for (std::size_t i = 0; i < std::size(agreed_); ++i)
      if (const auto word = section.word(EnumTable<Priority>::names[i]))
        agreed_[i].response = word, agreed_[i].as_before = true;
    section.finish();
  }
  const Node* node = root.find("sla");
  if (!node) return;
  Reader section(*node, "sla", report_);
  for (std::size_t i = 0; i < std::size(agreed_); ++i) {
    const Node* given = section.find(EnumTable<Priority>::names[i]);
    if (!given) continue;
    Reader item(*given, "the agreement of " + std::string(EnumTable<Priority>::names[i]), report_);
    const auto response = item.word("response");
    const bool twice = !defaults_ && root.find("response") &&
                       root.find("response")->find(EnumTable<Priority>::names[i]);
    if (response && twice)
      report_.error(response->mark, "the response of " +
                                        std::string(EnumTable<Priority>::names[i]) +
                                        " is also given in the section response");
    if (response) agreed_[i].response = response, agreed_[i].as_before = false;
    if (const auto word = item.word("resolution")) agreed_[i].resolution = word;
    if (const auto word = item.word("calendar")) agreed_[i].calendar = word;
    item.finish();
  }
  section.finish();
}

std::string Compiler::agreed_calendar(Priority priority) {
  const auto& word = agreed_[index(priority)].calendar;
  if (!word) return std::string(always_open);
  if (word->text == hours_of_service) {
    if (settings.calendars.contains(hours_of_service))
      report_.error(word->mark,
                    "there is a calendar 'service', and service also means the hours of the "
                    "service that suffers; give the calendar another id");
    return word->text;
  }
  if (word->text != always_open) refer(Kind::calendar, *word);
  const auto known = settings.calendars.find(word->text);
  if (known != settings.calendars.end() && !is_open_some_day(*known->second))
    report_.error(word->mark, "calendar '" + word->text + "' is never open: no time would pass");
  return word->text;
}

// s, m and h are working time, bd is a nominal day of the calendar. What is called a day and is 24
// working hours has been three days in many a contract.
std::optional<Span> Compiler::agreed_span(const Word& word, const std::string& calendar) {
  const auto wrong = [&](const std::string& why) {
    report_.error(word.mark, "'" + word.text + "': " + why);
    return std::nullopt;
  };
  std::string rest = word.text;
  std::int64_t days = 0;
  if (const auto at = rest.find("bd"); at != std::string::npos) {
    const std::string digits = rest.substr(0, at);
    if (digits.empty() || digits.size() > 4 ||
        digits.find_first_not_of("0123456789") != std::string::npos)
      return wrong("business days are a whole number and come first, like 2bd or 1bd4h");
    if (calendar == hours_of_service)
      return wrong("bd is a day of one calendar, and the hours of services differ; write hours");
    if (calendar == always_open)
      return wrong("bd is a day of a calendar, and none is given that closes; write hours, or d");
    days = std::stoll(digits), rest = rest.substr(at + 2);
  }
  if (calendar != always_open && rest.find_first_of("dwy") != std::string::npos)
    return wrong("a day of 24 working hours is hardly what is meant; write hours, or bd for a day "
                 "of the calendar");
  const auto span = rest.empty() && days > 0 ? Span{} : parse_duration(rest);
  if (!span) return wrong("is a duration such as 15m, 4h or 2bd");
  const auto known = settings.calendars.find(calendar);
  const bool closes = known != settings.calendars.end();
  const Span day = closes ? known->second->nominal_day : tocsin::hours(24);
  const Span whole{span->ms + days * day.ms};
  if (whole < seconds(1) || whole > target_max) return wrong("is 1s to 10000h");
  if (const std::string why = unreachable(whole, calendar); !why.empty() && !lenient_)
    return wrong(why);
  return whole;
}

// What was good then is good now: a configuration in the store has no other one to fall back to.
Span Compiler::response_of_before(const Word& word) {
  const auto span = parse_duration(word.text);
  if (!span) report_.error(word.mark, "'" + word.text + "': is a duration such as 15m or 4h");
  return std::clamp(span.value_or(Span{}), seconds(1), target_max);
}

// By the hours of its week: holidays only make it later.
std::string Compiler::unreachable(Span target, const std::string& calendar) const {
  const auto too_long = [&](const std::string& id) {
    const auto known = settings.calendars.find(id);
    if (known == settings.calendars.end() || known->second->always) return false;
    std::int64_t open_s = 0;
    for (const auto& day : known->second->week)
      for (const Calendar::Hours& h : day) open_s += h.closes_s - h.opens_s;
    return open_s > 0 && target.ms > open_s * 1000 * weeks_max;
  };
  const auto say = [](const std::string& id) {
    return "calendar '" + id + "' is not open for so long within a year";
  };
  if (calendar != hours_of_service) return too_long(calendar) ? say(calendar) : std::string();
  for (const Ci& ci : settings.cis)
    if (ci.ci_class == "service" && !ci.hours.empty() && too_long(ci.hours))
      return say(ci.hours) + ", and service " + ci.id + " has its hours";
  return {};
}

void Compiler::compile_agreements() {
  for (std::size_t i = 0; i < std::size(agreed_); ++i) {
    const Agreed& given = agreed_[i];
    Agreement& agreed = settings.sla[i];
    agreed.calendar = agreed_calendar(static_cast<Priority>(i));
    // In hours of a calendar that is given now, it is measured as all that is.
    const bool as_before = given.as_before && agreed.calendar == always_open;
    if (given.response)
      agreed.response =
          as_before ? response_of_before(*given.response)
                    : agreed_span(*given.response, agreed.calendar).value_or(agreed.response);
    if (given.resolution)
      agreed.resolution =
          agreed_span(*given.resolution, agreed.calendar).value_or(agreed.resolution);
    if (agreed.response > agreed.resolution && given.response)
      report_.warning(given.response->mark, std::string(EnumTable<Priority>::names[i]) +
                                                " may be answered later than it has to be "
                                                "restored");
  }
}

}  // namespace tocsin::config
