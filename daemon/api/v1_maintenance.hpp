#pragma once
// /v1/maintenance: the windows of the configuration and those that people made, one list; make one,
// end one. The core decides who may and what fits.

#include "daemon/api/reading.hpp"

namespace tocsin::api {

void add_v1_maintenance(Router& router, Reading& reading);

}  // namespace tocsin::api
