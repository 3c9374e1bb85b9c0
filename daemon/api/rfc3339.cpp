#include "daemon/api/rfc3339.hpp"

#include <chrono>
#include <cstdio>

namespace tocsin::api {

std::string rfc3339(Wall t) {
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::milliseconds> when{chrono::milliseconds{t.ms}};
  const auto midnight = chrono::floor<chrono::days>(when);
  const chrono::year_month_day date{midnight};
  const auto ms = (when - midnight).count();
  char text[48];
  const int size = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(ms / 3'600'000), static_cast<int>(ms / 60'000 % 60),
      static_cast<int>(ms / 1000 % 60), static_cast<int>(ms % 1000));
  return {text, static_cast<std::size_t>(size)};
}

std::string short_age(Span age) {
  const std::int64_t s = age.ms < 0 ? 0 : age.ms / 1000;
  if (s < 120) return std::to_string(s) + " s";
  if (s < 120 * 60) return std::to_string(s / 60) + " min";
  if (s < 48 * 3600) return std::to_string(s / 3600) + " h";
  return std::to_string(s / 86400) + " d";
}

}  // namespace tocsin::api
