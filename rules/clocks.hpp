#pragma once
// The clocks of agreements about an incident (SLA-1 to SLA-17): how soon somebody answers, and how
// soon it works again. They start when it opens, and what is planned for them stands in facts: what
// is due when, so that folding asks no calendar. Percentages of the time to resolve are told to
// those whom the hierarchic matrix names (7.2); nothing of it waits for an answer.
//
// What is about Tocsin itself and a drill have no clocks: nobody was promised anything. A silence
// stops no clock, because the customer suffers all the same; but nobody is told while it lasts.

#include "rules/model/facts.hpp"

namespace tocsin {

// A new incident: its clocks run from here.
void start_clocks(const Deciding& d, IncidentNumber n);
// It was answered, itself or by the parent that speaks for it (SLA-6, LCY-15).
void clock_answered(const Deciding& d, IncidentNumber n);
// It is of another priority: other clocks, with the same start and the same pauses (SLA-9).
void clocks_after_priority(const Deciding& d, IncidentNumber n);
// An alert came back while its recovery was verified: they count as if they had never stopped
// (SLA-8).
void clocks_fire_again(const Deciding& d, IncidentNumber n);
void clocks_after_resolution(const Deciding& d, IncidentNumber n);
void clocks_after_reopening(const Deciding& d, IncidentNumber n);
// It speaks for itself again (LCY-15).
void clocks_after_detaching(const Deciding& d, IncidentNumber n);
// Its clock of resolution began to stand still, or goes on: what was planned for it is planned
// anew.
void clocks_after_hold(const Deciding& d, IncidentNumber n);
// Agreements, calendars or the time of the day may be others (TIM-7).
void recompute_clocks(const Deciding& d, IncidentNumber n);
// A percentage of one of them is due.
void clock_due(const Deciding& d, IncidentNumber n);

// How long a clock of this incident has run at `at`, in the calendars of these settings.
Span elapsed_of(const IncidentRow& row, ClockKind kind, Instant at, const Globals& globals,
                const Settings& settings);

}  // namespace tocsin
