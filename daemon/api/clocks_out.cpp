#include "daemon/api/clocks_out.hpp"

#include "daemon/api/records.hpp"
#include "rules/clocks.hpp"

namespace tocsin::api {
namespace {

bool stands_still(const IncidentRow& row, ClockKind kind) {
  const auto pauses = unpack_pauses(row.words().pauses);
  return kind == ClockKind::resolution && !pauses.empty() && pauses.back().to == never;
}

std::string_view state_of(const IncidentRow& row, ClockKind kind) {
  const ClockRow& clock = row.clock(kind);
  const bool broken = clock.breached_at != never;
  if (!clock.runs()) return broken ? "breached" : "met";
  if (row.provisional(kind)) return "verifying";
  if (stands_still(row, kind)) return "paused";
  return broken ? "breached" : "running";
}

void write_clock(JsonWriter& json, const IncidentRow& row, ClockKind kind, const Globals& globals,
                 const Settings& settings, Wall now) {
  const ClockRow& clock = row.clock(kind);
  json.key(name(kind));
  if (!clock.exists()) return void(json.null());
  // What may be over is counted up to there.
  const bool over = row.provisional(kind) && row.restored_at.ms;
  const Instant at = over && row.restored_on != never
                         ? row.restored_on
                         : globals.instant(over ? row.restored_at : now);
  const std::int64_t ran = elapsed_of(row, kind, at, globals, settings).ms / 1000;
  json.open_object().field("state", state_of(row, kind)).field("priority", name(clock.priority));
  json.field("target_seconds", clock.target.ms / 1000).field("elapsed_seconds", ran);
  json.field("remaining_seconds", clock.target.ms / 1000 - ran);
  json.field("passed_percent", clock.passed);
  json.field("calendar",
             settings.calendar_of(settings.sla[index(clock.priority)], row.words().service));
  write_time(json, "due", clock.due, globals);
  write_time(json, "breached_at", clock.breached_at, globals);
  write_time(json, "ended_at", clock.ended_at, globals);
  json.close_object();
}

}  // namespace

void write_clocks(JsonWriter& json, const IncidentRow& row, const Globals& globals,
                  const Settings& settings, Wall now) {
  json.key("clocks").open_object();
  for (const ClockKind kind : {ClockKind::response, ClockKind::resolution})
    write_clock(json, row, kind, globals, settings, now);
  json.close_object();
}

}  // namespace tocsin::api
