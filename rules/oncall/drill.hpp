#pragma once
// A drill: a page to a person or a channel, by the way that real pages go, while nothing is broken.

#include "rules/model/facts.hpp"

namespace tocsin {

inline constexpr Span drill_lifetime = hours(24);  // as long as its link acts
inline constexpr std::size_t drills_max = 50;      // at a time

// Pages every channel of the person, or the one channel; answers with the number of the record.
Answer start_drill(const Deciding& d, const StartDrill& c);

}  // namespace tocsin
