#include "daemon/api/v1_maintenance.hpp"

#include "daemon/api/json_out.hpp"
#include "daemon/api/records.hpp"
#include "daemon/api/v1_silences.hpp"

namespace tocsin::api {
namespace {

HttpResponse no_such_window(const std::string& asked) {
  return own_error(404, "not_found", "there is no maintenance window " + asked);
}

void write_cis(JsonWriter& json, const std::vector<std::string>& cis) {
  json.key("cis").open_array();
  for (const std::string& ci : cis) json.value(ci);
  json.close_array();
}

// One that people made: its CIs with all that was found to depend on them.
void write_window(JsonWriter& json, const SilenceRow& row, const Globals& globals) {
  const SilenceWords w = row.words();
  json.open_object().field("id", uuid_text(row.uuid)).field("state", name(row.state));
  json.field("origin", "people").field("owner", w.created_by).field("reason", w.comment);
  json.field("change", w.change).field("by", w.by);
  write_cis(json, unpack_cis(w.cis));
  write_matchers(json, "match", w.matchers);
  json.field("dependents", false).field("recurring", false);
  write_time(json, "starts_at", row.starts_at);
  write_time(json, "ends_at", row.ends_at);
  write_time(json, "created_at", row.created_at, globals);
  json.field("ended_by", w.ended_by).close_object();
}

// One of the configuration: the times of the window that is open, or of the next one.
void write_window(JsonWriter& json, const MaintenanceWindow& w, Wall now) {
  const auto open = w.schedule.at(now);
  const auto one = open ? open : w.schedule.next(now);
  json.open_object().field("id", w.id);
  json.field("state", open ? "active" : one ? "pending" : "expired");
  json.field("origin", "configuration").field("owner", w.owner).field("reason", w.reason);
  json.field("change", w.change).field("by", "");
  write_cis(json, w.cis);
  write_matchers(json, "match", pack_matchers(w.match));
  json.field("dependents", w.dependents).field("recurring", w.schedule.again.has_value());
  write_time(json, "starts_at", one ? one->starts : Wall{});
  write_time(json, "ends_at", one ? one->ends : Wall{});
  json.key("created_at").null();
  json.field("ended_by", "").close_object();
}

HttpResponse list(const Engine& engine, const Exchange& x, const Snapshot& snapshot) {
  const std::uint32_t states = silence_states(x.query.get("state", "live"));
  if (states == 0)
    return own_error(
        400, "bad_request", "the query does not fit",
        {{"state", "is live, all, active, pending or expired, or several with commas"}});
  const auto settings = engine.settings();
  const Wall now = snapshot.globals.wall(snapshot.globals.at);
  std::string body;
  JsonWriter json(body);
  json.open_object().key("maintenance").open_array();
  for (const SilenceRow& row : sorted_silences(snapshot, SuppressionKind::window, states))
    write_window(json, row, snapshot.globals);
  for (const MaintenanceWindow& w : settings->windows) {
    const SilenceState state = w.schedule.at(now)     ? SilenceState::active
                               : w.schedule.next(now) ? SilenceState::pending
                                                      : SilenceState::expired;
    if (states >> index(state) & 1u) write_window(json, w, now);
  }
  json.close_array().field("seq", snapshot.globals.seq).close_object();
  return json_response(200, std::move(body));
}

void add(Engine& engine, const Exchange& x) {
  SilenceBody body = parse_silence(x.request.body, SilenceDialect::window);
  if (body.ends_at && body.lasts) body.wrong.emplace_back("for", "give either this or ends_at");
  if (!body.ends_at && !body.lasts)
    body.wrong.emplace_back("ends_at", "when it ends is needed, or for how long: for");
  if (body.reason.empty()) body.wrong.emplace_back("reason", "says why, and is needed");
  if (auto r = refused(x, body)) return x.reply(std::move(*r));
  const Wall now = engine.wall_now();
  AddWindow command;
  command.by = x.who.actor;
  command.cis = std::move(body.cis), command.dependents = body.dependents;
  command.matchers = pack_matchers(std::move(body.matchers));
  command.owner = body.owner.empty() ? x.who.actor.person : body.owner;
  command.reason = body.reason, command.change = body.change;
  command.starts_at = body.starts_at.value_or(Wall{});  // at once, by the clock of turns
  command.ends_at = body.ends_at ? *body.ends_at : std::max(command.starts_at, now) + *body.lasts;
  offer(engine, std::move(command), x.reply);
}

void end(Engine& engine, const Exchange& x) {
  const Fingerprint uuid = parse_uuid(x.args[0]);
  if (uuid == Fingerprint{}) return x.reply(no_such_window(x.args[0]));
  offer(engine, EndWindow{x.who.actor, uuid}, x.reply);
}

}  // namespace

void add_v1_maintenance(Router& router, Reading& reading) {
  const Guard read = Guard::needs(Permission::incident_read);
  const Guard write = Guard::needs(Permission::maintenance_create);
  Engine& engine = reading.engine();
  router.add(HttpMethod::get, "/v1/maintenance", read,
             reading.handler([&engine](const Exchange& x, const SnapshotPtr& s) {
               return list(engine, x, *s);
             }));
  router.add(HttpMethod::post, "/v1/maintenance", write,
             [&engine](const Exchange& x) { add(engine, x); });
  router.add(HttpMethod::post, "/v1/maintenance/{}/end", write,
             [&engine](const Exchange& x) { end(engine, x); });
}

}  // namespace tocsin::api
