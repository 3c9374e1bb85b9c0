#include "rules/storm.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "rules/model/storm_text.hpp"
#include "rules/process/format.hpp"

namespace tocsin {
namespace {

// Alerts are counted once so many are known, or half of what makes a storm: a store that never has
// more of them stays readable by the version before storms.
constexpr std::uint32_t counting_from = 50;
// Incidents from just before the storm belong to it: its first alerts opened them.
constexpr std::uint32_t incidents_before = 64;
constexpr std::size_t services_max = 8, upstreams_max = 16;  // of one incident, the nearest first
constexpr std::size_t siblings_enough = 10, siblings_seen = 256;

const IncidentRow* row_of(const Deciding& d, IncidentNumber n) {
  const std::uint32_t slot = d.state.incident_slot(n);
  return slot == no_slot ? nullptr : &d.state.incidents().at(slot);
}

std::int64_t window_s(const Deciding& d) {
  return std::max<std::int64_t>(1, d.settings.storm_within.ms / 1000);
}
std::uint32_t alerts_now(const Deciding& d) {
  return d.state.globals().storm.within(d.now, window_s(d));
}

// The alerts that are known already, by the second in which they were first heard of.
void start_counting(const Deciding& d) {
  std::array<std::uint32_t, StormWatch::window_s> counts{};
  d.state.alerts().each([&](std::uint32_t, const AlertRow& row) {
    const std::int64_t ago = d.now.ms / 1000 - row.seen_at.ms / 1000;
    const bool fired = row.state != AlertState::tombstone;
    if (fired && ago >= 0 && ago < StormWatch::window_s) ++counts[static_cast<std::size_t>(ago)];
  });
  std::string packed;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i]) append_storm_count(packed, {static_cast<std::uint8_t>(i), counts[i]});
  need_format(d, format_with_decisions);
  d.out.add(StormWatched{packed});
}

// The first instant at which few alerts will have come in the window, if no more come.
Instant calm_at(const Deciding& d) {
  const StormWatch& storm = d.state.globals().storm;
  const std::int64_t now = d.now.ms / 1000;
  for (std::int64_t s = 1; s < window_s(d); ++s)
    if (storm.within(Instant{(now + s) * 1000}, window_s(d)) < d.settings.storm_end_below)
      return Instant{(now + s) * 1000};
  return Instant{(now + window_s(d)) * 1000};
}

// What an incident may share with others: what it needs, where it stands, whom it serves.
std::vector<std::string> relations_of(const Deciding& d, const IncidentWords& words) {
  std::vector<std::string> out;
  const Settings& s = d.settings;
  const auto add = [&](std::string_view kind, std::string_view name) {
    if (!name.empty()) out.push_back(std::string(kind) + " " + std::string(name.substr(0, 256)));
  };
  if (const Ci* ci = words.ci.empty() ? nullptr : s.ci(words.ci)) {
    const auto at = static_cast<std::uint32_t>(ci - s.cis.data());
    std::size_t upstreams = 0, services = 0;
    for (const Reached& r : s.dependencies.upstreams(at))
      if (r.hard && upstreams++ < upstreams_max) add("upstream", s.cis[r.ci].id);
    add("site", ci->site);
    for (const Reached& r : s.dependencies.dependents(at))
      if (s.cis[r.ci].ci_class == service_class && services++ < services_max)
        add("service", s.cis[r.ci].id);
  }
  // A sender's word for a service that nobody declared joins what has nothing to do with each
  // other.
  if (const Ci* service = words.service.empty() ? nullptr : s.ci(words.service))
    add("service", service->id);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// What the CIs below it have in common; empty: there are none.
std::string upstream_itself(const Settings& s, std::string_view id) {
  const Ci* ci = id.empty() ? nullptr : s.ci(id);
  bool above = false;
  if (ci)
    s.dependencies.each_dependent(static_cast<std::uint32_t>(ci - s.cis.data()),
                                  [&](std::uint32_t) { return !(above = true); });
  return above ? "upstream " + std::string(id.substr(0, 256)) : std::string();
}

// Who speaks for those that share `what`; none when nobody does any more.
IncidentNumber speaker_for(const Deciding& d, std::string_view what) {
  const auto& relations = d.state.globals().storm.relations;
  const auto it = relations.find(what);
  if (it == relations.end()) return {};
  const IncidentRow* row = row_of(d, it->second);
  if (row && row->parent) row = row_of(d, row->parent);
  return row && speaks(*row) ? row->number : IncidentNumber{};
}

void start_storm(const Deciding& d) {
  const std::uint32_t number = d.state.globals().storm.number + 1;
  d.out.add(StormStarted{number, alerts_now(d), calm_at(d)});
  const std::uint32_t end = d.state.globals().next_incident.value;
  for (std::uint32_t n = end > incidents_before ? end - incidents_before : 1; n < end; ++n) {
    const IncidentRow* row = row_of(d, IncidentNumber(n));
    if (row && row->unresolved() && !row->parent && !row->self && !row->drill && !row->restricted &&
        d.now - row->opened_at <= d.settings.storm_within)
      join_storm(d, IncidentNumber(n), IncidentNumber(n));
  }
}

}  // namespace

