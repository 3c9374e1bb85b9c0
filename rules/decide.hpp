#pragma once
// What happens to a command. Pure: the same state, settings, sightings, command and time give the
// same facts on every machine.

#include "rules/model/command.hpp"
#include "rules/model/facts.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

// Decides one command at `now`. Facts, tallies, sightings and the answer go to `out`.
void decide(const State& state, const Settings& settings, const Sightings& sightings,
            const Command& command, Instant now, Facts& out);

// Decides what the passing of time brings: one deadline that is due.
void decide_due(const State& state, const Settings& settings, const Sightings& sightings,
                const Deadline& due, Instant now, Facts& out);

// The fold that `out` of the two above has to be made with.
Facts::Fold fold_function();

}  // namespace tocsin
