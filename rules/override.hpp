#pragma once
// What people say of a priority (process.md 5.4): moved by a level with a reason, or set outright
// and locked for a while. Roles and words are checked here; decides by adding facts of format 4.

#include "rules/model/facts.hpp"

namespace tocsin {

// PRI-7. Service desk, group lead, managers, and the engineer who owns it.
Answer adjust_priority(const Deciding& d, const AdjustPriority& c);

// PRI-8. Incident managers only; the reason has ten characters at least.
Answer override_priority(const Deciding& d, const OverridePriority& c);

// PRI-9. Its time is over: what is calculated counts from this instant on.
void end_override(const Deciding& d, IncidentNumber incident);

}  // namespace tocsin
