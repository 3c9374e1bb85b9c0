// Storms, incidents that belong to another one, alerts that come and go.
#include "rules/folding.hpp"

#include <cstring>

#include "rules/kpi/count.hpp"
#include "rules/model/storm_text.hpp"

namespace tocsin {

// One more alert that begins to fire, in the second of the fact.
void Fold::began_to_fire(AlertState state, AlertState before) {
  const bool fires = state == AlertState::firing || state == AlertState::held;
  const bool ended = before == AlertState::resolved || before == AlertState::tombstone;
  if (fires && ended && g().storm.counting) g().storm.count(at);
}

void Fold::on(const StormWatched& f) {
  StormWatch& storm = g().storm;
  storm.counting = true;
  for (std::size_t i = 0; i + storm_count_bytes <= f.counts.size(); i += storm_count_bytes) {
    const StormCount c = read_storm_count(f.counts.substr(i));
    storm.count(Instant{at.ms - c.seconds_ago * 1000}, c.alerts);
  }
}

void Fold::on(const StormStarted& f) {
  StormWatch& storm = g().storm;
  storm.on = true, storm.number = f.storm, storm.since = at, storm.due = f.due;
  storm.quiet_since = never;
  s.totals_.add(Metric::storms);
  s.push({f.due, DeadlineKind::storm, 0, 0, no_slot});
}

void Fold::on(const StormChecked& f) {
  g().storm.quiet_since = f.quiet_since, g().storm.due = f.due;
  s.push({f.due, DeadlineKind::storm, 0, 0, no_slot});
}

void Fold::on(const StormEnded&) {
  StormWatch& storm = g().storm;
  storm.on = false, storm.quiet_since = storm.due = never;
  storm.relations.clear();
}

void Fold::on(const StormJoined& f) {
  auto& relations = g().storm.relations;
  each_relation(f.relations, [&](std::string_view what) {
    if (const auto it = relations.find(what); it != relations.end())
      it->second = f.speaker;
    else if (relations.size() < StormWatch::relations_max)
      relations.emplace(what, f.speaker);
  });
  change(f.incident, [&](IncidentRow& i) { i.storm = f.storm; });
}

void Fold::on(const IncidentRelated& f) {
  s.totals_.add(Metric::incidents_related, static_cast<std::uint8_t>(f.why));
  change(f.incident, [&](IncidentRow& i) {
    s.index_child(i, false);
    i.parent = f.parent, i.child_since = at;
    i.escalate_due = never;
    unhold(i);
    s.index_child(i, true);
  });
}

void Fold::on(const IncidentDetached& f) {
  change(f.incident, [&](IncidentRow& i) {
    s.index_child(i, false);
    i.parent = {}, i.child_since = never;
    if (f.new_cycle) start_cycle(i, f.cycle, f.escalate_due);
  });
}

void Fold::on(const FamilyAdvanced& f) {
  change(f.number, [&](IncidentRow& i) {
    i.family_job = f.job, i.family_next = f.next, i.family_due = f.due;
  });
  retire_if_done(f.number);
}

void Fold::keep_flaps(AlertRow& row, const FlapTimes& flaps) {
  const Blob* old = row.blob;
  row.blob = make_alert_blob(row.fingerprint(), row.serial(), row.ci(), row.text().bytes(), flaps,
                             row.extra());
  s.release(old);
}

void Fold::count_flapping(IncidentNumber n, bool one_more) {
  const std::uint32_t slot = s.incident_slot(n);
  if (slot == no_slot) return;
  std::uint32_t& flapping = s.incidents_.change(slot).alerts_flapping;
  if (one_more)
    ++flapping;
  else if (flapping > 0)
    --flapping;
}

void Fold::on(const AlertRefired& f) {
  std::uint32_t slot;
  AlertRow* row = alert(f.alert, slot);
  if (!row) return;
  FlapTimes flaps = row->flaps();
  if (f.before != never) flaps.count = 0, flaps.add(f.before);
  flaps.add(at);
  flaps.quiet_due = f.quiet_due;
  keep_flaps(*row, flaps);
  s.arm_alert(slot);
}

void Fold::on(const AlertFlapping& f) {
  std::uint32_t slot;
  AlertRow* row = alert(f.alert, slot);
  if (!row) return;
  FlapTimes flaps = row->flaps();
  if (f.flapping)
    row->flags |= AlertRow::flapping, flaps.quiet_due = f.quiet_due;
  else
    row->flags &= static_cast<std::uint8_t>(~AlertRow::flapping), flaps = {};
  keep_flaps(*row, flaps);
  s.arm_alert(slot);
  count_flapping(row->incident, f.flapping);
  if (f.flapping) s.totals_.add(Metric::alerts_flapping);
}

}  // namespace tocsin
