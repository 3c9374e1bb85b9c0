#pragma once
// How long a clock of an agreement has run, and when it will have run for so long (SLA-1 to SLA-5).
// All of wall time, as calendars are.

#include <optional>
#include <vector>

#include "rules/model/calendar.hpp"

namespace tocsin {

struct Running {
  struct Still {
    Wall from, to;  // it stands still in [from, to)
  };
  const Calendar* calendar = nullptr;  // null: at any time
  Wall start;
  std::vector<Still> still;  // in order, none touches the next
};

// Working time from its start to `t`, without what it stood still.
Span elapsed(const Running& clock, Wall t);

// The earliest instant at which so much has elapsed: used up at closing time, it is that instant
// and not the next opening. None when it stands still before, or its calendar is never open.
std::optional<Wall> spent(const Running& clock, Span work);

}  // namespace tocsin
