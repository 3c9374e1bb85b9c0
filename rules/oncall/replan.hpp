#pragma once
// A changed configuration meets rows that were planned under the old one.

#include <functional>

#include "rules/model/facts.hpp"

namespace tocsin {

// Measures a bounded number of live incidents against the settings in force and writes
// DeadlineMoved where the answer changed, then where to go on. An incident whose dates stay writes
// nothing. `first` is called for each of them before its dates are looked at.
void replan_slice(const Deciding& d, const std::function<void(IncidentNumber)>& first);

}  // namespace tocsin
