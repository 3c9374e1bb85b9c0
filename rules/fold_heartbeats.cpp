#include "rules/folding.hpp"

namespace tocsin {

template <class How>
void Fold::heartbeat(Text name, How&& how) {
  const std::uint32_t slot = s.heartbeat_slot(name);
  if (slot == no_slot) return void(ok = false);
  how(s.heartbeats_.change(slot));
  s.arm_heartbeat(slot);
}

void Fold::on(const HeartbeatAdded& f) {
  if (f.name.empty() || s.heartbeat_slot(f.name) != no_slot) return void(ok = false);
  HeartbeatRow row;
  row.blob = make_blob(f.name);
  row.id = f.heartbeat, row.since = at, row.due = f.due;
  row.every = {f.every_ms}, row.bound = {f.bound_ms};
  s.insert_heartbeat(row);
  g().next_heartbeat = std::max(g().next_heartbeat, HeartbeatId(f.heartbeat.value + 1));
}

void Fold::on(const HeartbeatPlanned& f) {
  heartbeat(f.name, [&](HeartbeatRow& row) {
    row.every = {f.every_ms}, row.bound = {f.bound_ms}, row.due = f.due;
  });
}

void Fold::on(const HeartbeatSeen& f) {
  heartbeat(f.name, [&](HeartbeatRow& row) {
    row.state = HeartbeatState::alive;
    row.since = f.seen, row.due = f.due, row.missed_at = never;
    row.alert = {}, row.seen = true, row.excused = false;
  });
}

void Fold::on(const HeartbeatExcused& f) {
  heartbeat(f.name, [&](HeartbeatRow& row) { row.due = f.due, row.excused = true; });
}

void Fold::on(const HeartbeatMissed& f) {
  heartbeat(f.name, [&](HeartbeatRow& row) {
    row.state = HeartbeatState::missed;
    row.since = f.since, row.due = never, row.missed_at = at, row.alert = f.alert;
  });
}

void Fold::on(const HeartbeatRemoved& f) {
  const std::uint32_t slot = s.heartbeat_slot(f.name);
  if (slot == no_slot) return void(ok = false);
  s.erase_heartbeat(slot);
}

void Fold::on(const HeartbeatsAdvanced& f) {
  g().heartbeats_after = f.after, g().heartbeats_due = f.due;
  g().down_from = f.down_from, g().down_until = f.down_until;
  if (f.due != never) s.push({f.due, DeadlineKind::heartbeat_sweep, 0, 0, no_slot});
}

}  // namespace tocsin
