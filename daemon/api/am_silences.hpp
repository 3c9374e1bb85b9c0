#pragma once
// Silences as Alertmanager's API v2 has them, for amtool, karma and Grafana. Reading is for whoever
// may read incidents; acting needs a token (or the password of basic authentication), also on this
// machine: Alertmanager asks nobody, we do.

#include "daemon/api/reading.hpp"

namespace tocsin::api {

void add_am_silences(Router& router, Reading& reading);

}  // namespace tocsin::api
