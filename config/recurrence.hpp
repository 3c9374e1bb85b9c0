#pragma once
// Local times and recurrence rules as people write them. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/model/window.hpp"

namespace tocsin::config {

// "2026-12-24" as days since 1970.
std::optional<std::int32_t> parse_date(std::string_view text);
// "2026-12-24T22:00" or with seconds, as seconds since the local 1970; and back.
std::optional<std::int64_t> parse_local_time(std::string_view text);
std::string local_time_text(std::int64_t local_s);

// What is wrong with a rule, and from which character of it on, from 0.
struct RuleError {
  std::size_t at = 0;
  std::string message;
};
// An RRULE of RFC 5545, with or without its name, for a window that begins first at `start_s`.
std::optional<Recurrence> parse_recurrence(std::string_view text, std::int64_t start_s,
                                           RuleError& error);
std::string recurrence_text(const Recurrence& rule);  // the one spelling that we write

}  // namespace tocsin::config
