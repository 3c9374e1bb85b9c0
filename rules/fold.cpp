#include "rules/fold.hpp"

#include "rules/folding.hpp"

namespace tocsin {

bool fold(State& state, const FactView& view) {
  Fold fold{state, view.at, view.bytes};
  const bool known = with_fact(view, [&](const auto& fact) {
    fold.on(fact);
    using F = std::decay_t<decltype(fact)>;
    if constexpr (ConcernsIncident<F>) {
      if (!fact.incident) return;
      fold.timeline(fact.incident);
      if constexpr (std::is_same_v<F, IncidentClosed> || std::is_same_v<F, PageEnded>)
        fold.retire_if_done(fact.incident);
    }
  });
  return known && fold.ok;
}

bool fold_frame(State& state, std::uint64_t seq, std::string_view payload) {
  PayloadReader reader(payload);
  FactView fact;
  while (reader.next(fact))
    if (!fold(state, fact)) return false;
  if (reader.damaged()) return false;
  frame_folded(state, seq, reader.header().at);
  return true;
}

void frame_folded(State& state, std::uint64_t seq, Instant at) {
  Fold fold{state, at, {}};
  fold.g().seq = seq;
  fold.g().at = at;
}

}  // namespace tocsin
