#pragma once
// The one frame that restoring adds to a copied store: from it on paging is paused, and numbers are
// of another history than those of the store that the copy was taken of. Pure but for its
// arguments; `state` is recovered from the copy, and is folded on.

#include <string>

#include "rules/model/command.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

struct RestoreFrame {
  std::uint64_t seq = 0, epoch = 0;
  std::string payload;
};

// In the time and the epoch of the copy's last frame: no clock has a say before the next start.
RestoreFrame restore_frame(State& state, const PauseForRestore& pause);

}  // namespace tocsin
