#include "rules/process/business_days.hpp"

namespace tocsin {
namespace {

constexpr std::int64_t day_s = 86'400;
constexpr int days_max = 400;  // one that is never open has no business days: all days count

bool is_business_day(const Calendar* calendar, std::int32_t day) {
  const auto weekday = static_cast<std::size_t>(((day + 3) % 7 + 7) % 7);  // 1970 began on Thursday
  if (!calendar || calendar->always) return weekday < 5;
  const auto special = calendar->dates.find(day);
  return !(special == calendar->dates.end() ? calendar->week[weekday] : special->second).empty();
}

}  // namespace

Wall business_days_after(const Settings& settings, std::string_view service, Wall from, int days) {
  const Ci* ci = service.empty() ? nullptr : settings.ci(service);
  const Calendar* calendar = ci ? settings.calendar(ci->hours) : nullptr;
  const auto zone = calendar && !calendar->always ? calendar->zone : settings.zone_of({});
  const std::int64_t local_ms = from.ms + (zone ? zone->at(from).offset_s * 1000LL : 0);
  const std::int64_t local_s = local_ms / 1000, rest_ms = local_ms % 1000;
  auto day = static_cast<std::int32_t>(local_s / day_s);
  for (int seen = 0, left = days; left > 0; ++seen)
    if (is_business_day(calendar, ++day) || seen > days_max) --left;
  const std::int64_t then_s = day * day_s + local_s % day_s;
  return instant_of(zone.get(), then_s, Twice::earlier) + milliseconds(rest_ms);
}

}  // namespace tocsin
