#pragma once
// POST /v1/incidents/{n}/ack, note, resolve, close, and /v1/history-loss/confirm. Roles are checked
// here first and by decide() again, where group and owner are known.
//
// If-Match: "REVISION" is compared with the newest durable record before the command is offered.
// What somebody else writes in the moment between the two is not seen; decide() still refuses what
// the state of the incident forbids.

#include "daemon/api/reading.hpp"

namespace tocsin::api {

void add_v1_writes(Router& router, Reading& reading);

// Hands a command to the core; the answer is worded as JSON. 503 when it is full or stopping.
void offer_command(Engine& engine, Command command, const Reply& reply);

// The status of an answer, and its code when it is an error.
struct AnswerStatus {
  int status;
  std::string_view code;
};
AnswerStatus status_of(Answer::Code code);

}  // namespace tocsin::api
