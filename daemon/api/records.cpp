#include "daemon/api/records.hpp"

#include "daemon/api/clocks_out.hpp"
#include "daemon/api/muting.hpp"
#include "daemon/api/rfc3339.hpp"
#include "daemon/api/sight.hpp"
#include "rules/model/page.hpp"

namespace tocsin::api {
namespace {

void write_number(JsonWriter& json, std::string_view key, IncidentNumber number) {
  json.key(key);
  number ? json.value(to_text(number)) : json.null();
}

void write_pairs(JsonWriter& json, std::string_view key, const std::vector<Pair>& pairs) {
  json.key(key).open_object();
  for (const auto& [name, value] : pairs) json.field(name, value);
  json.close_object();
}

void write_words(JsonWriter& json, const IncidentWords& w) {
  json.field("title", w.title).field("ci", w.ci).field("ci_class", w.ci_class);
  json.field("service", w.service).field("environment", w.environment);
  const auto [category, subcategory] = category_now(w);
  json.field("category", category).field("subcategory", subcategory);
  json.field("category_open", w.category).field("subcategory_open", w.subcategory);
  json.field("symptom", w.symptom).field("category_rule", w.category_rule);
  json.field("group", w.group).field("owner", w.owner);
  json.field("summary", w.summary).field("runbook", w.runbook);
  json.key("watchers").open_array();
  for (const std::string_view watcher : unpack_watchers(w.watchers)) json.value(watcher);
  json.close_array();
  json.field("known_error", w.known_error).field("workaround", w.workaround);
}

void write_resolution(JsonWriter& json, const IncidentRow& row, const IncidentWords& w) {
  json.key("resolution");
  if (row.unresolved()) {
    json.null();
    return;
  }
  json.open_object().field("code", name(row.code)).field("cause", name(row.cause));
  json.field("class", name(closure_class(row.code))).field("note", w.resolution_note);
  json.field("by", w.resolved_by).field("by_daemon", row.resolved_by_daemon);
  json.field("needs_review", row.needs_review).close_object();
}

// What it waits for; null: it does not.
void write_hold(JsonWriter& json, const IncidentRow& row, const IncidentWords& w,
                const Globals& globals) {
  json.key("hold");
  if (!row.on_hold()) {
    json.null();
    return;
  }
  json.open_object().field("reason", name(row.hold_reason));
  write_time(json, "since", row.hold_since, globals);
  write_time(json, "until", row.hold_until, globals);
  json.field("by", w.hold_by).field("note", w.hold_note).field("reference", w.hold_reference);
  json.field("question", w.hold_question).field("with_parent", row.hold_follows);
  json.field("reminders", row.hold_reminders).close_object();
}

void write_major(JsonWriter& json, const IncidentRow& row, const IncidentWords& w,
                 const Globals& globals) {
  json.key("major");
  if (row.major == MajorState::none) {
    json.null();
    return;
  }
  json.open_object().field("state", name(row.major)).field("criterion", name(row.major_criterion));
  const bool decides = row.major == MajorState::candidate && row.major_due < when_uninhibited;
  write_time(json, "decide_by", decides ? row.major_due : never, globals);
  json.field("manager", w.manager).field("business_impact", w.business_impact).close_object();
}

}  // namespace

void write_time(JsonWriter& json, std::string_view key, Instant at, const Globals& globals) {
  json.key(key);
  at == never              ? json.null()
  : at == when_resumed     ? json.value("when_resumed")
  : at == when_uninhibited ? json.value("when_uninhibited")
                           : json.value(rfc3339(globals.wall(at)));
}

void write_time(JsonWriter& json, std::string_view key, Wall at) {
  json.key(key);
  at == Wall{} ? json.null() : json.value(rfc3339(at));
}

std::string source_name(const Globals& globals, std::uint8_t slot) {
  return slot < globals.sources.size() && !globals.sources[slot].empty() ? globals.sources[slot]
                                                                         : "other";
}

void write_incident(JsonWriter& json, const IncidentRow& row, const Globals& globals,
                    const Settings& settings, Wall now, const Muting& muting, const Sight& sight) {
  const IncidentWords words = sight.words(row);
  json.open_object().field("number", to_text(row.number)).field("revision", row.revision);
  json.field("state", state_word(row.state)).field("priority", name(row.priority));
  json.field("severity", name(row.severity));
  json.field("impact", row.impact).field("urgency", row.urgency);
  json.field("priority_source", row.locked                        ? "manual"
                                : row.impact_by || row.urgency_by ? "adjusted"
                                                                  : "auto");
  json.field("priority_calculated", name(row.locked ? row.calculated : row.priority));
  write_time(json, "priority_locked_until", row.lock_due, globals);
  write_words(json, words);
  json.field("category_confirmed", row.category_confirmed);
  json.field("origin", name(row.origin)).field("ci_match", name(row.ci_match));
  json.field("about_tocsin", row.self).field("drill", row.drill);
  json.field("restricted", row.restricted);
  write_time(json, "opened_at", row.opened_at, globals);
  write_time(json, "occurred_at", row.occurred_at);
  write_time(json, "acknowledged_at", row.acknowledged_at, globals);
  write_time(json, "restored_at", row.restored_at);
  write_time(json, "resolved_at", row.resolved_at, globals);
  write_time(json, "verify_until", row.verify_due, globals);
  write_time(json, "close_at", row.close_due, globals);
  write_clocks(json, row, globals, settings, now);
  json.key("escalation").open_object().field("cycle", row.cycle).field("next_step", row.step);
  json.field("repeat", row.repeat).field("pages", row.cycle_pages);
  write_time(json, "next_at", row.escalate_due, globals);
  write_time(json, "held_until", row.held_until, globals);
  json.close_object();
  sight.hides(row) ? void(json.key("muted_by").null()) : muting.write(json, row);
  json.key("alerts").open_object().field("firing", row.alerts_firing);
  json.field("stale", row.alerts_stale).field("total", row.alerts_total);
  json.field("flapping", row.alerts_flapping).close_object();
  json.field("holds", row.holds);
  sight.hides(row) ? void(json.key("hold").null()) : write_hold(json, row, words, globals);
  sight.hides(row) ? void(json.key("major").null()) : write_major(json, row, words, globals);
  write_number(json, "parent", row.parent);
  json.key("storm");
  row.storm ? json.value(row.storm) : json.null();
  json.field("monitoring_silent", row.monitoring_silent).field("events", row.events);
  json.field("reports", row.reports).key("request");
  row.request ? json.value(to_text(row.request)) : json.null();
  json.field("reopened", row.reopened);
  write_number(json, "recurrence_of", row.recurrence_of);
  write_resolution(json, row, words);
  json.field("timeline_entries", row.timeline).close_object();
}

void write_alert(JsonWriter& json, const AlertRow& row, const Globals& globals,
                 const Muting& muting) {
  const AlertText text = row.text();
  json.open_object().field("serial", row.serial().value).field("id", hex(row.fingerprint()));
  json.field("state", name(row.state)).field("severity", name(row.severity));
  json.field("source", source_name(globals, row.source)).field("ci", row.ci());
  write_number(json, "incident", row.incident);
  write_time(json, "starts_at", row.starts_at);
  write_time(json, "ends_at", row.ends_at);
  write_time(json, "seen_at", row.seen_at, globals);
  write_time(json, "changed_at", row.changed_at, globals);
  json.field("time_suspect", (row.flags & 1u) != 0);
  muting.write(json, row);
  write_pairs(json, "labels", text.labels());
  write_pairs(json, "annotations", text.annotations());
  json.field_if("generator_url", text.generator_url()).close_object();
}

void write_page(JsonWriter& json, const PageRow& row, const Globals& globals) {
  json.open_object().field("id", row.id.value).field("key", hex(row.key));
  write_number(json, "incident", row.incident);
  json.field("kind", name(row.kind));
  json.field("state", row.delivered ? std::string_view("delivered") : name(row.state));
  json.field("why", name(row.why)).field("priority", name(row.priority));
  json.field("person", row.person()).field("channel", row.channel());
  json.field("cycle", row.cycle).field("step", hierarchic(row.step) ? 0 : row.step);
  json.field("repeat", row.repeat);
  json.field("attempts", row.attempt);
  write_time(json, "requested_at", row.requested_at, globals);
  const bool held = globals.paused && row.state == PageState::waiting && row.due == never;
  write_time(json, "next_at", held && !row.delivered ? when_resumed : row.due, globals);
  json.close_object();
}

}  // namespace tocsin::api
