#pragma once
// The twin of rules/priority.cpp: what the priority of an incident must be at least.

#include <optional>
#include <string>

#include "rules/model/settings.hpp"
#include "rules/model/state.hpp"

namespace tocsin::sim {

// An open incident is no less urgent than its CI and the worst of what ever fired in it say now.
// Asked of incidents that an alert has just joined; nothing: it holds.
std::optional<std::string> priority_too_low(const State& state, const Settings& settings,
                                            IncidentNumber incident);

}  // namespace tocsin::sim
