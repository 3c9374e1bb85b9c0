#pragma once
// GET /v1/requests, GET /v1/requests/{n}: what somebody asks for. POST /v1/requests/{n}/take and
// /done: a person has it, and it is done.

#include "daemon/api/reading.hpp"

namespace tocsin::api {

void add_v1_requests(Router& router, Reading& reading);

}  // namespace tocsin::api
