#pragma once
// Totals as a fold over facts: what each fact adds. Integers only; labels by small index
// (kpi/metrics.cpp names them).

#include "rules/model/fact.hpp"
#include "rules/model/rows.hpp"
#include "rules/model/totals.hpp"

namespace tocsin {

bool count_tallied(Totals& totals, const Tallied& fact);  // false: damaged
void count(Totals& totals, const AlertOpened& fact);
void count(Totals& totals, const EventCounted& fact);
void count(Totals& totals, const AlertChanged& fact, AlertState was);
void count(Totals& totals, const AlertResolved& fact, AlertState was);
void count_suppressed(Totals& totals);  // what was held is disposed of
void count(Totals& totals, const AlertLinked& fact);
void count(Totals& totals, const AlertRelinked& fact);
void count(Totals& totals, const IncidentReported& fact);
void count(Totals& totals, const IncidentOpened& fact);
void count(Totals& totals, const IncidentReopened& fact, const IncidentRow& incident);
void count(Totals& totals, const PriorityChanged& fact);
void count_priority(Totals& totals, Priority before, Priority after);  // by a person
void count(Totals& totals, const EscalationStepped& fact);
void count(Totals& totals, const AttemptSettled& fact, bool drill);
void count_acknowledged(Totals& totals, const IncidentAcknowledged& fact, const IncidentRow& before,
                        Instant at);
void count_resolved(Totals& totals, const IncidentRow& incident, Wall resolved_at);
void count_closed(Totals& totals, const IncidentRow& incident, bool reviewed);
void count_hold_ended(Totals& totals, const IncidentRow& incident, Instant at);
void count_decided(Totals& totals, const MajorDecided& fact, const IncidentRow& before, Instant at);
// The priority is about to be lowered: once for an incident, whichever clock was broken.
void count_lowered(Totals& totals, const IncidentRow& before);
void count(Totals& totals, const ClockWarned& fact);
void count(Totals& totals, const ClockBreached& fact);
// `channel` is the slot of the channel in the globals.
void count_page_ended(Totals& totals, const PageEnded& fact, const PageRow& page,
                      std::uint8_t channel, bool drill, Instant at);

}  // namespace tocsin
