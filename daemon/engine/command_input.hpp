#pragma once
// A command as an input that can be quarantined. `none` for what the process asks of itself, and
// for outcomes, which are owed: they are never refused.

#include "daemon/engine/in_hand.hpp"
#include "rules/model/command.hpp"

namespace tocsin {

// Views into the command.
Input input_of(const Command& command);
Input input_of(const Prepared& alert);

}  // namespace tocsin
