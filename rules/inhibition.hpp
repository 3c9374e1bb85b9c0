#pragma once
// Which alerts inhibit others: kept on their rows as they come, end, and as the rules change. What
// that does to the paging of incidents is oncall/mute's.

#include <cstdint>
#include <string>

#include "rules/model/facts.hpp"

namespace tocsin {

// An alert came, or came back: what it inhibits is written down where it is not so already.
void note_source(const Deciding& d, std::uint32_t alert_slot);
// It inhibited these, and has ended or gone stale: what waited for the last of them goes on now.
void sources_ended(const Deciding& d, const std::string& keys);

// The rules changed: firing alerts are measured anew, slice by slice, and then all that is held.
void start_sources_sweep(const Deciding& d, const Settings& next);
// False: there is more. True: it is done, and incidents may be covered now, or no more.
bool sources_sweep_slice(const Deciding& d);

}  // namespace tocsin
