#pragma once
// Redundancy pools: how many of a pool are down at the moment (PRI-3). Pure.

#include <optional>
#include <string_view>

#include "rules/model/settings.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

// Members that are up beyond those the pool needs; negative when it does not serve any more. None
// when the CI is in no pool. A member is down while one of its alerts of severity error or worse
// fires in an incident; `also` counts as down whatever fires.
std::optional<int> pool_spare(const State& state, const Settings& settings, std::string_view ci,
                              std::string_view also = {});

}  // namespace tocsin
