#pragma once
// POST /v1/backups starts a backup into a new folder on the daemon's machine, GET /v1/backups says
// how the last one went.

#include "daemon/api/reading.hpp"
#include "daemon/api/router.hpp"

namespace tocsin::api {

void add_backups(Router& router, Reading& reading);

}  // namespace tocsin::api
