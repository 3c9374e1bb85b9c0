#pragma once
// The hierarchic matrix (7.2): who hears that a promised time runs out. It is news and no call, but
// for a P1 from 75 % on, and goes on whoever has answered.

#include "rules/model/facts.hpp"

namespace tocsin {

// Roles that nobody holds are passed over. Where that leaves nobody, a breach goes to the
// catch-all; what comes before it is only recorded.
void tell_hierarchy(const Deciding& d, IncidentNumber n, std::uint8_t percent);

}  // namespace tocsin
