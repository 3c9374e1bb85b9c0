#include "rules/intake/intake.hpp"

#include "rules/model/planted.hpp"

namespace tocsin {

bool same_labels(const AlertRow& row, const Prepared& alert) {
  return row.text().label_bytes() == alert.text.label_bytes();
}

Known judge_firing(const AlertRow& row, const Prepared& alert) {
  const bool no_start = alert.starts_at.ms == 0;
  switch (row.state) {
    case AlertState::held:
      return row.severity == alert.severity ? Known::repeat : Known::held_changed;
    case AlertState::firing:
      // Two senders of a redundant pair disagree on when it began: the earlier start is no news.
      if (row.severity == alert.severity && (no_start || alert.starts_at <= row.starts_at))
        return Known::repeat;
      return Known::changed;
    case AlertState::stale:
      return Known::back;
    case AlertState::resolved:
    case AlertState::tombstone:
      if (planted("resolve_overtakes_fire")) return Known::back;
      return !no_start && alert.starts_at <= row.ends_at ? Known::out_of_order : Known::back;
    case AlertState::count_:
      break;
  }
  return Known::repeat;
}

KnownEnd judge_resolve(const AlertRow& row, const Prepared& alert) {
  switch (row.state) {
    case AlertState::resolved:
    case AlertState::tombstone:
      return KnownEnd::repeat;
    // A sender that counts in whole seconds may end an alert in the second in which it began.
    default:
      return alert.until + milliseconds(999) < row.starts_at ? KnownEnd::out_of_order
                                                             : KnownEnd::ends;
  }
}

void remember(const Deciding& d, const ReceiveAlert& c, AlertState state, Instant due) {
  const Prepared& a = *c.alert;
  const Wall starts_at = a.starts_at.ms ? a.starts_at : c.received_at;
  d.out.add(AlertOpened{
      a.fingerprint, d.state.globals().next_alert, c.source, state, a.severity, a.time_suspect,
      starts_at, state == AlertState::tombstone ? a.until : Wall{}, due, a.ci, a.text.bytes()});
}

void remember_orphan(const Deciding& d, const ReceiveAlert& c) {
  if (d.state.globals().tombstones >= d.settings.tombstones_max)
    return d.out.tally(c.source, Disposition::orphan_resolve);
  remember(d, c, AlertState::tombstone, d.now + d.settings.tombstone_for);
  d.out.answer.disposition = Disposition::orphan_resolve;
}

void change(const Deciding& d, const ReceiveAlert& c, AlertState state, Instant due) {
  const Prepared& a = *c.alert;
  const AlertRow row = d.state.alerts().at(d.state.alert_slot(a.fingerprint));
  const Wall starts_at = a.starts_at.ms       ? a.starts_at
                         : state == row.state ? row.starts_at
                                              : c.received_at;
  d.out.add(AlertChanged{a.fingerprint, c.source, state, a.severity, starts_at, due});
  const AlertRow now = d.state.alerts().at(d.state.alert_slot(a.fingerprint));
  if (now.text().bytes() != a.text.bytes())
    d.out.add(AlertAnnotated{a.fingerprint, a.text.bytes()});
}

void forget_or_keep(const Deciding& d, std::uint32_t slot) {
  const AlertRow row = d.state.alerts().at(slot);
  const std::uint32_t incident = d.state.incident_slot(row.incident);
  bool needed = false;
  if (incident != no_slot) {  // it may come back to its incident (BND-7 a, f)
    const IncidentRow& of = d.state.incidents().at(incident);
    needed = of.unresolved() || d.now - of.resolved_at <= d.settings.reopen_window;
  }
  if (needed)
    d.out.add(AlertKept{row.fingerprint(), d.now + d.settings.tombstone_for});
  else
    d.out.add(AlertForgotten{row.fingerprint()});
}

}  // namespace tocsin
