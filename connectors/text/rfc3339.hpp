#pragma once
// Times in text. Read: RFC 3339 with any number of fraction digits and any offset. Written: in UTC,
// and for people in their zone; null: UTC.

#include <optional>
#include <string>
#include <string_view>

#include "rules/model/time.hpp"
#include "rules/model/zone.hpp"

namespace tocsin {

// Strict: "2026-03-11T12:54:18.427Z", "2024-11-06T10:31:00+03:00". Fractions are cut to
// milliseconds; a leap second (":60") is refused, as Go refuses it. Nothing for anything else.
std::optional<Wall> parse_rfc3339(std::string_view text);

// What Go programs write for "no time": 0001-01-01T00:00:00Z.
inline constexpr Wall go_zero_time{-62'135'596'800'000};

// A date and a time of day of UTC. Nothing when there is no such day or time.
std::optional<Wall> civil_time(int year, int month, int day, int hour, int minute, int second,
                               int millisecond = 0);
int year_of(Wall at);

std::string rfc3339_text(Wall at);  // "2026-03-11T12:54:18.427Z", years 0000 to 9999
std::string people_text(Wall at, const Zone* zone = nullptr);  // "2026-03-11 13:54 CET"
// The same on a message of `now`: without the day, "13:54 CET", when both are on one for the
// reader.
std::string people_text_at(Wall at, const Zone* zone, Wall now);
std::string mail_text(Wall at);  // "Wed, 11 Mar 2026 12:54:18 +0000", as RFC 5322 wants it

}  // namespace tocsin
