#pragma once
// Events that are no incident signals (BND-5): handed on and counted, no row, no page. What another
// configuration would make of them can be asked later, so they are recorded as well, in bounds.

#include "rules/model/facts.hpp"

namespace tocsin {

// Ends the event with `why`, and records it when it is news.
void put_aside(const Deciding& d, const ReceiveAlert& c, Disposition why);
// One that a rule has counted, and that ended with that: each of them is news.
void record_counted(const Deciding& d, const ReceiveAlert& c);

}  // namespace tocsin
