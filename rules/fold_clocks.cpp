#include <algorithm>

#include "rules/folding.hpp"
#include "rules/kpi/count.hpp"

namespace tocsin {

void Fold::on(const ClocksStarted& f) {
  change(f.incident, [&](IncidentRow& i) {
    ClockRow &response = i.response, &resolution = i.resolution;
    response = resolution = {};
    response.target = {f.response_ms}, resolution.target = {f.resolution_ms};
    response.due = response.next_due = f.response_due;
    resolution.due = f.resolution_due, resolution.next_due = f.next_due;
    response.next = 100, resolution.next = 50;
    for (ClockRow* clock : {&response, &resolution})
      clock->planned_at = at, clock->priority = clock->breached_as = f.priority;
  });
}

void Fold::on(const ClockPlanned& f) {
  change(f.incident, [&](IncidentRow& i) {
    ClockRow& clock = i.clock(f.clock);
    // Another clock in its place: nothing of it has passed yet. What people were told of one of
    // that priority before, they know.
    if (f.why == WhyPlanned::reprioritised) {
      std::uint8_t& told = clock.told_as[index(clock.priority)];
      told = std::max(told, clock.told);
      clock.passed = 0, clock.told = clock.told_as[index(f.priority)];
    }
    clock.target = {f.target_ms}, clock.due = f.due, clock.priority = f.priority;
    clock.next = f.next_percent, clock.next_due = f.next_due;
    // One that only waits is still of the plan of before.
    if (f.why != WhyPlanned::clock_stepped) clock.why = f.why, clock.planned_at = at;
  });
}

void Fold::on(const ClockWarned& f) {
  count(s.totals_, f);
  change(f.incident, [&](IncidentRow& i) {
    ClockRow& clock = i.clock(f.clock);
    clock.passed = f.percent, clock.next = f.next_percent, clock.next_due = f.next_due;
    if (f.told) clock.told = f.percent;
  });
}

void Fold::on(const ClockBreached& f) {
  change(f.incident, [&](IncidentRow& i) {
    ClockRow& clock = i.clock(f.clock);
    clock.passed = 100, clock.next = 0, clock.next_due = never;
    if (f.told) clock.told = 100;
    if (clock.breached_at != never) return;
    count(s.totals_, f);
    clock.breached_at = f.breached_at, clock.breached_as = f.priority;
  });
}

void Fold::on(const ClockEnded& f) {
  change(f.incident, [&](IncidentRow& i) {
    ClockRow& clock = i.clock(f.clock);
    clock.ended_at = f.ended_at, clock.elapsed = {f.elapsed_ms}, clock.next_due = never;
    if (!f.met || clock.breached_at == never) return;
    // It ended in time, and that was known only after the time was over: reopened, it may yet be
    // broken.
    clock.breached_at = never;
    const std::int64_t used = f.elapsed_ms * 100 / f.target_ms;
    const bool looked_at = f.clock == ClockKind::resolution;
    clock.passed = !looked_at || used < 50 ? 0 : used < 75 ? 50 : used < 90 ? 75 : 90;
    clock.told = std::min(clock.told, clock.passed);
  });
}

void Fold::on(const ClockTold& f) {
  change(f.incident, [&](IncidentRow& i) { i.resolution.told = f.percent; });
}

// SLA-10: what lies between the end and now does not count. Its dates follow with the next fact.
void Fold::clock_runs_again(IncidentRow& i) {
  ClockRow& clock = i.resolution;
  if (!clock.exists() || clock.ended_at == never) return;
  IncidentWords w = i.words();
  std::vector<Pause> pauses = unpack_pauses(w.pauses);
  if (!pauses.empty() && pauses.back().to == never) pauses.back().to = at;
  add_pause(pauses, {clock.ended_at, at});
  const std::string packed = pack_pauses(pauses);
  w.pauses = packed;
  reword(i, w);
  clock.ended_at = never, clock.elapsed = {}, clock.due = clock.next_due = never;
}

// Each is looked at by its own deadline, which is now.
void Fold::children_are_answered(IncidentNumber parent) {
  const auto& children = s.children_of(parent);
  const std::vector<IncidentNumber> numbers(children.begin(), children.end());
  for (const IncidentNumber n : numbers) {
    const std::uint32_t slot = s.incident_slot(n);
    if (!s.incidents_.at(slot).response.runs()) continue;
    // No entry of its own, so no revision: whoever read it before has read what it still is.
    s.incidents_.change(slot).response.next_due = at;
    s.arm_incident(slot);
  }
}

}  // namespace tocsin
