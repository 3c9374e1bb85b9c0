#pragma once
// The priority of an incident follows what is known about it: up by itself, down as a proposal
// (PRI-6, PRI-10). Decides by adding facts.

#include "rules/classify/assess.hpp"
#include "rules/classify/classify.hpp"
#include "rules/model/facts.hpp"

namespace tocsin {

// Of what is to be opened about `alert`.
Assessment assess_new(const Deciding& d, const Prepared& alert, const Verdict& verdict);

// Of an open one, with `severity` as the highest of what fires, and as people moved it (PRI-7).
Assessment assess_open(const Deciding& d, const IncidentRow& row, Severity severity);

// How its escalation goes on under another priority: anew when that is P1 or P2 for the first time
// and nobody has answered (PRI-10).
struct Course {
  bool new_cycle = false;
  Instant escalate_due;
};
Course course_under(const Deciding& d, const IncidentRow& row, Priority priority);
// After the fact that said so: the first step is taken, or the owner told.
void follow(const Deciding& d, const IncidentRow& before, const Course& course);

// A person has set its priority and `now` is what it would be: noted when that is news; to the
// incident managers when it differs from what the person said, or `anyway`.
void review(const Deciding& d, IncidentNumber incident, const Assessment& now, bool anyway);

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
