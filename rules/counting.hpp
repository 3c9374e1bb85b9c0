#pragma once
// Rules that take effect only at the n-th event within a time (CAT-2): twenty failed logins from
// one address in five minutes.

#include "rules/model/facts.hpp"

namespace tocsin {

// Counts the event when its rule does. True: it is one of too few, and disposed of as such.
bool counts_below(const Deciding& d, const ReceiveAlert& c);

}  // namespace tocsin
