#pragma once
// Closed incidents are kept for a while and then forgotten, with their timelines. What they added
// to the totals stays. The shell brings those that it found on the disk; whether one may go is
// decided here.

#include "rules/model/facts.hpp"

namespace tocsin {

// Of one command: its facts stay under 256.
inline constexpr std::size_t forgotten_incidents_max = 200;

// Those that are closed, owe nobody anything and were resolved longer ago than Settings say: none
// that lives, none younger, none whose number was never given.
void forget_incidents(const Deciding& d, const ForgetIncidents& c);

}  // namespace tocsin
