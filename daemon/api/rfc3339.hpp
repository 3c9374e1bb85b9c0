#pragma once
// Times as people and other programs read them: 2026-03-01T09:05:00.000Z. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "rules/model/time.hpp"

namespace tocsin::api {

std::string rfc3339(Wall t);

// "90 s", "12 min", "3 h", "5 d": an age for tables, one unit.
std::string short_age(Span age);

}  // namespace tocsin::api
