// A replay for a program.

#include "daemon/api/json_out.hpp"
#include "daemon/api/rfc3339.hpp"
#include "daemon/cli/replay_report.hpp"

namespace tocsin::cli {
namespace {

using api::JsonWriter;

void write_side(JsonWriter& json, std::string_view key, const std::string& name,
                const Outcome& outcome, const Side& side) {
  json.key(key).open_object().field("name", name).field("config", outcome.config);
  json.field("incidents", side.incidents).key("priorities").open_object();
  for (std::size_t p = 0; p < EnumTable<Priority>::count; ++p)
    json.field(EnumTable<Priority>::names[p], side.by_priority[p]);
  json.close_object();
  json.field("pages", side.pages).field("pages_again", side.again).field("messages", side.told);
  json.key("dispositions").open_object();
  for (const auto& [word, count] : side.dispositions) json.field(word, count);
  json.close_object();
  json.field("events_not_heard", outcome.unheard_events).close_object();
}

void write_incidents(JsonWriter& json, std::string_view key, const Outcome& outcome,
                     const std::vector<std::uint32_t>& numbers) {
  json.key(key).open_array();
  for (const std::uint32_t n : numbers) {
    const OutcomeIncident& i = outcome.incidents[n - 1];
    json.open_object().field("title", i.title).field("ci", i.ci).field("category", i.category);
    json.field("subcategory", i.subcategory).field("group", i.group).field("rule", i.rule);
    json.field("severity", name(i.severity)).field("priority", name(i.opened_as));
    json.field("highest_priority", name(i.highest)).field("opened_at", api::rfc3339(i.opened_at));
    json.close_object();
  }
  json.close_array();
}

void write_knot(JsonWriter& json, const ReplayReport& r, const Knot& knot) {
  const RecordedEvent& first = r.record.events[knot.first_event];
  json.open_object().field("kind", name(knot.kind));
  json.field("first_alert_at", api::rfc3339(r.record.wall(first.at)));
  json.field("first_alert", alert_words(first)).key("in_service").open_array();
  for (const IncidentNumber n : knot.recorded) json.value(to_text(n));
  json.close_array();
  write_incidents(json, "before", r.before, knot.before);
  write_incidents(json, "after", r.after, knot.after);
  json.key("changes").open_array();
  for (const FieldChange& change : knot.fields)
    json.open_object()
        .field("field", change.field)
        .field("before", change.before)
        .field("after", change.after)
        .close_object();
  json.close_array().key("told").open_array();
  for (const ToldChange& change : knot.told)
    json.open_object()
        .field("kind", name(change.key.kind))
        .field("again", change.key.again)
        .field("recipient", change.key.recipient)
        .field("before", change.before)
        .field("after", change.after)
        .close_object();
  json.close_array().close_object();
}

void write_unknown(JsonWriter& json, const ReplayReport& r) {
  json.key("not_known").open_object().key("sentences").open_array();
  for (const std::string& sentence : replay_unknowns(r)) json.value(sentence);
  json.close_array().key("people").open_object();
  for (const auto& [what, count] : r.record.left_out_by) json.field(what, count);
  json.close_object().key("acts").open_array();
  for (std::size_t i = 0; i < shown(r, r.record.left_out.size()); ++i) {
    const LeftOut& act = r.record.left_out[i];
    json.open_object().field("at", api::rfc3339(r.record.wall(act.at))).field("what", act.what);
    json.field("incident", to_text(act.incident)).field("by", act.by).close_object();
  }
  json.close_array().close_object();
}

}  // namespace

std::string replay_json(const ReplayReport& r) {
  const Difference& d = r.difference;
  std::string out;
  JsonWriter json(out);
  json.open_object().field("differs", !d.none());
  json.field("from", api::rfc3339(r.record.wall(r.record.begin)));
  json.field("to", api::rfc3339(r.record.wall(r.record.end)));
  json.field("asked_seconds", r.asked.ms / 1000);
  json.field("seconds", (r.record.end - r.record.begin).ms / 1000);
  json.field("events", r.record.events.size());
  write_side(json, "before", r.before_name, r.before, d.before);
  write_side(json, "after", r.after_name, r.after, d.after);
  json.key("incidents").open_object().field("same", d.same);
  for (std::size_t k = 0; k < EnumTable<KnotKind>::count; ++k)
    json.field(EnumTable<KnotKind>::names[k], d.of_kind[k]);
  json.close_object();
  json.field("pages_added", d.pages_added).field("pages_removed", d.pages_removed);
  json.key("differences").open_array();
  for (std::size_t i = 0; i < shown(r, d.knots.size()); ++i) write_knot(json, r, d.knots[i]);
  json.close_array().key("dispositions").open_array();
  for (const auto& [pair, change] : d.dispositions)
    json.open_object()
        .field("before", disposition_word(pair.first))
        .field("after", disposition_word(pair.second))
        .field("events", change.events)
        .field("first", alert_words(r.record.events[change.first_event]))
        .close_object();
  json.close_array();
  write_unknown(json, r);
  json.close_object();
  return out + "\n";
}

}  // namespace tocsin::cli
