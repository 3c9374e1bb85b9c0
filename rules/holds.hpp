#pragma once
// Incidents that wait (T05, T06, LCY-7 to LCY-10, LCY-19): who may put one on hold and for what,
// and all that ends it. A hold has an end on record. Facts of format 6.

#include "rules/model/facts.hpp"

namespace tocsin {

Answer hold(const Deciding& d, const HoldIncident& c);
Answer resume(const Deciding& d, const ResumeIncident& c);

// A reminder is due, or its end.
void hold_due(const Deciding& d, IncidentNumber incident);

// What ends a hold besides: nothing happens when there is none. `by`: the person, or the alert.
void end_hold(const Deciding& d, IncidentNumber incident, WhyHoldEnded why, std::string_view by);
// The same for an alert; and where nobody has answered its incident, who speaks for it waits no
// longer either: somebody is to hear of it.
void alert_ends_hold(const Deciding& d, IncidentNumber incident, WhyHoldEnded why,
                     std::string_view alert);
// Something fires in a child that nobody has answered: its parent does not wait.
void speak_up(const Deciding& d, IncidentNumber child);
// Who reported it has said more; it was waiting for that.
void caller_answered(const Deciding& d, IncidentNumber incident, std::string_view person);

// It has another parent, or none: it waits while that one does for what both can only wait for.
void follow_parent(const Deciding& d, IncidentNumber child);
// Its children follow it: a slice of the job of that name.
void children_follow(const Deciding& d, IncidentNumber parent);

}  // namespace tocsin
