#include "rules/clocks.hpp"

#include <algorithm>
#include <string>

#include "rules/major.hpp"
#include "rules/model/planted.hpp"
#include "rules/oncall/hierarchy.hpp"
#include "rules/process/agreement.hpp"
#include "rules/process/format.hpp"

namespace tocsin {
namespace {

constexpr ClockKind kinds[] = {ClockKind::response, ClockKind::resolution};
constexpr std::uint8_t percents[] = {50, 75, 90, 100};

IncidentRow row_of(const Deciding& d, IncidentNumber n) {
  return d.state.incidents().at(d.state.incident_slot(n));
}

// Of the response only the end is looked at: until then the functional matrix speaks (7.1).
bool counts(ClockKind kind, std::uint8_t percent) {
  return kind == ClockKind::resolution || percent == 100;
}

bool stands_still(const IncidentRow& row, ClockKind kind) {
  if (kind == ClockKind::response) return false;
  const auto pauses = unpack_pauses(row.words().pauses);
  return !pauses.empty() && pauses.back().to == never;
}

Running running(const IncidentRow& row, ClockKind kind, Priority priority, const Globals& g,
                const Settings& settings) {
  Running out;
  const IncidentWords w = row.words();
  const std::string_view id = settings.calendar_of(settings.sla[index(priority)], w.service);
  out.calendar = id == always_open ? nullptr : settings.calendar(id);
  out.start = g.wall(row.opened_at);
  if (kind == ClockKind::resolution)
    for (const Pause& p : unpack_pauses(w.pauses))
      out.still.push_back({g.wall(p.from), p.to == never ? Wall{INT64_MAX} : g.wall(p.to)});
  return out;
}

// What there is to come for a clock, by the priority of its incident and the settings in force.
struct Plan {
  Span target{};
  Running time;
  bool still = false;
  std::string_view calendar;  // empty: at any time
  const Globals& globals;

