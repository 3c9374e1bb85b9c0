#pragma once
// /v1/silences: list, show, preview, make or change, expire. The core decides who may and what
// fits; here bodies become commands and rows become JSON.

#include "daemon/api/reading.hpp"
#include "daemon/api/silence_in.hpp"

namespace tocsin::api {

void add_v1_silences(Router& router, Reading& reading);

// The command of a body whose members are right. `now` is the daemon's wall clock.
SetSilence command_of(const SilenceBody& body, const Actor& by, Wall now);

// Alertmanager's order: active by end, pending by start, expired by end, the newest first.
bool silence_order(const SilenceRow& a, const SilenceRow& b);

}  // namespace tocsin::api
