#include "daemon/api/v1_heartbeats.hpp"

#include <chrono>
#include <cstdio>
#include <map>

#include "config/text.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/api/records.hpp"
#include "daemon/api/v1_silences.hpp"
#include "daemon/engine/random.hpp"
#include "rules/model/silence.hpp"

namespace tocsin::api {
namespace {

using Clock = std::chrono::steady_clock;

// ---- what is expected, and how it is ----

std::string_view owner_of(const Heartbeat& h, const Settings& settings) {
  if (!h.group.empty()) return h.group;
  const Ci* ci = h.ci.empty() ? nullptr : settings.ci(h.ci);
  return ci && !ci->group.empty() ? std::string_view(ci->group) : settings.default_group;
}

struct Timer {
  std::uint32_t slot = no_slot;
  HeartbeatRow row;
  Instant heard{};  // the last sign of life, also one that is not on record; Instant{}: never
};

void write_timer(JsonWriter& json, const Timer& t, const Globals& globals) {
  const bool missed = t.row.state == HeartbeatState::missed;
  json.field("state", name(t.row.state));
  write_time(json, "last_seen_at", t.heard == Instant{} ? never : t.heard, globals);
  write_time(json, "expected_since", t.heard == Instant{} ? t.row.since : never, globals);
  write_time(json, "due_at", missed ? never : later(t.row.due, t.heard + t.row.bound), globals);
  write_time(json, "missed_at", t.row.missed_at, globals);
  json.field("excused", t.row.excused && t.heard <= t.row.since);
}

void write_heartbeat(JsonWriter& json, const Heartbeat& h, const Timer* timer,
                     IncidentNumber incident, const Settings& settings, const Globals& globals) {
  json.open_object().field("name", h.name);
  // It has just come with a configuration, and its timer is about to be made.
  Timer coming;
  coming.row.since = never;
  write_timer(json, timer ? *timer : coming, globals);
  json.field("every", config::duration_text(h.every))
      .field("grace", config::duration_text(h.grace));
  json.field("missed", h.missed).field("owner", owner_of(h, settings)).field("ci", h.ci);
  json.field("severity", name(h.severity)).field("category", h.category);
  json.field("subcategory", h.subcategory).field("symptom", h.symptom);
  json.key("incident");
  incident ? json.value(to_text(incident)) : json.null();
  write_matchers(json, "match", pack_matchers(h.match));
  json.close_object();
}

HttpResponse list(const Engine& engine, const Snapshot& s) {
  const auto settings = engine.settings();
  std::map<std::string, Timer, std::less<>> timers;
  std::map<Fingerprint, IncidentNumber> incidents;  // of what fires for those that are missed
  s.heartbeats.each([&](std::uint32_t slot, const HeartbeatRow& row) {
    Timer t{slot, row, row.seen ? row.since : Instant{}};
    if (s.signs) t.heard = later(t.heard, s.signs->of(slot, row.id));
    timers.emplace(row.name(), t);
    if (row.state == HeartbeatState::missed) incidents[row.alert];
  });
  if (!incidents.empty())
    s.alerts.each([&](std::uint32_t, const AlertRow& row) {
      const auto it = incidents.find(row.fingerprint());
      if (it != incidents.end()) it->second = row.incident;
    });
  std::string body;
  JsonWriter json(body);
  json.open_object().key("heartbeats").open_array();
  for (const Heartbeat& h : settings->heartbeats) {
    const auto it = timers.find(h.name);
    const Timer* timer = it == timers.end() ? nullptr : &it->second;
    const auto incident = timer ? incidents.find(timer->row.alert) : incidents.end();
    write_heartbeat(json, h, timer,
                    incident == incidents.end() ? IncidentNumber{} : incident->second, *settings,
                    s.globals);
  }
  json.close_array().field("seq", s.globals.seq).close_object();
  return json_response(200, std::move(body));
}

// ---- pings, as Opsgenie answers them ----

// {"result" or "message": TEXT, "took": seconds, "requestId": UUID}
HttpResponse og_answer(int status, std::string_view text, Clock::time_point began) {
  char took[32];
  std::snprintf(took, sizeof took, "%.3f",
                std::chrono::duration<double>(Clock::now() - began).count());
  const LinkKey random = random_link_key();
  std::string body = status == 202 ? "{\"result\":" : "{\"message\":";
  append_json_string(body, text);
  body += std::string(",\"took\":") + took + ",\"requestId\":\"" +
          uuid_text(Fingerprint{random.a, random.b}) + "\"}\n";
  HttpResponse r = json_response(status, std::move(body));
  if (status == 429) r.headers.emplace_back("Retry-After", "1");
  if (status == 401) r.headers.emplace_back("WWW-Authenticate", "GenieKey realm=\"tocsin\"");
  if (status == 405) r.headers.emplace_back("Allow", "GET, POST, PUT");
  return r;
}

void ping(Engine& engine, const Access& access, const Exchange& x) {
  const auto began = Clock::now();
  const std::uint8_t source = engine.source_slot(heartbeat_source);
  const std::string& name = x.args[0];
  // A HEAD asks whether there is something, and does nothing.
  if (x.request.method == HttpMethod::head)
    return x.reply(og_answer(405, "a HEAD is no sign of life", began));
  if (!may_ping(x.request, access)) {
    engine.count_rejected(source, Disposition::rejected_auth, 1);
    return x.reply(og_answer(401,
                             "a ping needs a token: Authorization: GenieKey TOKEN, of an "
                             "integration or an event source",
                             began));
  }
  const auto done = [reply = x.reply, began](const Answer& answer, std::uint64_t) {
    const bool known = answer.code == Answer::Code::done;
    reply(known ? og_answer(202, "PONG - Heartbeat received", began)
                : og_answer(404, answer.message, began));
  };
  const Offer offered = engine.offer(PingHeartbeat{name, source}, done);
  if (offered == Offer::taken) return;
  engine.count_rejected(source, Disposition::shed, 1);
  x.reply(og_answer(offered == Offer::full ? 429 : 503,
                    offered == Offer::full ? "too many commands wait already" : "stopping", began));
}

}  // namespace

void add_v1_heartbeats(Router& router, Reading& reading,
                       std::function<std::shared_ptr<const Access>()> access) {
  Engine& engine = reading.engine();
  router.add(HttpMethod::get, "/v1/heartbeats", Guard::needs(Permission::incident_read),
             reading.handler(
                 [&engine](const Exchange&, const SnapshotPtr& s) { return list(engine, *s); }));
  for (const HttpMethod method : {HttpMethod::get, HttpMethod::post, HttpMethod::put})
    router.add(method, "/v2/heartbeats/{}/ping", Guard::own(),
               [&engine, access](const Exchange& x) { ping(engine, *access(), x); });
}

}  // namespace tocsin::api
