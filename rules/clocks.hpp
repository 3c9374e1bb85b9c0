#pragma once
// The clocks of agreements about an incident (SLA-1 to SLA-17).

#include "rules/model/facts.hpp"

namespace tocsin {

// Its clock of resolution began to stand still, or goes on: what was planned for it is planned
// anew.
void clocks_after_hold(const Deciding& d, IncidentNumber n);

// Its clock of resolution has run for half of its time (MI-C5, 7.2).
bool half_spent(const Deciding& d, IncidentNumber n);

}  // namespace tocsin
