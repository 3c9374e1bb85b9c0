#pragma once
// GET /v1/incidents, /v1/incidents/{n}, /v1/incidents/{n}/timeline, /v1/alerts, /v1/pages.
// Lists are at most 1,000 records a page and go on at `next_cursor`, newest first.

#include "daemon/api/reading.hpp"

namespace tocsin::api {

void add_v1_reads(Router& router, Reading& reading);

}  // namespace tocsin::api
