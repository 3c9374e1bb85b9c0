#pragma once
// Opening: the checkpoint, then the tail, folded with the code that runs in service. Starting after
// a crash, after a clean stop and following a leader are the same code.

#include <functional>
#include <memory>
#include <string>

#include "daemon/engine/checkpoint.hpp"
#include "daemon/journal/journal.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

struct Recovered {
  bool ok = false;
  bool locked = false;
  std::string message;  // why not; or what was found, for the log
  OpenResult opened;
  std::uint64_t next_seq = 1;
  std::uint64_t rows = 0, frames = 0;
};

// `state` and `checkpointer` are empty and belong to the caller. Nothing is written.
// Folds no frame after `until`, which is not before the checkpoint.
Recovered recover(Journal& journal, State& state, Checkpointer& checkpointer,
                  std::uint64_t until = UINT64_MAX);

// Calls `each` for what there is of the log, from frame `from` on, in order, until it returns
// false. Frames up to marker.trimmed_to may be gone already, or still be there for a while. False:
// a frame is missing after the last one.
bool read_log(Journal& journal, const Marker& marker, std::uint64_t from,
              const std::function<bool(const FrameRecord&)>& each);

}  // namespace tocsin