bool speaks(const IncidentRow& row) {
  return row.unresolved() && !row.self && !row.drill && row.verify_due == never && !row.prompted &&
         row.held_until == never;
}

void note_in_storm(const Deciding& d) {
  const std::uint32_t enough = d.settings.storm_alerts;
  if (enough == 0) return;
  if (!d.state.globals().storm.counting) {
    if (d.state.alerts().size() < std::min(counting_from, std::max(1u, enough / 2))) return;
    start_counting(d);
  }
  const StormWatch& storm = d.state.globals().storm;
  if (!storm.on) {
    if (alerts_now(d) >= enough) start_storm(d);
  } else if (storm.quiet_since != never && alerts_now(d) >= d.settings.storm_end_below) {
    d.out.add(StormChecked{never, calm_at(d)});
  }
}

void storm_due(const Deciding& d) {
  const StormWatch& storm = d.state.globals().storm;
  if (!storm.on) return;
  if (alerts_now(d) >= d.settings.storm_end_below)
    return d.out.add(StormChecked{never, calm_at(d)});
  const Instant since = storm.quiet_since == never ? d.now : storm.quiet_since;
  const Instant over = since + d.settings.storm_end_after;
  if (over <= d.now)
    d.out.add(StormEnded{storm.number});
  else
    d.out.add(StormChecked{since, over});
}

std::optional<StormRelation> storm_relation(const Deciding& d, IncidentNumber n) {
  const IncidentWords words = row_of(d, n)->words();
  // Others of the storm need it: it is their cause rather than one of them, and is told itself.
  if (const auto own = upstream_itself(d.settings, words.ci); !own.empty() && speaker_for(d, own))
    return {};
  for (std::string& what : relations_of(d, words))
    if (const IncidentNumber speaker = speaker_for(d, what); speaker && speaker != n)
      return StormRelation{speaker, std::move(what)};
  return {};
}

void join_storm(const Deciding& d, IncidentNumber n, IncidentNumber speaker) {
  const IncidentWords words = row_of(d, n)->words();
  auto all = relations_of(d, words);
  if (auto own = upstream_itself(d.settings, words.ci); !own.empty()) all.push_back(std::move(own));
  std::string packed;
  for (const std::string& what : all)
    if (!speaker_for(d, what)) append_relation(packed, what);
  // Nothing that anybody could share: nothing to remember.
  if (packed.empty() && speaker == n) return;
  need_format(d, format_with_decisions);
  d.out.add(StormJoined{n, speaker, d.state.globals().storm.number, packed});
}

bool siblings_suffer(const Deciding& d, std::string_view id) {
  const Ci* ci = id.empty() ? nullptr : d.settings.ci(id);
  if (!ci) return false;
  const Settings& s = d.settings;
  const auto at = static_cast<std::uint32_t>(ci - s.cis.data());
  std::size_t seen = 0, suffer = 0;
  s.dependencies.each_need(at, [&](std::uint32_t above) {
    suffer = 0;
    s.dependencies.each_dependent(above, [&](std::uint32_t below) {
      const CiNow* now = below == at ? nullptr : d.state.ci_now(s.cis[below].id);
      suffer += now && (now->serious > 0 || now->held.size > 0);
      return suffer < siblings_enough && ++seen < siblings_seen;
    });
    return suffer < siblings_enough && seen < siblings_seen;
  });
  return suffer >= siblings_enough;
}

}  // namespace tocsin
