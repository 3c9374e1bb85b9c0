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

}  // namespace tocsin
