#pragma once
// Alerts that come and go (BND-10). Decides by adding facts.

#include "rules/model/facts.hpp"

namespace tocsin {

// An alert that had ended begins to fire: its change is written, `before` is its row as it was
// until then. True: it is flapping.
bool note_refired(const Deciding& d, std::uint32_t slot, const AlertRow& before);

// It has been quiet for long enough.
void flapping_due(const Deciding& d, std::uint32_t slot);

}  // namespace tocsin
