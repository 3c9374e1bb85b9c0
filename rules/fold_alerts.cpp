#include "rules/folding.hpp"

#include <algorithm>

#include "rules/kpi/count.hpp"

namespace tocsin {

// Whether an alert is counted as firing, and as stale, in its incident is a bit on its own row,
// so that no order of facts can count it twice.
void Fold::count_in(AlertRow& row, bool firing, bool stale) {
  const std::uint32_t slot = s.incident_slot(row.incident);
  const bool was_firing = row.flags & AlertRow::counted_firing,
             was_stale = row.flags & AlertRow::counted_stale;
  row.flags = static_cast<std::uint8_t>(
      (row.flags & ~(AlertRow::counted_firing | AlertRow::counted_stale)) |
      (firing ? AlertRow::counted_firing : 0) | (stale ? AlertRow::counted_stale : 0));
  if (firing != was_firing) {
    const std::uint32_t own = s.by_fingerprint_.find(row.fingerprint());
    firing ? s.link_member(row.incident, own) : s.unlink_member(row.incident, own);
  }
  if (slot == no_slot) return;
  IncidentRow& i = s.incidents_.change(slot);
  i.alerts_firing += firing - was_firing;
  i.alerts_stale += stale - was_stale;
  i.monitoring_silent = i.alerts_stale > 0;
}

void Fold::on(const AlertOpened& f) {
  if (s.by_fingerprint_.find(f.alert) != no_slot) return void(ok = false);
  AlertRow row;
  row.blob = make_alert_blob(f.alert, f.serial, f.ci, f.text);
  row.due = f.due;
  row.starts_at = f.starts_at, row.ends_at = f.ends_at;
  row.seen_at = row.changed_at = at;
  row.state = f.state, row.severity = f.severity, row.source = f.source;
  row.flags = f.time_suspect ? AlertRow::time_suspect : 0;
  s.insert_alert(row);
  g().next_alert = std::max(g().next_alert, AlertSerial(f.serial.value + 1));
  if (f.state == AlertState::tombstone) ++g().tombstones;
  began_to_fire(f.state, AlertState::resolved);
  count(s.totals_, f);
}

void Fold::on(const AlertChanged& f) {
  std::uint32_t slot;
  AlertRow* row = alert(f.alert, slot);
  if (!row) return;
  count(s.totals_, f, row->state);
  if (row->state == AlertState::tombstone && f.state != AlertState::tombstone) --g().tombstones;
  began_to_fire(f.state, row->state);
  const bool counted = row->flags & AlertRow::counted_firing;
  const bool was_held = row->state == AlertState::held;
  s.count_source(*row, slot, false);
  if (counted) s.count_at_ci(*row, false);
  row->state = f.state, row->severity = f.severity, row->starts_at = f.starts_at;
  if (counted) s.count_at_ci(*row, true);
  row->due = f.due, row->changed_at = at, row->source = f.source;
  if (f.state != AlertState::resolved) row->ends_at = {};
  if (f.state != AlertState::held) unmute(*row);
  s.count_source(*row, slot, true);
  if (f.state == AlertState::held)
    count_in(*row, false, false);  // its incident is over, and it fires anew
  if (was_held != (f.state == AlertState::held)) s.index_held(slot, !was_held);
  s.arm_alert(slot);
}

void Fold::on(const AlertAnnotated& f) {
  std::uint32_t slot;
  AlertRow* row = alert(f.alert, slot);
  if (!row) return;
  reword(*row, f.text, row->extra());
}

void Fold::reword(AlertRow& row, Text text, std::string_view extra) {
  const Blob* old = row.blob;
  row.blob = make_alert_blob(row.fingerprint(), row.serial(), row.ci(), text, row.flaps(), extra);
  s.release(old);
}

void Fold::on(const AlertSuppressed& f) {
  std::uint32_t slot;
  AlertRow* row = alert(f.alert, slot);
  if (!row) return;
  if (!(row->flags & AlertRow::muted)) {
    count_suppressed(s.totals_);
    s.muted_[row->serial().value] = slot;
    s.index_held(slot, false);  // it joins nothing before its end
  }
  const std::string by = pack_muted({f.window, f.owner, f.reason, f.change});
  reword(*row, row->text().bytes(), pack_extra(by, row->keys()));
  row->flags |= AlertRow::muted;
  row->due = f.until, row->changed_at = at;
  s.arm_alert(slot);
}

void Fold::unmute(AlertRow& row) {
  if (!(row.flags & AlertRow::muted)) return;
  reword(row, row.text().bytes(), pack_extra({}, row.keys()));
  row.flags &= static_cast<std::uint8_t>(~AlertRow::muted);
  s.muted_.erase(row.serial().value);
}

void Fold::on(const AlertInhibits& f) {
  std::uint32_t slot;
  AlertRow* row = alert(f.alert, slot);
  if (!row) return;
  s.count_source(*row, slot, false);
  reword(*row, row->text().bytes(), pack_extra(row->muted_bytes(), f.keys));
  row->flags = static_cast<std::uint8_t>((row->flags & ~AlertRow::inhibits) |
                                         (f.keys.empty() ? 0 : AlertRow::inhibits));
  s.count_source(*row, slot, true);
}

void Fold::on(const SourcesAdvanced& f) {
  g().sources_next = f.next, g().sources_after = f.after, g().sources_due = f.due;
  if (f.next) s.push({f.due, DeadlineKind::sources_sweep, 0, 0, no_slot});
}

void Fold::on(const WindowsAdvanced& f) {
  g().window_next = f.next, g().window_due = f.due;
  if (f.next) s.push({f.due, DeadlineKind::window_sweep, 0, 0, no_slot});
}

void Fold::on(const AlertRefreshed& f) {
  std::uint32_t slot;
  if (AlertRow* row = alert(f.alert, slot)) row->due = f.until, s.arm_alert(slot);
}

void Fold::on(const AlertStale& f) {
  std::uint32_t slot;
  AlertRow* row = alert(f.alert, slot);
  if (!row) return;
  s.count_source(*row, slot, false);
  row->state = AlertState::stale, row->due = f.retire, row->changed_at = at;
  s.arm_alert(slot);
  s.totals_.add(Metric::alerts_stale);
  count_in(*row, true, true);
}

void Fold::on(const AlertResolved& f) {
  std::uint32_t slot;
  AlertRow* row = alert(f.alert, slot);
  if (!row) return;
  // What was suppressed is no event that waits: it was disposed of.
  const AlertState was = row->flags & AlertRow::muted ? AlertState::firing : row->state;
  unmute(*row);
  s.count_source(*row, slot, false);
  row->state = AlertState::resolved, row->ends_at = f.ends_at, row->due = f.retire,
  row->changed_at = at;
  if (was == AlertState::held) s.index_held(slot, false);
  s.arm_alert(slot);
  count(s.totals_, f, was);
  count_in(*row, false, false);
  // LCY-5: the latest end counts, whichever comes last. A sender may be ahead of us.
  const std::uint32_t of = s.incident_slot(f.incident);
  if (of == no_slot || !s.incidents_.at(of).resolution.runs()) return;
  Instant& last = s.incidents_.change(of).last_end;
  last = later(last, earlier(at, g().instant(f.ends_at)));
}

void Fold::on(const AlertKept& f) {
  std::uint32_t slot;
  if (AlertRow* row = alert(f.alert, slot)) row->due = f.retire, s.arm_alert(slot);
}

void Fold::on(const AlertForgotten& f) {
  const std::uint32_t slot = s.by_fingerprint_.find(f.alert);
  if (slot == no_slot) return void(ok = false);
  AlertRow row = s.alerts_.at(slot);
  if (row.state == AlertState::tombstone) --g().tombstones;
  count_in(row, false, false);
  if (row.flags & AlertRow::flapping) count_flapping(row.incident, false);
  s.erase_alert(slot);
}

void Fold::on(const EventCounted& f) {
  s.change_counts().count(f.bucket, at, f.keep, f.over);
  count(s.totals_, f);
}

void Fold::on(const CountForgotten& f) {
  s.change_counts().erase(f.bucket);
}

}  // namespace tocsin
