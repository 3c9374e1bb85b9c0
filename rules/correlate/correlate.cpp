#include "rules/correlate/correlate.hpp"

namespace tocsin {
namespace {

const IncidentRow* row_of(const State& state, IncidentNumber n) {
  const std::uint32_t slot = state.incident_slot(n);
  return slot == no_slot ? nullptr : &state.incidents().at(slot);
}

// LCY-12: exactly at the end of the window still reopens.
bool reopens(const Deciding& d, const IncidentRow& row) {
  return row.state == IncidentState::resolved &&
         d.now - row.resolved_at <= d.settings.reopen_window;
}

}  // namespace

Join find_join(const Deciding& d, IncidentNumber own, std::string_view ci,
               std::string_view subcategory) {
  const IncidentRow* before = own ? row_of(d.state, own) : nullptr;
  if (before && before->unresolved()) return {own, JoinReason::same_fingerprint, false};

  const auto* of_ci = ci.empty() ? nullptr : d.state.incidents_of(ci);
  if (of_ci) {
    for (IncidentNumber n : *of_ci) {
      const IncidentRow* row = row_of(d.state, n);
      if (row->unresolved() && !row->self && row->words().subcategory == subcategory)
        return {n, JoinReason::same_ci_and_subcategory, false};
    }
    for (IncidentNumber n : *of_ci) {
      const IncidentRow* row = row_of(d.state, n);
      if (row->unresolved() && !row->self && d.now - row->opened_at <= d.settings.same_ci_window)
        return {n, JoinReason::same_ci_recently, false};
    }
  }
  if (before && reopens(d, *before)) return {own, JoinReason::reopened_same_fingerprint, true};
  if (of_ci) {
    // The youngest one: it is the outage people remember.
    for (auto it = of_ci->rbegin(); it != of_ci->rend(); ++it) {
      const IncidentRow* row = row_of(d.state, *it);
      if (!row->self && reopens(d, *row) && row->words().subcategory == subcategory)
        return {*it, JoinReason::reopened_same_ci_and_subcategory, true};
    }
  }
  return {};
}

}  // namespace tocsin
