#pragma once
// Silences and inhibitions hold back pages, and nothing else: the incident is opened and told in
// its timeline, and while everything that fires in it is silenced or inhibited and nobody has
// answered, its escalation waits for the first of these silences to end, or for what inhibits it.
// Recalls and what belongs to an owner go on.

#include <optional>
#include <vector>

#include "rules/model/facts.hpp"

namespace tocsin {

// An incident with more firing alerts than this is never held: too much to look through, and too
// much to keep quiet about.
inline constexpr std::uint32_t muted_members_max = 4096;

struct Cover {
  Instant until;  // from then on it is not covered, as far as is known now
  SilenceId by;   // the silence that ends then; 0: no silence is needed for it
  // What inhibits it, ascending, and the first rule of these; none: it is silenced.
  std::vector<std::uint64_t> keys;
  std::uint32_t rule = 0;
};
// The last of the silences that cover these labels now, else the first inhibition; nothing when
// there is none.
std::optional<Cover> cover_of(const Deciding& d, AlertText text);
// The first end among the covers of everything that fires in it; nothing when something is not
// covered or nothing fires, nor when it speaks for children.
std::optional<Cover> cover_of(const Deciding& d, IncidentNumber incident);

// The next step of an unanswered incident is due: taken, or held back.
void escalate(const Deciding& d, IncidentNumber incident);
// An alert of it was heard firing: what is held may have to go on, what goes on to be held.
void review_mute(const Deciding& d, IncidentNumber incident, std::uint32_t alert_slot);

// Silences came, went or moved: all unanswered incidents are looked at. The first slice at once, so
// that an act at the instant of a deadline wins; what is left, slice by slice.
void start_mute_sweep(const Deciding& d);
void mute_sweep_slice(const Deciding& d);

}  // namespace tocsin
