#include "daemon/api/drills.hpp"

#include <algorithm>
#include <map>

#include "daemon/api/incident_source.hpp"
#include "daemon/api/json_in.hpp"
#include "daemon/api/records.hpp"
#include "daemon/api/v1_write.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t entries_max = 1000;
constexpr std::size_t target_bytes_max = 200;

// How it went by one channel, read from the story of the drill.
struct Outcome {
  std::string person, channel, outcome = "waiting", detail;
  std::uint64_t attempts = 0;
};

std::string field(const TimelineEntry& entry, std::string_view name) {
  for (const auto& [key, value] : entry.fields)
    if (key == name) return value;
  return "";
}

std::map<std::uint64_t, Outcome> outcomes(const Engine& engine, const Snapshot& snapshot,
                                          IncidentNumber number) {
  std::map<std::uint64_t, Outcome> out;
  for (const auto& [n, entry] : find_timeline(engine, snapshot, number, 1, entries_max)) {
    const auto page = parse_number(field(entry, "page"));
    if (!page) continue;
    if (entry.kind == "page_requested") {
      out[*page].person = field(entry, "person"), out[*page].channel = field(entry, "channel");
    } else if (const auto it = out.find(*page); it != out.end()) {
      Outcome& o = it->second;
      if (const auto attempt = parse_number(field(entry, "attempt"))) o.attempts = *attempt;
      if (const std::string detail = field(entry, "detail"); !detail.empty()) o.detail = detail;
      if (const std::string end = field(entry, "end"); !end.empty()) o.outcome = end;
    }
  }
  return out;
}

void write_drill(JsonWriter& json, const Engine& engine, const Snapshot& snapshot,
                 const IncidentRow& row) {
  const auto channels = outcomes(engine, snapshot, row.number);
  const auto count = [&](std::string_view what) {
    return std::count_if(channels.begin(), channels.end(),
                         [&](const auto& c) { return c.second.outcome == what; });
  };
  const bool waiting = count("waiting") > 0;
  const bool all = count("delivered") == static_cast<std::ptrdiff_t>(channels.size());
  json.open_object().field("number", to_text(row.number));
  json.field("outcome", waiting ? "waiting" : all ? "delivered" : "failed");
  write_time(json, "started_at", row.opened_at, snapshot.globals);
  write_time(json, "acknowledged_at", row.acknowledged_at, snapshot.globals);
  json.field("acknowledged_by", row.words().owner).key("channels").open_array();
  for (const auto& [page, o] : channels) {
    json.open_object().field("person", o.person).field("channel", o.channel);
    json.field("outcome", o.outcome).field("attempts", o.attempts);
    json.field("detail", o.detail).close_object();
  }
  json.close_array().close_object();
}

HttpResponse show(const Engine& engine, const Exchange& x, const Snapshot& snapshot) {
  const auto found = find_incident(engine, snapshot, parse_incident(x.args[0]));
  if (!found || !found->row.drill)
    return own_error(404, "not_found", "there is no drill " + x.args[0]);
  std::string body;
  JsonWriter json(body);
  json.open_object().key("drill");
  write_drill(json, engine, snapshot, found->row);
  json.field("seq", snapshot.globals.seq).close_object();
  return json_response(200, std::move(body));
}

// Those of the last 24 hours; the core keeps fifty at most.
HttpResponse list(const Engine& engine, const Snapshot& snapshot) {
  std::vector<IncidentRow> rows;
  snapshot.incidents.each([&](std::uint32_t, const IncidentRow& row) {
    if (row.drill) rows.push_back(row);
  });
  std::sort(rows.begin(), rows.end(),
            [](const IncidentRow& a, const IncidentRow& b) { return a.number > b.number; });
  std::string body;
  JsonWriter json(body);
  json.open_object().key("drills").open_array();
  for (const IncidentRow& row : rows) write_drill(json, engine, snapshot, row);
  json.close_array().field("seq", snapshot.globals.seq).close_object();
  return json_response(200, std::move(body));
}

void start(Engine& engine, const Exchange& x) {
  ErrorFields wrong;
  const auto body = read_json(x, {"target"}, wrong);
  if (!body) return;
  StartDrill command{x.who.actor, body->text("target")};
  if (command.target.empty()) wrong.emplace_back("target", "is a person or a channel");
  if (command.target.size() > target_bytes_max) wrong.emplace_back("target", "at most 200 bytes");
  if (refused(x, wrong)) return;
  offer_command(engine, std::move(command), x.reply);
}

}  // namespace

void add_drills(Router& router, Reading& reading) {
  Engine& engine = reading.engine();
  const Guard read = Guard::needs(Permission::incident_read);
  router.add(HttpMethod::post, "/v1/drills", Guard::needs(Permission::drill_start),
             [&engine](const Exchange& x) { start(engine, x); });
  router.add(HttpMethod::get, "/v1/drills", read,
             reading.handler(
                 [&engine](const Exchange&, const SnapshotPtr& s) { return list(engine, *s); }));
  router.add(HttpMethod::get, "/v1/drills/{}", read,
             reading.handler([&engine](const Exchange& x, const SnapshotPtr& s) {
               return show(engine, x, *s);
             }));
}

}  // namespace tocsin::api
