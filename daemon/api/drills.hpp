#pragma once
// /v1/drills: start a test page, and see by which channel it arrived. Any thread.

#include "daemon/api/reading.hpp"

namespace tocsin::api {

void add_drills(Router& router, Reading& reading);

}  // namespace tocsin::api
