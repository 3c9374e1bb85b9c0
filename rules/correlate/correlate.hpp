#pragma once
// Does an alert belong to an incident that is already there? (BND-7)

#include <string_view>

#include "rules/model/facts.hpp"

namespace tocsin {

struct Join {
  IncidentNumber incident;  // none: nothing to join
  JoinReason why = JoinReason::opened_it;
  bool reopen = false;
};

// `own` is the incident the same fingerprint was in before, if any. First match wins:
// (a) that incident, unresolved; (b) same CI and subcategory, unresolved; (c) of the same pool,
// unresolved; (d) same CI, opened at most `same_ci_window` ago; (e) of a CI that this one
// hard-depends on, the nearest first, if it was opened at most `upstream_open_window` ago or that
// CI itself still has something firing; (f) (a) or (b) again among those resolved at most
// `reopen_window` ago. What is restricted is not asked (c) to (e), and nothing else joins it so.
Join find_join(const Deciding& d, IncidentNumber own, std::string_view ci,
               std::string_view subcategory);

// The same for what a person reports: an open incident of the CI, however old and whatever its
// subcategory, the most urgent first; else of its pool, or of what it hard-depends on; else the
// same CI and subcategory again among those resolved at most `reopen_window` ago. A restricted one
// is not asked, but of the very subcategory that it would have.
Join find_reported(const Deciding& d, std::string_view ci, std::string_view subcategory);

}  // namespace tocsin
