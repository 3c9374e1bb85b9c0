#pragma once
// Incidents that belong to one another: who speaks for whom, what joins when an incident opens,
// what happens to children when their parent is over (BND-6 to BND-8, LCY-14 to LCY-16). One level
// only: a parent has no parent. Decides by adding facts; larger work goes on a slice at a time.

#include <functional>

#include "rules/model/facts.hpp"

namespace tocsin {

// From here on `parent` speaks for `child`, and so for the children it had. The parent becomes as
// urgent as they are. False: not all of the children were moved before there were `facts_max`
// facts, which is to be asked again.
bool relate(const Deciding& d, IncidentNumber child, IncidentNumber parent, WhyRelated why,
            std::string_view what, std::size_t facts_max);

// An incident opened, or reopened. Held alerts that now find an incident join at once: those of its
// CI, of the pool, of CIs that depend on it hard; `join` is called for the slot of each. Incidents
// of CIs that depend on it hard, if they opened at most late_root_cause_window ago, become its
// children.
using JoinHeld = std::function<void(std::uint32_t slot)>;
void gather(const Deciding& d, IncidentNumber incident, const JoinHeld& join);

// A new incident while a storm is on: it is told by the one it has something in common with, or by
// itself (BND-9).
void take_part_in_storm(const Deciding& d, IncidentNumber incident);

// The next slice of what is under way about an incident.
void family_due(const Deciding& d, IncidentNumber incident, const JoinHeld& join);

// A person says that one belongs to another, or does not any more (LCY-14).
Answer link(const Deciding& d, const LinkIncident& c);

// A child is reopened: it speaks for itself when its parent is over.
void leave_if_parent_is_over(const Deciding& d, IncidentNumber child);

}  // namespace tocsin
