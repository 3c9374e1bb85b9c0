#pragma once
// How much time a forecast leaves, as its sender says it: label or annotation `days_left`.

#include <optional>
#include <string_view>

#include "rules/model/alert.hpp"

namespace tocsin {

inline constexpr std::string_view days_left_name = "days_left";

// Whole or decimal days: "30", "2.5", "-1" (it is over). A part of a millisecond does not count.
// Anything else, and a number of more than six digits before the point or nine behind it, says
// nothing. The label wins.
std::optional<Span> time_left(AlertText text);

}  // namespace tocsin
