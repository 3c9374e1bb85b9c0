#pragma once
// Major incidents: who proposes one, and who decides (section 8). A rule makes an incident a
// candidate, the managers on duty are paged, and when nobody decides within ten minutes it is one.
// Where the configuration names nobody as major_incident_manager there are no candidates but those
// that people propose. Facts of format 6.

#include "rules/model/facts.hpp"

namespace tocsin {

// It may have become one: its priority, what it affects or its clocks are not what they were
// (MI-1).
void review_major(const Deciding& d, IncidentNumber n);
// An alert about another CI joined it: cheap, since thousands do so in a storm (MI-C3).
void review_major_joined(const Deciding& d, IncidentNumber n, std::string_view ci);

// A decision is due, or it is time to look again (MI-C1).
void major_due(const Deciding& d, IncidentNumber n);
// It belongs to another incident from here on: nobody has to decide about it.
void withdraw_major(const Deciding& d, IncidentNumber n);

// It may be over, which is for its manager to say (MI-11); nothing happens when it is not major.
void ask_its_manager(const Deciding& d, IncidentNumber n);

Answer decide_major(const Deciding& d, const DecideMajor& c);

// A person wants it less urgent: of a major incident that is for its manager to say (MI-6).
bool may_lower(const Deciding& d, const IncidentRow& row, Priority priority, const Actor& by);

}  // namespace tocsin
