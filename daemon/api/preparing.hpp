#pragma once
// The part of a decision that needs no state, for all alerts of a request: on the thread that heard
// them.

#include <cstddef>
#include <string_view>

#include "daemon/engine/engine.hpp"

namespace tocsin::api {

// Fills `prepared` from batch, settings, source and time of the request. `source`: its name.
void prepare_all(const Engine& engine, AlertsRequest& request, std::string_view source);

// Takes out the alerts that processes before this one died of; how many, for the caller to count.
std::size_t drop_quarantined(const Engine& engine, AlertsRequest& request);

}  // namespace tocsin::api
