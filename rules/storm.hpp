#pragma once
// Storms (BND-9): very much begins to fire within a minute, most of it for one reason. Incidents
// that have something in common are told as one; whoever has nothing in common with the others is
// paged as ever.

#include <optional>
#include <string>

#include "rules/model/facts.hpp"

namespace tocsin {

// An alert began to fire: its fact is written. Starts a storm, or keeps one going.
void note_in_storm(const Deciding& d);
// Time to look whether the storm goes on.
void storm_due(const Deciding& d);
inline bool storm_is_on(const Deciding& d) {
  return d.state.globals().storm.on;
}

// An incident of the storm that speaks for the new one, and what they have in common.
struct StormRelation {
  IncidentNumber speaker;
  std::string what;
};
std::optional<StormRelation> storm_relation(const Deciding& d, IncidentNumber n);
// The incident is of the storm from here on: who shares something with it is told by `speaker`.
void join_storm(const Deciding& d, IncidentNumber n, IncidentNumber speaker);

// Others fail below one of the CIs that this one needs: what is above them may be the cause, and is
// worth a short wait. Looks at a bounded number of CIs.
bool siblings_suffer(const Deciding& d, std::string_view ci);

// It can answer for others: people are being told about it, or have answered.
bool speaks(const IncidentRow& row);

}  // namespace tocsin