  Instant at(std::uint8_t percent) const {
    if (still) return never;
    const auto wall = spent(time, Span{target.ms * percent / 100});
    return wall ? globals.instant(*wall) : never;
  }
  Instant due() const { return at(100); }
};
std::string_view said(std::string_view calendar) {
  return calendar == always_open ? std::string_view{} : calendar;
}
// What may be over ends as what it was: another priority counts from when it is known not to be.
Priority priority_of(const IncidentRow& row, ClockKind kind) {
  return row.provisional(kind) ? row.clock(kind).priority : row.priority;
}
Plan plan_of(const Deciding& d, const IncidentRow& row, ClockKind kind) {
  const Priority priority = priority_of(row, kind);
  const Agreement& agreed = d.settings.sla[index(priority)];
  return {kind == ClockKind::response ? agreed.response : agreed.resolution,
          running(row, kind, priority, d.state.globals(), d.settings), stands_still(row, kind),
          said(d.settings.calendar_of(agreed, row.words().service)), d.state.globals()};
}

// The first percentage beyond what is on record; 0: there is none.
std::uint8_t next_after(ClockKind kind, std::uint8_t passed) {
  for (const std::uint8_t percent : percents)
    if (percent > passed && counts(kind, percent)) return percent;
  return 0;
}

void plan(const Deciding& d, IncidentNumber n, ClockKind kind, WhyPlanned why) {
  const IncidentRow row = row_of(d, n);
  const ClockRow& clock = row.clock(kind);
  const Plan p = plan_of(d, row, kind);
  const Priority priority = priority_of(row, kind);
  const bool another = clock.priority != priority;
  const std::uint8_t next = next_after(kind, another ? 0 : clock.passed);
  const std::string calendar(p.calendar);
  // It is another clock by its priority, and by nothing else.
  if (another)
    why = WhyPlanned::reprioritised;
  else if (why == WhyPlanned::reprioritised)
    why = WhyPlanned::recomputed;
  d.out.add(ClockPlanned{n, kind, why, priority, p.target.ms, clock.due, p.due(), next,
                         next ? p.at(next) : never, calendar});
}

// Only where something is another than it was. What may be over keeps its dates: it ends by them,
// or is planned anew when it goes on.
bool replan(const Deciding& d, IncidentNumber n, ClockKind kind, WhyPlanned why) {
  const IncidentRow row = row_of(d, n);
  const ClockRow& clock = row.clock(kind);
  if (!clock.runs() || row.provisional(kind)) return false;
  const Plan p = plan_of(d, row, kind);
  const Instant next = clock.next ? p.at(clock.next) : never;
  const bool same = clock.priority == priority_of(row, kind) && clock.target == p.target &&
                    clock.due == p.due() && clock.next_due == next;
  if (same) return false;
  plan(d, n, kind, why);
  return true;
}

WhyBreached why_breached(const ClockRow& clock) {
  if (clock.due > clock.planned_at) return WhyBreached::due;
  if (clock.why == WhyPlanned::reprioritised) return WhyBreached::reprioritised;
  return clock.why == WhyPlanned::recomputed ? WhyBreached::recomputed : WhyBreached::due;
}

// Nobody breaks an agreement before it is made: what was over its time when it was planned, is from
// there on.
Instant runs_out(const ClockRow& clock) {
  return later(clock.due, clock.planned_at);
}

// Told where nobody has heard of it under this priority before.
void breach(const Deciding& d, IncidentNumber n, ClockKind kind, bool tells) {
  const IncidentRow row = row_of(d, n);
  const ClockRow& clock = row.clock(kind);
  const bool told = tells && kind == ClockKind::resolution && clock.told < 100 && speaks_now(row);
  d.out.add(ClockBreached{n, kind, clock.priority, why_breached(clock), told,
                          earlier(d.now, runs_out(clock))});
  if (told) tell_hierarchy(d, n, 100);
}

void warn(const Deciding& d, IncidentNumber n, ClockKind kind, std::uint8_t percent,
          const Plan& p) {
  const IncidentRow row = row_of(d, n);
  const std::uint8_t next = next_after(kind, percent);
  const bool told = row.clock(kind).told < percent && speaks_now(row);
  d.out.add(ClockWarned{n, kind, row.priority, percent, told, p.at(percent), next, p.at(next)});
  if (told) tell_hierarchy(d, n, percent);
}

bool due_now(const IncidentRow& row, ClockKind kind, Instant now) {
  return row.clock(kind).runs() && !row.provisional(kind) && row.clock(kind).next_due <= now;
}

// The time of the day was set a moment ago: a calendar is not asked before it has stayed so.
bool waits_for_the_clock(const Deciding& d, const IncidentRow& row, ClockKind kind) {
  const Globals& g = d.state.globals();
  return g.replan_next && g.replan_due > d.now && !plan_of(d, row, kind).calendar.empty();
}
void wait_for_the_clock(const Deciding& d, const IncidentRow& row, ClockKind kind) {
  const ClockRow& clock = row.clock(kind);
  const std::string calendar(plan_of(d, row, kind).calendar);
  d.out.add(ClockPlanned{row.number, kind, WhyPlanned::clock_stepped, clock.priority,
                         clock.target.ms, clock.due, clock.due, clock.next,
                         d.state.globals().replan_due, calendar});
}

// The highest percentage that has been reached: of those before it nobody is told any more.
void look(const Deciding& d, IncidentNumber n, ClockKind kind) {
  if (!due_now(row_of(d, n), kind, d.now)) return;
  if (waits_for_the_clock(d, row_of(d, n), kind)) return wait_for_the_clock(d, row_of(d, n), kind);
  // What is agreed may have changed, and the slice that says so is not here yet.
  replan(d, n, kind, WhyPlanned::recomputed);
  const IncidentRow row = row_of(d, n);
  const ClockRow& clock = row.clock(kind);
  if (!due_now(row, kind, d.now)) return;
  const Plan p = plan_of(d, row, kind);
  std::uint8_t reached = 0;
  for (const std::uint8_t percent : percents)
    if (percent >= clock.next && counts(kind, percent) && p.at(percent) <= d.now) reached = percent;
  if (reached == 100 && planted("breach_forgotten"))
    d.out.add(ClockWarned{n, kind, row.priority, clock.passed, false, d.now, 0, never});
  else if (reached == 100)
    breach(d, n, kind, true);
  else
    warn(d, n, kind, reached, p);
  if (kind == ClockKind::resolution && row.priority == Priority::P1) review_major(d, n);
}

void end(const Deciding& d, IncidentNumber n, ClockKind kind, Instant ended_at) {
  const IncidentRow row = row_of(d, n);
  const ClockRow& clock = row.clock(kind);
  const bool in_time = ended_at <= runs_out(clock);
  if (!in_time && clock.passed < 100) breach(d, n, kind, false);
  const ClockRow now = row_of(d, n).clock(kind);
  // What was on record before anybody knew that it was over did not happen (SLA-7).
  const bool unbroken = now.breached_at == never || now.breached_at >= ended_at;
  Span ran = elapsed(running(row, kind, clock.priority, d.state.globals(), d.settings),
                     d.state.globals().wall(ended_at));
  // The date that was planned counts, though the calendar may just have become another one.
  if (in_time) ran = std::min(ran, clock.target);
  d.out.add(
      ClockEnded{n, kind, clock.priority, in_time && unbroken, ended_at, clock.target.ms, ran.ms});
}

// By a person, or by who speaks for it: at the later of its becoming a child and the answer.
Instant answered_at(const Deciding& d, const IncidentRow& row) {
  Instant at = row.acknowledged_at;
  const std::uint32_t slot = row.parent ? d.state.incident_slot(row.parent) : no_slot;
  if (slot == no_slot) return at;
  const Instant parent = d.state.incidents().at(slot).acknowledged_at;
  return parent == never ? at : earlier(at, later(parent, row.child_since));
}

Instant restored_at(const Deciding& d, const IncidentRow& row) {
  // Where it was noticed it is of the log, whatever the clock has been set to since.
  const Instant at = row.restored_on != never ? row.restored_on
                     : row.restored_at.ms     ? d.state.globals().instant(row.restored_at)
                                              : row.resolved_at;
  return later(row.opened_at, earlier(at, row.resolved_at));
}

}  // namespace

void start_clocks(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = row_of(d, n);
  if (row.self || row.drill) return;
  need_format(d, format_with_agreements);
  const Plan response = plan_of(d, row, ClockKind::response),
             resolution = plan_of(d, row, ClockKind::resolution);
  const std::string calendar(resolution.calendar);
  d.out.add(ClocksStarted{n, row.priority, response.target.ms, resolution.target.ms, response.due(),
                          resolution.due(), resolution.at(percents[0]), calendar});
}

// While it may have recovered it is not known yet whether an answer after the time was needed.
void clock_answered(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = row_of(d, n);
  const ClockRow& clock = row.response;
  const Instant at = answered_at(d, row);
  if (!clock.runs() || at == never) return;
  if (row.provisional(ClockKind::response) && at > clock.due) return;
  end(d, n, ClockKind::response, at);
}

void clocks_after_priority(const Deciding& d, IncidentNumber n) {
  clock_answered(d, n);
  for (const ClockKind kind : kinds) {
    const IncidentRow row = row_of(d, n);
    if (row.clock(kind).priority == priority_of(row, kind)) continue;
    if (replan(d, n, kind, WhyPlanned::reprioritised)) look(d, n, kind);
  }
}

void clocks_fire_again(const Deciding& d, IncidentNumber n) {
  clock_answered(d, n);
  for (const ClockKind kind : kinds) {
    replan(d, n, kind, WhyPlanned::fires_again);
    look(d, n, kind);
  }
  tell_what_passed(d, n);
}

void clocks_after_resolution(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = row_of(d, n);
  const Instant restored = restored_at(d, row);
  if (row.response.runs()) end(d, n, ClockKind::response, earlier(answered_at(d, row), restored));
  if (row.resolution.runs()) end(d, n, ClockKind::resolution, restored);
}

void clocks_after_reopening(const Deciding& d, IncidentNumber n) {
  if (!row_of(d, n).resolution.runs()) return;
  plan(d, n, ClockKind::resolution, WhyPlanned::reopened);
  look(d, n, ClockKind::resolution);
  tell_what_passed(d, n);
}

void clocks_after_detaching(const Deciding& d, IncidentNumber n) {
  tell_what_passed(d, n);
  review_major(d, n);
}

void clocks_after_hold(const Deciding& d, IncidentNumber n) {
  const bool still = stands_still(row_of(d, n), ClockKind::resolution);
  replan(d, n, ClockKind::resolution, still ? WhyPlanned::held : WhyPlanned::went_on);
  look(d, n, ClockKind::resolution);
}

void recompute_clocks(const Deciding& d, IncidentNumber n) {
  clock_answered(d, n);
  for (const ClockKind kind : kinds) {
    const ClockRow clock = row_of(d, n).clock(kind);
    const Plan p = plan_of(d, row_of(d, n), kind);
    // There is nothing to come of what is over its time, unless it is given more.
    const bool spent_as_agreed = clock.passed == 100 && clock.target == p.target;
    if (!spent_as_agreed) replan(d, n, kind, WhyPlanned::recomputed);
  }
}

void clock_due(const Deciding& d, IncidentNumber n) {
  clock_answered(d, n);
  for (const ClockKind kind : kinds) look(d, n, kind);
}

Span elapsed_of(const IncidentRow& row, ClockKind kind, Instant at, const Globals& globals,
                const Settings& settings) {
  const ClockRow& clock = row.clock(kind);
  if (clock.ended_at != never) return clock.elapsed;
  return elapsed(running(row, kind, clock.priority, globals, settings), globals.wall(at));
}

bool half_spent(const Deciding& d, IncidentNumber n) {
  const ClockRow clock = row_of(d, n).resolution;
  return clock.runs() && clock.passed >= 50;
}

}  // namespace tocsin
