#include "rules/correlate/correlate.hpp"

#include <absl/container/flat_hash_set.h>

#include <vector>

#include "rules/model/planted.hpp"

namespace tocsin {
namespace {

const IncidentRow* row_of(const State& state, IncidentNumber n) {
  const std::uint32_t slot = state.incident_slot(n);
  return slot == no_slot ? nullptr : &state.incidents().at(slot);
}

// LCY-12: exactly at the end of the window still reopens. What was a wish was no outage that could
// come back.
bool reopens(const Deciding& d, const IncidentRow& row) {
  return row.state == IncidentState::resolved && !row.request &&
         d.now - row.resolved_at <= d.settings.reopen_window;
}

// Somebody else's incident, which other alerts may join.
bool open_to_others(const IncidentRow* row) {
  return row && row->unresolved() && !row->self && !row->drill;
}

// Those of one CI in their order, as far as `take` says yes; none when it never does.
template <class Take>
IncidentNumber first_of(const Deciding& d, std::string_view ci, Take&& take) {
  if (const auto* numbers = ci.empty() ? nullptr : d.state.incidents_of(ci))
    for (const IncidentNumber n : *numbers)
      if (const IncidentRow* row = row_of(d.state, n); open_to_others(row) && take(*row)) return n;
  return {};
}

IncidentNumber same_subcategory(const Deciding& d, std::string_view ci,
                                std::string_view subcategory) {
  return first_of(d, ci,
                  [&](const IncidentRow& row) { return row.words().subcategory == subcategory; });
}

// Not everybody may read a restricted one, so that it takes in nothing but its like (BND-12).
bool for_all(const IncidentRow& row) {
  return !row.restricted;
}

// The oldest one: it is the outage of the pool.
IncidentNumber same_pool(const Deciding& d, const Ci& ci) {
  const Pool* pool = ci.pool.empty() ? nullptr : d.settings.pool(ci.pool);
  IncidentNumber oldest;
  if (pool)
    for (const std::uint32_t member : pool->members) {
      const IncidentNumber n = first_of(d, d.settings.cis[member].id, for_all);
      if (n && (!oldest || n < oldest)) oldest = n;
    }
  return oldest;
}

IncidentNumber young(const Deciding& d, std::string_view ci, Span window) {
  return first_of(d, ci, [&](const IncidentRow& row) {
    return for_all(row) && d.now - row.opened_at <= window;
  });
}

IncidentNumber joinable_cause(const Deciding& d, const std::string& ci) {
  const CiNow* now = d.state.ci_now(ci);
  const bool fires = now && now->firing > 0;
  return first_of(d, ci, [&](const IncidentRow& row) {
    return for_all(row) && (fires || d.now - row.opened_at <= d.settings.upstream_open_window);
  });
}

// Step by step over hard dependencies alone: a soft one is no shorter way.
IncidentNumber upstream(const Deciding& d, const Ci& ci) {
  std::vector<std::uint32_t> nearest{static_cast<std::uint32_t>(&ci - d.settings.cis.data())};
  absl::flat_hash_set<std::uint32_t> seen{nearest.front()};
  IncidentNumber found;
  for (std::size_t step = 0, next = 0; step < dependency_depth && !found; ++step)
    for (const std::size_t end = nearest.size(); next < end && !found; ++next)
      d.settings.dependencies.each_need(nearest[next], [&](std::uint32_t needed) {
        if (!seen.insert(needed).second) return true;
        nearest.push_back(needed);
        found = joinable_cause(d, d.settings.cis[needed].id);
        return !found;
      });
  return found;
}

// BND-7 c to e.
Join other_subcategory(const Deciding& d, std::string_view ci) {
  const Ci* known = ci.empty() ? nullptr : d.settings.ci(ci);
  if (known)
    if (const auto n = same_pool(d, *known)) return {n, JoinReason::same_pool, false};
  if (const auto n = young(d, ci, d.settings.same_ci_window))
    return {n, JoinReason::same_ci_recently, false};
  if (known)
    if (const auto n = upstream(d, *known)) return {n, JoinReason::upstream, false};
  return {};
}

// The youngest one: it is the outage people remember.
Join was_resolved(const Deciding& d, std::string_view ci, std::string_view subcategory) {
  const auto* of_ci = ci.empty() ? nullptr : d.state.incidents_of(ci);
  if (!of_ci) return {};
  for (auto it = of_ci->rbegin(); it != of_ci->rend(); ++it) {
    const IncidentRow* row = row_of(d.state, *it);
    if (!row->self && reopens(d, *row) && row->words().subcategory == subcategory)
      return {*it, JoinReason::reopened_same_ci_and_subcategory, true};
  }
  return {};
}

}  // namespace

Join find_join(const Deciding& d, IncidentNumber own, std::string_view ci,
               std::string_view subcategory) {
  const IncidentRow* before = own ? row_of(d.state, own) : nullptr;
  if (before && before->unresolved()) return {own, JoinReason::same_fingerprint, false};

  if (const auto n = same_subcategory(d, ci, subcategory))
    return {n, JoinReason::same_ci_and_subcategory, false};
  if (!d.settings.restricted(subcategory))
    if (const Join join = other_subcategory(d, ci); join.incident) return join;
  if (before && reopens(d, *before)) return {own, JoinReason::reopened_same_fingerprint, true};
  return was_resolved(d, ci, subcategory);
}

namespace {

IncidentNumber most_urgent(const Deciding& d, std::string_view ci) {
  IncidentNumber found;
  Priority best = Priority::count_;
  first_of(d, ci, [&](const IncidentRow& row) {
    if ((for_all(row) || planted("report_joins_restricted")) && row.priority < best)
      best = row.priority, found = row.number;
    return false;
  });
  return found;
}

}  // namespace

Join find_reported(const Deciding& d, std::string_view ci, std::string_view subcategory) {
  if (ci.empty()) return {};
  // What would be restricted joins its like alone, or it would hide the other.
  const auto urgent = d.settings.restricted(subcategory) ? IncidentNumber{} : most_urgent(d, ci);
  if (urgent) return {urgent, JoinReason::same_ci, false};
  if (const auto n = same_subcategory(d, ci, subcategory))
    return {n, JoinReason::same_ci_and_subcategory, false};
  if (const Ci* known = d.settings.ci(ci); known && !d.settings.restricted(subcategory)) {
    if (const auto n = same_pool(d, *known)) return {n, JoinReason::same_pool, false};
    if (const auto n = upstream(d, *known)) return {n, JoinReason::upstream, false};
  }
  return was_resolved(d, ci, subcategory);
}

}  // namespace tocsin
