#pragma once
// Rows as the JSON objects of our own API. Pure; any thread that holds the
// snapshot.

#include "daemon/api/json_out.hpp"
#include "rules/model/settings.hpp"
#include "rules/model/state.hpp"

namespace tocsin::api {

class Muting;
class Sight;

// `now`: up to which its clocks have run.
void write_incident(JsonWriter& json, const IncidentRow& row, const Globals& globals,
                    const Settings& settings, Wall now, const Muting& muting, const Sight& sight);
void write_alert(JsonWriter& json, const AlertRow& row, const Globals& globals,
                 const Muting& muting);
void write_page(JsonWriter& json, const PageRow& row, const Globals& globals);

// The sender's word of the slot; "other" for what came over no configured integration.
std::string source_name(const Globals& globals, std::uint8_t slot);

// A time of the log as a wall time; null for never.
void write_time(JsonWriter& json, std::string_view key, Instant at, const Globals& globals);
void write_time(JsonWriter& json, std::string_view key, Wall at);  // null for "not given"

}  // namespace tocsin::api
