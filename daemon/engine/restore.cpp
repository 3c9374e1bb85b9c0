#include "daemon/engine/restore.hpp"

#include "rules/decide.hpp"
#include "rules/fold.hpp"

namespace tocsin {

RestoreFrame restore_frame(State& state, const PauseForRestore& pause) {
  RestoreFrame frame;
  frame.seq = state.globals().seq + 1;
  frame.epoch = state.globals().epoch.value;
  const Instant at = state.globals().at;
  frame.payload.assign(payload_header_bytes, '\0');
  Facts out(state, fold_function(), frame.payload);
  decide(state, Settings{}, Sightings{}, pause, at, out);
  frame_folded(state, frame.seq, at);
  write_payload_header(frame.payload,
                       {1, static_cast<std::uint32_t>(out.count()), at, state.globals().offset_ms});
  return frame;
}

}  // namespace tocsin
