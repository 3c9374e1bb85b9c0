#pragma once
// The hierarchic matrix (7.2): who hears that a promised time runs out. It is news and no call, but
// for a P1 from 75 % on, and goes on whoever has answered.

#include "rules/model/facts.hpp"

namespace tocsin {

// Roles that nobody holds are passed over. Where that leaves nobody, a breach goes to the
// catch-all; what comes before it is only recorded.
void tell_hierarchy(const Deciding& d, IncidentNumber n, std::uint8_t percent);

// Whether somebody is told: not by a child, whose parent speaks, and not while its pages are held.
bool speaks_now(const IncidentRow& row);
// The highest percentage that is on record and that nobody was told of: now is the time, wherever
// it speaks again after it had not.
void tell_what_passed(const Deciding& d, IncidentNumber n);

}  // namespace tocsin
