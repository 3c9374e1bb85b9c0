#pragma once
// The clocks of an incident as our own API says them.

#include "daemon/api/json_out.hpp"
#include "rules/model/settings.hpp"
#include "rules/model/state.hpp"

namespace tocsin::api {

// "clocks": what was agreed, how much of it is used up at `now`, and when it is over; null for each
// that there is not.
void write_clocks(JsonWriter& json, const IncidentRow& row, const Globals& globals,
                  const Settings& settings, Wall now);

}  // namespace tocsin::api
