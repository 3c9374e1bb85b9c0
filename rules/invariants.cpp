// Why this file is long: every law of a state stands here, one after the other.
#include "rules/invariants.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "rules/model/inhibit.hpp"
#include "rules/windows.hpp"

namespace tocsin {
namespace {

using Broken = std::optional<std::string>;

// 4. Conservation: what was received was disposed of once, or is held.
Broken conservation(const State& s) {
  const auto& t = s.totals();
  const auto sum = [](const auto& a) {
    return std::accumulate(a.begin(), a.end(), std::uint64_t{0});
  };
  if (sum(t.received) != sum(t.dispositions) + t.held)
    return "received " + std::to_string(sum(t.received)) + " events, disposed of " +
           std::to_string(sum(t.dispositions)) + ", holding " + std::to_string(t.held);
  std::uint64_t held = 0, tombstones = 0;
  s.alerts().each([&](std::uint32_t, const AlertRow& r) {
    held += r.state == AlertState::held && !(r.flags & AlertRow::muted);
    tombstones += r.state == AlertState::tombstone;
  });
  if (held != t.held)
    return std::to_string(held) + " alerts are held, " + std::to_string(t.held) + " are counted";
  if (tombstones != s.globals().tombstones) return "tombstones are miscounted";
  return {};
}

// Members are counted where they are.
Broken members(const State& s) {
  struct Count {
    std::uint32_t firing = 0, stale = 0;
  };
  std::vector<Count> counted(s.incidents().view().slots());  // by slot of the incident
  std::map<std::string_view, CiNow> cis;                     // those with something firing
  Broken broken;
  s.alerts().each([&](std::uint32_t slot, const AlertRow& r) {
    if (s.alert_slot(r.fingerprint()) != slot)
      broken = "an alert is not found under its fingerprint";
    const bool firing = r.state == AlertState::firing || r.state == AlertState::stale;
    if (firing && !r.incident) broken = "a firing alert belongs to no incident";
    if (firing != bool(r.flags & AlertRow::counted_firing))
      broken = "a firing alert is not counted as such";
    if ((r.state == AlertState::stale) != bool(r.flags & AlertRow::counted_stale))
      broken = "a stale alert is not counted as such";
    if (firing && !r.ci().empty()) {
      CiNow& now = cis[r.ci()];
      ++now.firing, now.serious += r.severity <= Severity::error;
    }
    const std::uint32_t at = r.incident ? s.incident_slot(r.incident) : no_slot;
    if (at == no_slot) return;
    counted[at].firing += firing;
    counted[at].stale += r.state == AlertState::stale;
  });
  for (const auto& [ci, now] : cis)
    if (const CiNow* known = s.ci_now(ci);
        !known || known->firing != now.firing || known->serious != now.serious)
      broken = "what fires at " + std::string(ci) + " is miscounted";
  s.incidents().each([&](std::uint32_t slot, const IncidentRow& r) {
    if (const CiNow* known = s.ci_now(r.words().ci);
        known && known->firing && !cis.count(r.words().ci))
      broken = "nothing fires at " + std::string(r.words().ci) + ", and something is counted";
    const Count c = counted[slot];
    if (c.firing != r.alerts_firing || c.stale != r.alerts_stale)
      broken = to_text(r.number) + " counts " + std::to_string(r.alerts_firing) +
               " firing alerts and has " + std::to_string(c.firing);
  });
  return broken;
}

// 3. Told: an unresolved incident that must page has an attempt in flight, a deadline ahead, or a
// recorded reason with an end (it was answered, it is being verified, or a person has yet to resume
// paging).
Broken told(const State& s, const Settings& settings) {
  Broken broken;
  s.incidents().each([&](std::uint32_t, const IncidentRow& r) {
    if (!r.unresolved() || r.acknowledged_at != never || r.drill ||
        !settings.policies[index(r.priority)].must_page)
      return;
    if (r.escalate_due != never || r.verify_due != never || r.prompt_due != never) return;
    if (r.parent) return;  // see families()
    for (PageId id : s.pages_of(r.number)) {
      const PageRow& p = s.pages().at(s.page_slot(id));
      if (!p.delivered && p.kind == PageKind::page) return;
    }
    broken = to_text(r.number) + " is unanswered, and nobody will be told";
  });
  return broken;
}

// 3: a heartbeat has a timer, or an alert that says that it is silent.
Broken heartbeats(const State& s) {
  Broken broken;
  s.heartbeats().each([&](std::uint32_t slot, const HeartbeatRow& r) {
    const std::string name(r.name());
    if (s.heartbeat_slot(name) != slot || r.id >= s.globals().next_heartbeat)
      broken = "heartbeat " + name + " is not found under its name";
    const bool missed = r.state == HeartbeatState::missed;
    if (missed != (r.due == never) || missed != (r.missed_at != never))
      broken = "heartbeat " + name + " has no timer";
    const std::uint32_t alert = s.alert_slot(r.alert);
    if (missed && (alert == no_slot || s.alerts().at(alert).state > AlertState::stale))
      broken = "heartbeat " + name + " is silent, and no alert says so";
  });
  if (s.heartbeats_by_name().size() != s.heartbeats().size())
    broken = "a heartbeat is known by two names";
  return broken;
}

// What is asked for has its number, and what is done is forgotten some time.
Broken requests(const State& s, const Settings& settings) {
  Broken broken;
  std::size_t done = 0;
  s.requests().each([&](std::uint32_t slot, const RequestRow& r) {
    const std::string number = to_text(r.number);
    if (s.request_slot(r.number) != slot || r.number >= s.globals().next_request)
      broken = number + " is not found under its number";
    if (s.request_of(r.key, r.starts_at) < r.number)
      broken = number + " is not found under its key";
    const bool over = r.state == RequestState::done;
    done += over;
    if (over != (r.forget_due != never) || over != s.done_requests().contains(r.number))
      broken = number + " is done and kept for ever, or not done and forgotten";
    if (r.incident >= s.globals().next_incident || (r.incident && !over && !r.was_incident()))
      broken = number + " became an incident that was never given out, or goes on";
    if ((r.state == RequestState::handed_over) && r.words().taken_by.empty())
      broken = number + " is with nobody";
  });
  s.incidents().each([&](std::uint32_t, const IncidentRow& r) {
    if (r.request >= s.globals().next_request)
      broken = to_text(r.number) + " became a request that was never given out";
  });
  if (s.done_requests().size() != done) broken = "requests that are done are miscounted";
  if (s.requests().size() > settings.requests_max) broken = "there are more requests than are kept";
  return broken;
}

// 3 and 5: what is held is held by silences, has an end, and goes on when something is uncovered.
Broken mutes(const State& s, const Settings& settings) {
  Broken broken;
  std::size_t live[EnumTable<SuppressionKind>::count] = {};
  s.silences().each([&](std::uint32_t slot, const SilenceRow& r) {
    live[index(r.kind)] += r.state != SilenceState::expired;
    if (r.id >= s.globals().next_silence) broken = "a silence was never given out";
    if (s.silence_slot(r.id) != slot || s.silence_slot(r.uuid) != slot)
      broken = "a silence is not found under its name";
    if (r.due() == never) broken = "a silence never ends";
  });
  if (live[0] != s.silence_index().size() || live[1] != s.window_index().size())
    broken = "the index of silences is not of the silences";
  const Instant at = s.globals().at;
  const auto covered = [&](std::uint32_t alert) {
    bool any = false;
    s.silence_index().each_fit(s.alerts().at(alert).text(), [&](std::uint32_t slot) {
      any = any || s.silences().at(slot).covers(at);
    });
    return any || inhibited(s, settings, s.alerts().at(alert).text());
  };
  s.incidents().each([&](std::uint32_t, const IncidentRow& r) {
    if (r.lock_due != never && (!r.locked || !r.unresolved()))
      broken = to_text(r.number) + ": a lock of its priority ends that nobody made";
    if (r.eased && r.words().known_error.empty())
      broken = to_text(r.number) + " is less urgent for a known error, and knows none";
    if (r.held_until == never) return;
    if (!r.unresolved() || r.acknowledged_at != never)
      broken = to_text(r.number) + " is held, and nothing is to be done";
    if (r.verify_due != never || r.prompted) return;
    if (r.escalate_due != r.held_until) broken = to_text(r.number) + " is held without an end";
    if (s.globals().mute_next || s.globals().sources_next || r.held_until <= at)
      return;  // it is about to be looked at
    bool all = r.alerts_firing > 0;
    s.each_member(r.number, [&](std::uint32_t alert) { return all = all && covered(alert); });
    if (!all) broken = to_text(r.number) + " is held, and nothing mutes it";
  });
  return broken;
}

// 3 and 4: what is suppressed has an end.
Broken windows(const State& s) {
  Broken broken;
  std::size_t muted = 0;
  s.alerts().each([&](std::uint32_t slot, const AlertRow& r) {
    if (!(r.flags & AlertRow::muted)) return;
    ++muted;
    const auto known = s.muted_alerts().find(r.serial().value);
    if (known == s.muted_alerts().end() || known->second != slot)
      broken = "a suppressed alert is not found as such";
    if (r.state != AlertState::held) broken = "an alert is suppressed that does not wait";
    if (r.due == never) broken = "an alert is suppressed for ever";
  });
  if (muted != s.muted_alerts().size()) broken = "suppressed alerts are miscounted";
  return broken;
}

// And is covered by a window that is open.
Broken planned_windows(const State& s, const Settings& settings) {
  Broken broken;
  const Globals& g = s.globals();
  s.alerts().each([&](std::uint32_t, const AlertRow& r) {
    const bool soon = g.window_next || r.due <= g.at;  // it is about to be looked at
    if (!(r.flags & AlertRow::muted) || soon) return;
    if (!covering(s, settings, g.at, r.ci(), r.text(), g.wall(g.at)))
      broken = "an alert is suppressed, and no window covers it";
  });
  return broken;
}

// 3 and 5: while paging is paused only drills go out, and a step is held only then; a person ends
// it.
Broken pause(const State& s) {
  const Globals& g = s.globals();
  Broken broken;
  s.incidents().each([&](std::uint32_t, const IncidentRow& r) {
    if (r.escalate_due == when_resumed && !g.paused)
      broken = to_text(r.number) + " is held by a pause that is over";
  });
  if (!g.paused) return broken;
  s.pages().each([&](std::uint32_t, const PageRow& p) {
    if (p.delivered || p.state != PageState::in_flight || p.epoch <= g.paused_epoch) return;
    if (p.why != WhyPage::drill || p.requested_at < g.paused_at)
      broken = to_text(p.incident) + " is paged while paging is paused";
  });
  return broken;
}

// 3. Told: whoever is silent as a child has a parent that speaks for it, and nobody is both.
Broken families(const State& s) {
  Broken broken;
  std::map<IncidentNumber, std::size_t> children;
  s.incidents().each([&](std::uint32_t, const IncidentRow& r) {
    if (!r.parent || !r.unresolved()) return;
    ++children[r.parent];
    const std::uint32_t slot = s.incident_slot(r.parent);
    if (slot == no_slot) return void(broken = to_text(r.number) + " is the child of nobody");
    const IncidentRow& parent = s.incidents().at(slot);
    if (parent.parent && parent.unresolved())
      broken = to_text(r.parent) + " is a child and has children";
    if (!parent.unresolved() && parent.family_due == never)
      broken = to_text(r.number) + " is a child, and its parent is over";
    if (r.escalate_due != never || r.held_until != never)
      broken = to_text(r.number) + " is a child and speaks for itself";
    if (!s.children_of(r.parent).contains(r.number))
      broken = to_text(r.number) + " is not found under its parent";
    if (parent.unresolved() && parent.held_until != never)
      broken = to_text(r.parent) + " is silenced and speaks for others";
  });
  for (const auto& [parent, n] : children)
    if (s.children_of(parent).size() != n) broken = to_text(parent) + " has children that are not";
  return broken;
}

// BND-6, BND-9, BND-10: what is indexed is what there is.
Broken storms(const State& s) {
  Broken broken;
  std::map<std::string_view, std::vector<std::uint32_t>> held;  // by CI: slots
  std::map<IncidentNumber, std::uint32_t> flapping;
  s.alerts().each([&](std::uint32_t slot, const AlertRow& r) {
    if (r.flags & AlertRow::flapping) {
      ++flapping[r.incident];
      if (r.quiet_due() == never) broken = "an alert flaps for ever";
    }
    if (r.state != AlertState::held || (r.flags & AlertRow::muted) || r.ci().empty()) return;
    held[r.ci()].push_back(slot);
  });
  for (auto& [ci, slots] : held) {
    std::sort(slots.begin(), slots.end(), [&](std::uint32_t a, std::uint32_t b) {
      return s.alerts().at(a).serial() < s.alerts().at(b).serial();
    });
    const CiNow* now = s.ci_now(ci);
    if (!now || now->held.size != slots.size() || s.held_at(*now, slots.size() + 1) != slots)
      broken = "what is held at " + std::string(ci) + " is not what its chain says";
  }
  s.incidents().each([&](std::uint32_t, const IncidentRow& r) {
    const auto it = flapping.find(r.number);
    if (r.alerts_flapping != (it == flapping.end() ? 0 : it->second))
      broken = "what flaps in " + to_text(r.number) + " is miscounted";
  });
  const StormWatch& storm = s.globals().storm;
  if (storm.on != (storm.due != never)) broken = "a storm has no end";
  if (!storm.on && !storm.relations.empty()) broken = "a storm that is over has incidents";
  if (storm.relations.size() > StormWatch::relations_max) broken = "a storm has no bound";
  return broken;
}

// The twin of rules/process/agreement.cpp: piece by piece, over the intervals of the calendar.
// How much has passed at `until`; or at which instant so much had, when it had by then.
struct Walked {
  Span elapsed{};
  std::optional<Wall> reached;
};
Walked walk(const Calendar* calendar, Wall start, const std::vector<Pause>& pauses,
            const Globals& g, Wall until, Span target) {
  Walked out;
  const auto open = calendar && start < until ? calendar->intervals(start, until)
                                              : std::vector<Calendar::Interval>{{start, until}};
  for (const auto& interval : open) {
    Wall at = std::max(interval.opens, start);
    const Wall end = std::min(interval.closes, until);
    while (at < end) {
      Wall to = end;
      bool still = false;
      for (const Pause& p : pauses) {
        const Wall from = g.wall(p.from), goes_on = p.to == never ? until : g.wall(p.to);
        if (from <= at && at < goes_on) still = true, to = std::min(to, goes_on);
        if (at < from) to = std::min(to, from);
      }
      if (!still && !out.reached && Span{out.elapsed.ms + (to - at).ms} >= target)
        out.reached = at + Span{target.ms - out.elapsed.ms};
      if (!still) out.elapsed.ms += (to - at).ms;
      at = to;
    }
  }
  return out;
}

bool stands_still(const IncidentRow& r, ClockKind kind) {
  const auto pauses = unpack_pauses(r.words().pauses);
  return kind == ClockKind::resolution && !pauses.empty() && pauses.back().to == never;
}

// 15. Agreements: a breach is on record from its very instant on, and nothing is due while the
// clock stands still or its incident may be over.
Broken agreements(const State& s) {
  Broken broken;
  s.incidents().each([&](std::uint32_t, const IncidentRow& r) {
    const std::string number = to_text(r.number);
    if ((r.self || r.drill) && (r.response.exists() || r.resolution.exists()))
      broken = number + " was promised to nobody, and has clocks";
    const auto pauses = unpack_pauses(r.words().pauses);
    for (std::size_t i = 0; i < pauses.size(); ++i)
      if (pauses[i].to <= pauses[i].from || (i > 0 && pauses[i].from <= pauses[i - 1].to))
        broken = number + ": its pauses are not in order";
    for (const ClockKind kind : {ClockKind::response, ClockKind::resolution}) {
      const ClockRow& clock = r.clock(kind);
      if (!clock.exists()) continue;
      const std::string which = number + ": its clock of " + std::string(name(kind));
      if (!r.unresolved() && clock.runs()) broken = which + " goes on, and it is over";
      if (clock.passed < clock.told && clock.told > clock.told_as[index(clock.priority)])
        broken = which + " was told of before its time";
      if (!clock.runs() || r.provisional(kind)) continue;
      if (stands_still(r, kind)) {
        if (clock.next_due != never) broken = which + " stands still, and something is due";
        continue;
      }
      // One whose time has come is about to be looked at.
      if (clock.due < s.globals().at && clock.passed < 100 && clock.next_due == never)
        broken = which + " is over its time, and that is not on record";
      if (clock.passed == 100 && clock.breached_at == never)
        broken = which + " was broken at no time";
    }
  });
  return broken;
}

// 15. What is planned of it is what the clock comes to.
Broken planned_agreements(const State& s, const Settings& settings) {
  const Globals& g = s.globals();
  // A changed configuration or clock is on its way to them.
  if (g.replan_next || settings.hash != g.config_hash) return {};
  Broken broken;
  s.incidents().each([&](std::uint32_t, const IncidentRow& r) {
    for (const ClockKind kind : {ClockKind::response, ClockKind::resolution}) {
      const ClockRow& clock = r.clock(kind);
      if (!clock.runs() || r.provisional(kind) || stands_still(r, kind)) continue;
      const std::string which = to_text(r.number) + ": its clock of " + std::string(name(kind));
      const bool resolution = kind == ClockKind::resolution;
      const Agreement& agreed = settings.sla[index(r.priority)];
      if (clock.priority != r.priority ||
          clock.target != (resolution ? agreed.resolution : agreed.response))
        broken = which + " is of another agreement";
      if (clock.due == never || clock.passed == 100) continue;
      const std::string_view id = settings.calendar_of(agreed, r.words().service);
      const Calendar* calendar = id == always_open ? nullptr : settings.calendar(id);
      const auto all = resolution ? unpack_pauses(r.words().pauses) : std::vector<Pause>{};
      const Walked until_due =
          walk(calendar, g.wall(r.opened_at), all, g, g.wall(clock.due), clock.target);
      if (until_due.elapsed != clock.target || until_due.reached != g.wall(clock.due))
        broken = which + " is due when " + std::to_string(until_due.elapsed.ms) + " ms of " +
                 std::to_string(clock.target.ms) + " have passed";
    }
  });
  return broken;
}

// 10. One: numbers below the next, and one unresolved incident per CI and subcategory.
Broken one(const State& s) {
  Broken broken;
  s.incidents().each([&](std::uint32_t slot, const IncidentRow& r) {
    if (r.number >= s.globals().next_incident) broken = to_text(r.number) + " was never given out";
    if (s.incident_slot(r.number) != slot)
      broken = to_text(r.number) + " is not found under its number";
    if (!r.unresolved()) return;
    const auto w = r.words();
    if (w.ci.empty()) return;
    const auto* of_ci = s.incidents_of(w.ci);
    if (!of_ci) return void(broken = to_text(r.number) + " is not found under its CI");
    for (IncidentNumber n : *of_ci) {
      const IncidentRow& other = s.incidents().at(s.incident_slot(n));
      if (n > r.number && other.unresolved() && other.words().subcategory == w.subcategory)
        broken = to_text(r.number) + " and " + to_text(n) + " are the same outage";
    }
  });
  return broken;
}

// 6. Once: channels' slots are counted, and nothing is in flight for an epoch that has not begun.
Broken outbox(const State& s) {
  std::map<std::string_view, std::uint32_t> in_flight;
  Broken broken;
  s.pages().each([&](std::uint32_t, const PageRow& p) {
    if (p.id >= s.globals().next_page) broken = "a page has an id that was never given out";
    if (s.incident_slot(p.incident) == no_slot) broken = "a page is of no incident";
    if (p.delivered || p.state != PageState::in_flight) return;
    ++in_flight[p.channel()];
    if (p.epoch > s.globals().epoch) broken = "an attempt is of an epoch to come";
    if (p.due == never) broken = "an attempt has no lease";
  });
  for (const auto& [channel, n] : in_flight)
    if (s.in_flight(channel) != n) broken = "slots of " + std::string(channel) + " are miscounted";
  return broken;
}

// Closed incidents leave when nobody is owed a word; resolved ones close.
Broken endings(const State& s) {
  Broken broken;
  s.incidents().each([&](std::uint32_t, const IncidentRow& r) {
    if (r.state == IncidentState::resolved && (r.close_due == never) != r.is_major())
      broken = to_text(r.number) +
               (r.is_major() ? " closes by itself, and is major" : " will never close");
    const bool owned = r.state == IncidentState::in_progress || r.on_hold();
    if (owned && r.acknowledged_at == never)
      broken = to_text(r.number) + " is in progress and nobody owns it";
    if (r.acknowledged_at != never && r.escalate_due != never)
      broken = to_text(r.number) + " was answered and still escalates";
  });
  return broken;
}

// 3. Told: what waits has an end ahead, and what is to be decided a deadline; nobody waits unseen,
// and no child is a candidate.
Broken courses(const State& s) {
  Broken broken;
  State::DownServices down;
  std::uint32_t known = 0;
  s.incidents().each([&](std::uint32_t, const IncidentRow& r) {
    const std::string n = to_text(r.number);
    const IncidentWords w = r.words();
    if (r.on_hold() != (r.hold_due != never) || r.hold_due > r.hold_until ||
        (r.on_hold() && r.hold_until == never))
      broken = n + " is on hold without an end";
    const auto pauses = unpack_pauses(w.pauses);
    if (!pauses.empty() && pauses.back().to == never && !r.on_hold())
      broken = n + ": its clock stands still, and it is not on hold";
    if (r.on_hold() && r.is_major()) broken = n + " is a major incident on hold";
    const bool candidate = r.major == MajorState::candidate;
    if (candidate && (r.major_due == never || r.parent || !r.unresolved()))
      broken = n + " is a candidate that nobody decides about";
    if (r.is_major() && (r.major_due != never || w.business_impact.empty()))
      broken = n + " is a major incident, and its impact is not said";
    if (!r.unresolved() && r.major_due != never) broken = n + " is over and still looked at";
    if (r.is_down() && !w.service.empty()) ++down[std::string(w.service)];
    known += r.known_for_services();
  });
  if (down != s.down_services()) broken = "services that are down are miscounted";
  if (known != s.known_for_services()) broken = "what is known of many services is miscounted";
  return broken;
}

}  // namespace

std::optional<std::string> broken_law(const State& state, const Settings& settings) {
  if (auto b = conservation(state)) return "conservation: " + *b;
  if (auto b = members(state)) return "members: " + *b;
  if (auto b = told(state, settings)) return "told: " + *b;
  if (auto b = mutes(state, settings)) return "mutes: " + *b;
  if (auto b = windows(state)) return "windows: " + *b;
  if (auto b = heartbeats(state)) return "heartbeats: " + *b;
  if (auto b = requests(state, settings)) return "requests: " + *b;
  if (auto b = pause(state)) return "pause: " + *b;
  if (auto b = families(state)) return "families: " + *b;
  if (auto b = storms(state)) return "storms: " + *b;
  if (auto b = one(state)) return "one: " + *b;
  if (auto b = outbox(state)) return "once: " + *b;
  if (auto b = endings(state)) return "endings: " + *b;
  if (auto b = courses(state)) return "courses: " + *b;
  if (auto b = agreements(state)) return "agreements: " + *b;
  return {};
}

std::optional<std::string> broken_plan(const State& state, const Settings& settings) {
  if (auto b = planned_windows(state, settings)) return "windows: " + *b;
  if (auto b = planned_agreements(state, settings)) return "agreements: " + *b;
  return {};
}

}  // namespace tocsin
