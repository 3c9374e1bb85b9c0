#include "daemon/api/v1_status.hpp"

#include "daemon/api/json_out.hpp"
#include "daemon/api/records.hpp"
#include "daemon/api/rfc3339.hpp"
#include "daemon/api/v1_write.hpp"

namespace tocsin::api {
namespace {

struct Counts {
  std::uint64_t open = 0, unanswered = 0, steps_held = 0, pages_waiting = 0;
};

Counts count(const Snapshot& s) {
  Counts n;
  s.incidents.each([&](std::uint32_t, const IncidentRow& r) {
    if (!r.unresolved() || r.drill) return;
    ++n.open;
    n.unanswered += r.acknowledged_at == never;
    n.steps_held += r.escalate_due == when_resumed;
  });
  s.pages.each([&](std::uint32_t, const PageRow& p) {
    n.pages_waiting += !p.delivered && p.state == PageState::waiting;
  });
  return n;
}

void write_pause(JsonWriter& json, const Globals& g, const Counts& n) {
  json.key("paging").open_object().field("paused", g.paused);
  if (g.paused) {
    json.field("why", name(g.paused_why)).field("message", pause_words(g.backup_at, g.backup_seq));
    json.field("backup_frame", g.backup_seq);
    write_time(json, "backup_at", g.backup_at);
    write_time(json, "restored_at", g.restored_at);
  }
  json.field("steps_held", n.steps_held).field("pages_waiting", n.pages_waiting).close_object();
}

HttpResponse status(const Engine& engine, const Snapshot& s, const std::string& version) {
  const Engine::Health health = engine.health();
  const bool ready = health.ready && health.accepting && !health.history_lost && !s.globals.paused;
  const Counts n = count(s);
  std::string body;
  JsonWriter json(body);
  json.open_object().field("version", version);
  json.field("instance", engine.settings()->instance_name).field("ready", ready);
  json.field("accepting", health.accepting).field("message", health.why);
  json.field("history_loss_unconfirmed", health.history_lost);
  write_pause(json, s.globals, n);
  json.key("incidents").open_object().field("open", n.open).field("unanswered", n.unanswered);
  json.close_object().key("log").open_object().field("durable", health.durable);
  json.field("checkpoint", health.checkpoint).field("epoch", health.epoch).close_object();
  json.field("config", s.globals.config_hash).field("seq", s.globals.seq).close_object();
  return json_response(200, std::move(body));
}

}  // namespace

std::string pause_words(Wall backup_at, std::uint64_t backup_seq) {
  return "the store was restored from the backup of " + rfc3339(backup_at) + " at frame " +
         std::to_string(backup_seq);
}

void add_v1_status(Router& router, Reading& reading, const std::string& version) {
  Engine& engine = reading.engine();
  router.add(HttpMethod::get, "/v1/status", Guard::needs(Permission::incident_read),
             reading.handler([&engine, version](const Exchange&, const SnapshotPtr& s) {
               return status(engine, *s, version);
             }));
  router.add(
      HttpMethod::post, "/v1/paging/resume", Guard::needs(Permission::paging_resume),
      [&engine](const Exchange& x) { offer_command(engine, ResumePaging{x.who.actor}, x.reply); });
}

}  // namespace tocsin::api
