#pragma once
// Major incidents: who proposes one, and who decides (section 8).

#include "rules/model/facts.hpp"

namespace tocsin {

// It may have become one: its priority, what it affects or its clocks are not what they were.
void review_major(const Deciding& d, IncidentNumber n);

}  // namespace tocsin
