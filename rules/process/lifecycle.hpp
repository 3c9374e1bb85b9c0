#pragma once
// The life of an incident (process.md 3): opened, recovering, resolved, closed, and what people may
// do to it. Writes facts; knows nothing of pages and escalations, which decide.cpp adds.

#include "rules/model/facts.hpp"

namespace tocsin {

// Everything the daemon found out about a new incident.
struct NewIncident {
  std::string_view title, ci, ci_class, service, environment, category, subcategory, symptom, rule,
      group, summary, runbook, reason;
  CiMatch ci_match = CiMatch::none;
  Origin origin = Origin::webhook;
  Severity severity = Severity::error;
  std::uint8_t impact = 3, urgency = 3;
  Priority priority = Priority::P3;
  Wall occurred_at{};
  Instant escalate_due{};
  IncidentNumber recurrence_of;
  bool self = false;
};
IncidentNumber open_incident(const Deciding& d, const NewIncident& incident);

// After an alert of it ended: when none is left that fires or is stale, the verify window begins
// (LCY-4). `verified`: it is over at once.
void look_for_recovery(const Deciding& d, IncidentNumber incident, Wall ended_at,
                       bool verified = false);

// Its alerts are clear, and nothing waits any more for that to last or for an answer: a whole
// window begins anew.
void verify_anew(const Deciding& d, IncidentNumber incident);

// An alert of it fires again: a running verification has failed (CLO-4). `escalate_due` applies
// when nobody has answered yet. False: none is running.
bool fail_verification(const Deciding& d, IncidentNumber incident, std::string_view alert,
                       Instant escalate_due);

// The verify window is over. Resolves (T03, T08) or asks the owner of a P1 or P2 first; true:
// resolved. What people have reported is left to them: the owner is asked, or nobody owns it and
// its escalation goes on with `escalate_due`.
enum class Verified { resolved, owner_asked, left_to_people };
Verified finish_verification(const Deciding& d, IncidentNumber incident, Instant escalate_due);
// Nobody answered the question: resolved, to be reviewed; false: people have reported it meanwhile.
bool finish_prompt(const Deciding& d, IncidentNumber incident);
void close_by_daemon(const Deciding& d, IncidentNumber incident);  // T11

// Who leads major incidents. Where the configuration names nobody for it, or nobody has a token of
// that role, an incident manager; where there is none either, whoever else may resolve. Nobody's
// incident is for ever.
bool leads_major(const Settings& settings, const Actor& by);

// What people do. Each writes its fact and answers, or only answers (LCY-1, LCY-2).
Answer acknowledge(const Deciding& d, const AcknowledgeIncident& c);
Answer acknowledge_by_link(const Deciding& d, const AcknowledgeByLink& c);
Answer note(const Deciding& d, const NoteIncident& c);
Answer resolve(const Deciding& d, const ResolveIncident& c);
Answer close(const Deciding& d, const CloseIncident& c);

}  // namespace tocsin
