#pragma once
// A changed configuration meets rows that were planned under the old one.

#include "rules/model/facts.hpp"

namespace tocsin {

// Measures a bounded number of live incidents against the settings in force and writes
// DeadlineMoved where the answer changed, then where to go on. An incident whose dates stay writes
// nothing.
void replan_slice(const Deciding& d);

}  // namespace tocsin
