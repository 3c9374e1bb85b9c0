#pragma once
// The life of silences, and the ends of the windows that people make: who may make one, what it may
// say, when it begins and ends. What it does to the paging of incidents is oncall/mute's.

#include "rules/model/facts.hpp"

namespace tocsin {

// Without one of these an act ends after so long; longer ones are for those who answer for others.
inline constexpr Span silence_short = hours(4);
// An expired one can be looked up so long, as in Alertmanager.
inline constexpr Span silence_remembered = hours(120);

// Makes or updates one (see SetSilence). The answer's `id` is the UUID that holds from now on.
Answer set_silence(const Deciding& d, const SetSilence& c);
// Over at once; `already` when it is over.
Answer expire_silence(const Deciding& d, const ExpireSilence& c);
// The name outside of the silence or window with this id.
Fingerprint uuid_of(const Globals& store, SilenceId id);
// Room in `index` for one more that would rest with these; refused when there is none.
Answer make_room(const Deciding& d, const SilenceIndex& index, std::string_view matchers,
                 std::string_view cis = {});
// Over at once, for that reason.
void expire(const Deciding& d, const SilenceRow& row, WhyExpired why, std::string_view by);
// Its start, its end, or the time to forget it has come. True: incidents may be
// silenced now.
bool silence_due(const Deciding& d, std::uint32_t slot);

}  // namespace tocsin
