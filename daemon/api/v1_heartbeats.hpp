#pragma once
// Heartbeats: GET /v1/heartbeats, and the ping of Opsgenie, /v2/heartbeats/NAME/ping.

#include "daemon/api/reading.hpp"

namespace tocsin::api {

void add_v1_heartbeats(Router& router, Reading& reading,
                       std::function<std::shared_ptr<const Access>()> access);

}  // namespace tocsin::api
