#include "rules/process/lifecycle.hpp"

#include <algorithm>

#include "rules/model/planted.hpp"
#include "rules/process/category.hpp"

namespace tocsin {
namespace {

IncidentRow row_of(const Deciding& d, IncidentNumber n) {
  return d.state.incidents().at(d.state.incident_slot(n));
}
bool urgent(Priority p) {
  return p <= Priority::P2;
}

void resolve_by_daemon(const Deciding& d, const IncidentRow& row, bool review,
                       std::string_view reason) {
  d.out.add(IncidentResolved{row.number, ClosureCode::auto_recovered, CauseCode::unknown, true,
                             review, row.restored_at, d.now + d.settings.auto_close_after, "daemon",
                             "", reason});
}

// T03: no open report of a person. T08: never for a major incident.
void leave_to_people(const Deciding& d, const IncidentRow& row, Instant escalate_due) {
  const bool owned = row.acknowledged_at != never;
  const std::string owner(owned ? row.words().owner : std::string_view{});
  d.out.add(RecoveryLeftToPeople{row.number, owned ? never : escalate_due, owner, row.is_major()});
}

bool ends_by_itself(const IncidentRow& row) {
  if (row.is_major()) return planted("major_ends_by_itself");
  return row.reports == 0 || planted("reported_ends_by_itself");
}

}  // namespace

IncidentNumber open_incident(const Deciding& d, const NewIncident& n) {
  const IncidentNumber number = d.state.globals().next_incident;
  d.out.add(IncidentOpened{
      number,    n.recurrence_of, n.origin,   n.self,        n.severity,     n.impact,
      n.urgency, n.priority,      n.ci_match, n.occurred_at, n.escalate_due, n.title,
      n.ci,      n.ci_class,      n.service,  n.environment, n.category,     n.subcategory,
      n.symptom, n.rule,          n.group,    n.summary,     n.runbook,      n.reason});
  return number;
}

void look_for_recovery(const Deciding& d, IncidentNumber n, Wall ended_at, bool verified) {
  if (d.state.incident_slot(n) == no_slot) return;
  const IncidentRow row = row_of(d, n);
  if (!row.unresolved() || row.alerts_firing > 0 || row.alerts_total == 0 ||
      row.verify_due != never || row.prompted)
    return;
  // LCY-5: the window runs from the receipt of the last end, whatever its sender's clock says.
  // LCY-6: the quiet that ended it has been the window. BND-10: what flaps is likely to come back.
  // Of all that fired in it: who ended first may be heard last.
  const Globals& g = d.state.globals();
  if (row.resolution.exists() && row.last_end > g.instant(ended_at))
    ended_at = g.wall(row.last_end);
  Span verify = verified ? Span{} : d.settings.verify[index(row.priority)];
  if (row.alerts_flapping > 0) verify = std::max(verify, d.settings.flap_verify);
  d.out.add(RecoverySeen{n, ended_at, d.now + verify});
}

void verify_anew(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = row_of(d, n);
  if (!row.unresolved() || row.restored_at.ms == 0 || row.alerts_firing > 0 ||
      row.alerts_total == 0 || row.verify_due != never || row.prompt_due != never)
    return;
  d.out.add(RecoverySeen{n, row.restored_at, d.now + d.settings.verify[index(row.priority)]});
}

bool fail_verification(const Deciding& d, IncidentNumber n, std::string_view alert,
                       Instant escalate_due) {
  const IncidentRow row = row_of(d, n);
  // Left to people, or put on hold by who was asked.
  const bool waits = (row.left_to_people() || row.on_hold()) && row.restored_at.ms != 0;
  if (row.verify_due == never && !row.prompted && !waits) return false;
  d.out.add(VerifyFailed{n, row.acknowledged_at == never ? escalate_due : never, alert});
  return true;
}

Verified finish_verification(const Deciding& d, IncidentNumber n, Instant escalate_due) {
  const IncidentRow row = row_of(d, n);
  if (!ends_by_itself(row)) {
    leave_to_people(d, row, escalate_due);
    return row.acknowledged_at == never ? Verified::left_to_people : Verified::owner_asked;
  }
  if (row.acknowledged_at != never && urgent(row.priority)) {
    const std::string owner(row.words().owner);
    d.out.add(RestoredPrompted{n, d.now + d.settings.restored_prompt_timeout, owner});
    return Verified::owner_asked;
  }
  resolve_by_daemon(d, row, false,
                    row.self ? "what it is about stayed well for the verify window"
                             : "all alerts stayed clear for the verify window");
  return Verified::resolved;
}

bool finish_prompt(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = row_of(d, n);
  if (row.left_to_people()) return leave_to_people(d, row, never), false;
  resolve_by_daemon(d, row, true, "its owner did not say whether it is over");
  return true;
}

void close_by_daemon(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = row_of(d, n);
  const bool reviewed = begins_review(d, row);
  d.out.add(IncidentClosed{n, true, "daemon",
                           row.drill ? "the drill is over" : "nobody disagreed in time", reviewed});
}

}  // namespace tocsin
