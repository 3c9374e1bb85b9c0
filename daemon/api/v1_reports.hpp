#pragma once
// POST /v1/reports: a person says that something is broken, or asks for something. (The reports
// about the process are GET /v1/reports/{kind}.)

#include "daemon/api/router.hpp"
#include "daemon/engine/engine.hpp"

namespace tocsin::api {

void add_v1_reports(Router& router, Engine& engine);

}  // namespace tocsin::api
