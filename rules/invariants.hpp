#pragma once
// Every law of the state in one readable place. The simulator asks after each turn, the daemon once
// after recovery; a broken law is our fault, and the process stops before it writes.

#include <optional>
#include <string>

#include "rules/model/settings.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

// A sentence about the first law that is broken; nothing when all hold.
std::optional<std::string> broken_law(const State& state, const Settings& settings);

// The same of what was planned by settings, calendars and zones: it holds where they are those it
// was planned by. A store is not lost because the machine has learnt of another summer time, so
// only the simulator, the scenarios and the rehearsal ask.
std::optional<std::string> broken_plan(const State& state, const Settings& settings);

}  // namespace tocsin
