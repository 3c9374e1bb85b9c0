#pragma once
// Paging is paused as a whole. A store that was restored from a backup speaks of what was, and may
// be one of two: it hears alerts and opens incidents, and tells nobody before a person has looked.
// Steps that come due meanwhile are held, pages wait; neither is forgotten, and no clock ends it.

#include "rules/model/facts.hpp"

namespace tocsin {

bool paging_paused(const Deciding& d);
// A drill that was asked for since the pause began goes out: it is how channels are tried before it
// ends.
bool drill_while_paused(const Deciding& d, const PageRow& page);

void pause_for_restore(const Deciding& d, const PauseForRestore& c);
// Held steps and waiting pages are due at once; the missed steps of an incident become one.
Answer resume_paging(const Deciding& d, const ResumePaging& c);

}  // namespace tocsin
