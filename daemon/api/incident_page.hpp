#pragma once
// An incident as a page for people. On the reading thread, which holds the snapshot.

#include <optional>
#include <string>

#include "daemon/api/html.hpp"
#include "daemon/api/incident_source.hpp"
#include "daemon/api/sight.hpp"

namespace tocsin::api {

// Everything but the button.
IncidentView view_of(const Engine& engine, const Snapshot& snapshot, const FoundIncident& found,
                     const Sight& sight);
std::string time_words(const Globals& globals, Instant at);

// Nothing when there is none of that number.
std::optional<std::string> incident_page(const Engine& engine, const Snapshot& snapshot,
                                         IncidentNumber number, const Actor& who);

}  // namespace tocsin::api
