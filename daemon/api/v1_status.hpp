#pragma once
// How the daemon itself is, in one answer (GET /v1/status), and the one thing that a person does
// about it: resume paging (POST /v1/paging/resume).

#include <string>

#include "daemon/api/reading.hpp"
#include "daemon/api/router.hpp"

namespace tocsin::api {

// "the store was restored from the backup of 2026-06-09T09:00:00Z at frame 1234".
std::string pause_words(Wall backup_at, std::uint64_t backup_seq);

void add_v1_status(Router& router, Reading& reading, const std::string& version);

}  // namespace tocsin::api
