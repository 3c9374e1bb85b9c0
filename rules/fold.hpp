#pragma once
// Fact -> state. Dull and eternal: asks nothing, reads no settings, cannot fail on what was ever
// written. Service, recovery and a follower use this and nothing else.

#include "rules/model/codec.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

// False for an unknown tag, damaged fields, or a fact that speaks of a row that is not there: the
// bytes are not from this log. Then the state must not be used any further.
bool fold(State& state, const FactView& fact);

// One whole frame. `seq` becomes the state's sequence.
bool fold_frame(State& state, std::uint64_t seq, std::string_view payload);

// The end of a frame whose facts were folded one by one while they were decided.
void frame_folded(State& state, std::uint64_t seq, Instant at);

}  // namespace tocsin
