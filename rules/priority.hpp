#pragma once
// The priority of an incident follows what is known about it: up by itself, down as a proposal
// (PRI-6, PRI-10). Decides by adding facts.

#include "rules/classify/assess.hpp"
#include "rules/classify/classify.hpp"
#include "rules/model/facts.hpp"

namespace tocsin {

// Of what is to be opened about `alert`.
Assessment assess_new(const Deciding& d, const Prepared& alert, const Verdict& verdict);

// An alert fires inside the incident, anew or worse than before. Afterwards the incident is at
// least as urgent as one that the alert had opened by itself. `before` is the highest severity of
// the incident until then.
void raise_with(const Deciding& d, IncidentNumber n, Severity before, const Prepared& alert,
                const Verdict& verdict);

// Who speaks for others is at least as urgent as they are.
void raise_parent(const Deciding& d, IncidentNumber child);

// What is known about the CI may have changed: its service hours begin or end, another
// configuration. A lower priority is proposed in the timeline when `propose`.
void reassess(const Deciding& d, IncidentNumber n, bool propose);

// When reassess() is due by time alone: noted on the incident, if it differs from what stands
// there.
void plan_reassessment(const Deciding& d, IncidentNumber n);

}  // namespace tocsin
