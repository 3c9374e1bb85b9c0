#pragma once
// The daemon's log: one event, one line on stderr, in words that grep and logfmt readers
// understand:
//   time=2026-03-01T09:05:00.000Z level=info event=started detail="..."
// Any thread. Below error it never waits for stderr: lines are queued, and the oldest go when the
// queue is full. Errors are written at once, because the process may be about to end.

#include <string_view>

#include "daemon/engine/engine.hpp"

namespace tocsin::cli {

void open_log(LogLevel least);
void close_log();  // writes what is queued
void log(LogLevel level, std::string_view event, std::string_view detail = {});

// The line without its time. Pure.
std::string log_line(LogLevel level, std::string_view event, std::string_view detail);

}  // namespace tocsin::cli
