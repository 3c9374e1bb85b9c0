#pragma once
// /v1/silences: list, show, preview, make or change, expire. The core decides who may and what
// fits; here bodies become commands and rows become JSON.

#include "daemon/api/json_out.hpp"
#include "daemon/api/reading.hpp"
#include "daemon/api/silence_in.hpp"

namespace tocsin::api {

void add_v1_silences(Router& router, Reading& reading);

// The command of a body whose members are right. `now` is the daemon's wall clock.
SetSilence command_of(const SilenceBody& body, const Actor& by, Wall now);

// For the windows, which are made and listed alike (v1_maintenance.hpp).
std::vector<SilenceRow> sorted_silences(const Snapshot& snapshot, SuppressionKind kind,
                                        std::uint32_t states);
std::uint32_t silence_states(std::string_view text);  // bit per state; 0: the text is none
void write_matchers(JsonWriter& json, std::string_view key, std::string_view packed);
std::optional<HttpResponse> refused(const Exchange& x, const SilenceBody& body);
HttpResponse answered(const Answer& answer, std::uint64_t seq);
void offer(Engine& engine, Command command, const Reply& reply);

// Alertmanager's order: active by end, pending by start, expired by end, the newest first.
bool silence_order(const SilenceRow& a, const SilenceRow& b);

}  // namespace tocsin::api
