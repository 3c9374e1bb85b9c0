// Our own API over a real engine: hooks, incidents, acting, permissions, revisions, life signs.

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;
namespace json = boost::json;

namespace {

constexpr const char* disk_full =
    R"({"key":"disk-full","ci":"db-1","severity":"critical","summary":"full"})";

json::value parsed(const HttpResponse& r) {
  return json::parse(r.body);
}
std::string code_of(const HttpResponse& r) {
  return std::string(parsed(r).at("error").at("code").as_string());
}

struct OneIncident : World {
  OneIncident() {
    REQUIRE(problems.empty());
    REQUIRE(post("/hooks/shop", "shop-secret", disk_full).status == 200);
  }
  json::value incident() { return parsed(get("/v1/incidents/1" + after())).at("incident"); }
};

}  // namespace

TEST_CASE("a hook says what it took, and when that is durable") {
  World world;
  const HttpResponse r = world.post("/hooks/shop", "shop-secret", disk_full);
  CHECK(r.status == 200);
  CHECK(parsed(r).at("accepted").as_int64() == 1);
  CHECK(parsed(r).at("seq").as_int64() > 0);
  CHECK(header(r, "X-Tocsin-Seq") == std::to_string(parsed(r).at("seq").as_int64()));
  CHECK(world.post("/hooks/shop", "wrong", disk_full).status == 401);
  CHECK(world.post("/hooks/nosuch", "x", disk_full).status == 404);
  CHECK(world.post("/hooks/shop", "shop-secret", "{").status == 400);
  CHECK(world.post("/hooks/shop", "shop-secret", "3").status == 422);
  const HttpResponse bad = world.post("/hooks/shop", "shop-secret", R"({"status":"maybe"})");
  CHECK(bad.status == 422);
  CHECK(parsed(bad).at("rejected").as_array().size() == 1);
  CHECK(world.call(request(HttpMethod::post, "/hooks/open", disk_full)).status == 200);
  CHECK(world.post("/hooks/cli", "shop-secret", disk_full).status == 200);
}

TEST_CASE("of a group the good alerts are taken, and what was not is said") {
  World world;
  const HttpResponse r = world.post("/hooks/am", "am-secret", R"({"truncatedAlerts":3,"alerts":[
      {"status":"firing","labels":{"alertname":"A","ci":"db-1"}},
      {"status":"suppressed","labels":{"alertname":"B"}}]})");
  CHECK(r.status == 200);
  CHECK(parsed(r).at("accepted").as_int64() == 1);
  CHECK(parsed(r).at("rejected").as_array().at(0).as_string() ==
        "alert [1] has the status 'suppressed', which is not firing or resolved");
  CHECK(parsed(r).at("truncated").as_int64() == 3);
  HttpResponse metrics = world.get("/metrics");
  CHECK(text_of(metrics).find("tocsin_alerts_truncated_total 3\n") != std::string::npos);
  CHECK(world.post("/hooks/am", "am-secret", "[]").status == 422);
}

TEST_CASE("an alert of a sender that repeats seldom is not due for hours") {
  World world;
  REQUIRE(world
              .post("/hooks/am", "am-secret",
                    R"({"alerts":[{"labels":{"alertname":"A","ci":"db-1"}}]})")
              .status == 200);
  const auto snapshot = world.engine->read_now();
  Span left{};
  snapshot->alerts.each(
      [&](std::uint32_t, const AlertRow& row) { left = row.due - snapshot->globals.at; });
  CHECK(left > minutes(299));
  CHECK(left <= minutes(301));
}

TEST_CASE("every event has one disposition, refused ones too") {
  World world;
  world.post("/hooks/shop", "shop-secret", disk_full);
  world.post("/hooks/shop", "shop-secret", disk_full);
  world.post("/hooks/shop", "wrong", disk_full);
  world.post("/hooks/shop", "shop-secret", "{");
  std::uint64_t received = 0, disposed = 0;
  for (int i = 0; i < 100 && received < 4; ++i) {  // tallies ride with the next frame
    world.post("/hooks/shop", "shop-secret", R"({"key":"k)" + std::to_string(i) + "\"}");
    const auto snapshot = world.engine->read_now();
    received = disposed = 0;
    for (const auto n : snapshot->totals.received) received += n;
    for (const auto n : snapshot->totals.dispositions) disposed += n;
    CHECK(received == disposed + snapshot->totals.held);
  }
  CHECK(received >= 4);
}

TEST_CASE_METHOD(OneIncident, "the record of an incident") {
  const json::value i = incident();
  CHECK(i.at("number").as_string() == "INC0000001");
  CHECK(i.at("state").as_string() == "new");
  CHECK(i.at("priority").as_string() == "P1");
  CHECK(i.at("ci").as_string() == "db-1");
  CHECK(i.at("resolution").is_null());
  CHECK(i.at("alerts").at("firing").as_int64() == 1);
  CHECK(get("/v1/incidents/inc1" + after()).status == 200);
  CHECK(get("/v1/incidents/7").status == 404);
  CHECK(get("/v1/incidents/nonsense").status == 404);
}

TEST_CASE_METHOD(OneIncident, "an acknowledgement, once and again") {
  const HttpResponse r = post("/v1/incidents/1/ack", "bob-secret", "");
  CHECK(r.status == 200);
  CHECK(parsed(r).at("result").as_string() == "done");
  CHECK(incident().at("owner").as_string() == "bob");
  CHECK(incident().at("state").as_string() == "in_progress");
  CHECK(parsed(post("/v1/incidents/1/ack", "bob-secret", "{}")).at("result").as_string() ==
        "already");
  CHECK(post("/v1/incidents/9/ack", "bob-secret", "").status == 404);
}

TEST_CASE_METHOD(OneIncident, "what is not permitted is not done") {
  CHECK(post("/v1/incidents/1/ack", "eye-secret", "").status == 403);
  CHECK(post("/v1/incidents/1/ack", "adm-secret", "").status == 403);
  CHECK(call(request(HttpMethod::post, "/v1/incidents/1/ack")).status == 403);
  CHECK(post("/v1/incidents/1/close", "bob-secret", "").status == 403);
  CHECK(post("/v1/incidents/1/resolve", "bob-secret", R"({"force":true})").status == 403);
  CHECK(get("/v1/incidents/1/ack").status == 405);
  CHECK(incident().at("state").as_string() == "new");
}

TEST_CASE_METHOD(OneIncident, "a stale revision is a conflict") {
  const std::string now = std::to_string(incident().at("revision").as_int64());
  const auto ack = [&](const std::string& match) {
    return call(with(bearer(request(HttpMethod::post, "/v1/incidents/1/ack"), "bob-secret"),
                     "If-Match", match));
  };
  CHECK(code_of(ack("\"99\"")) == "revision_conflict");
  CHECK(ack("\"99\"").status == 409);
  CHECK(ack("garbage").status == 400);
  CHECK(ack("\"" + now + "\"").status == 200);
}

TEST_CASE_METHOD(OneIncident, "notes and their limits") {
  CHECK(post("/v1/incidents/1/note", "bob-secret", R"({"text":"looking"})").status == 200);
  CHECK(post("/v1/incidents/1/note", "bob-secret", "{}").status == 422);
  CHECK(post("/v1/incidents/1/note", "bob-secret", R"({"txt":"x"})").status == 422);
  CHECK(post("/v1/incidents/1/note", "bob-secret", "[]").status == 400);
  const json::value story = parsed(get("/v1/incidents/1/timeline" + after()));
  bool found = false;
  for (const json::value& entry : story.at("entries").as_array())
    found |= entry.at("actor").as_string() == "bob" &&
             entry.at("text").as_string().find("looking") != json::string::npos;
  CHECK(found);
  CHECK(story.at("next_cursor").is_null());
}

TEST_CASE_METHOD(OneIncident, "resolving asks for what the process asks for") {
  CHECK(post("/v1/incidents/1/resolve", "ivy-secret", "{}").status == 409);  // nobody owns it
  CHECK(post("/v1/incidents/1/ack", "ivy-secret", "").status == 200);
  const HttpResponse missing =
      post("/v1/incidents/1/resolve", "ivy-secret", R"({"code":"fixed_permanent"})");
  CHECK(missing.status == 422);
  CHECK(parsed(missing).at("error").at("fields").as_object().contains("note"));
  CHECK(parsed(missing).at("error").at("fields").as_object().contains("cause"));
  CHECK(post("/v1/incidents/1/resolve", "ivy-secret", R"({"code":"nonsense"})").status == 422);
  CHECK(post("/v1/incidents/1/close", "ivy-secret", "").status == 409);
  CHECK(post("/v1/incidents/1/resolve", "ivy-secret",
             R"({"code":"fixed_permanent","cause":"capacity","force":true,)"
             R"("note":"the disk was replaced by a larger one"})")
            .status == 200);
  CHECK(incident().at("state").as_string() == "resolved");
  CHECK(incident().at("resolution").at("by").as_string() == "ivy");
  CHECK(post("/v1/incidents/1/close", "ivy-secret", "").status == 200);
  CHECK(incident().at("state").as_string() == "closed");  // from the archive
  CHECK(parsed(get("/v1/incidents" + after())).at("incidents").as_array().empty());
  CHECK(
      parsed(get("/v1/incidents" + after() + "&state=closed")).at("incidents").as_array().size() ==
      1);
}

TEST_CASE("lists page by cursor, newest first") {
  World world;
  for (int i = 0; i < 5; ++i)
    world.post("/hooks/shop", "shop-secret",
               R"({"key":"k","ci":"host-)" + std::to_string(i) + R"(","severity":"error"})");
  for (const char* kind : {"incidents", "alerts", "pages"}) {
    std::size_t seen = 0;
    std::string cursor;
    do {
      const json::value page =
          parsed(world.get("/v1/" + std::string(kind) + world.after() + "&limit=2" + cursor));
      seen += page.at(kind).as_array().size();
      CHECK(page.at(kind).as_array().size() <= 2);
      const json::value& next = page.at("next_cursor");
      cursor = next.is_null() ? "" : "&cursor=" + std::string(next.as_string());
    } while (!cursor.empty());
    CAPTURE(kind);
    CHECK(seen >= 5);
  }
  const json::value first = parsed(world.get("/v1/incidents" + world.after()));
  CHECK(first.at("incidents").as_array()[0].at("number").as_string() == "INC0000005");
  CHECK(world.get("/v1/incidents?limit=0").status == 400);
  CHECK(world.get("/v1/incidents?state=bogus").status == 400);
  CHECK(world.get("/v1/incidents?priority=P9").status == 400);
  CHECK(world.get("/v1/alerts?state=bogus").status == 400);
  CHECK(world.get("/v1/incidents?after=x").status == 400);
  CHECK(parsed(world.get("/v1/alerts" + world.after() + "&incident=INC0000002"))
            .at("alerts")
            .as_array()
            .size() == 1);
}

TEST_CASE("a read of a moment that does not come is 503") {
  World world;
  const HttpResponse r = world.get("/v1/incidents?after=1000000");
  CHECK(r.status == 503);
  CHECK_FALSE(header(r, "Retry-After").empty());
}

TEST_CASE("life signs") {
  World world;
  CHECK(world.get("/-/healthy").status == 200);
  CHECK(world.get("/-/ready").status == 200);
  CHECK(world.get("/-/reload").status == 405);
  CHECK(world.call(request(HttpMethod::post, "/-/reload")).status == 200);
  world.reload_error = "a.yaml:1:1: no\na.yaml:2:1: no";
  const HttpResponse failed = world.post("/-/reload", "adm-secret", "");
  CHECK(failed.status == 500);
  CHECK(failed.body == "failed to reload config: a.yaml:1:1: no\na.yaml:2:1: no\n");
  HttpRequest remote = request(HttpMethod::post, "/-/reload");
  remote.loopback = false;
  CHECK(world.call(remote).status == 401);
  CHECK(world.call(bearer(remote, "bob-secret")).status == 403);
}

TEST_CASE("a restored store says that it pages nobody, until somebody resumes it") {
  World world;
  CHECK(world.engine->offer(PauseForRestore{77, 12, {5000}, {6000}}) == Offer::taken);
  world.post("/hooks/shop", "shop-secret", disk_full);
  const HttpResponse ready = world.get("/-/ready");
  CHECK(ready.status == 503);
  CHECK(
      ready.body.starts_with("paging is paused: the store was restored from the backup of "
                             "1970-01-01T00:00:05.000Z at frame 12"));
  const std::string paused = world.get("/v1/status" + world.after()).body;
  for (const char* part : {R"("ready":false)", R"("paging":{"paused":true,"why":"restored")",
                           R"("backup_frame":12)", R"("steps_held":1)"}) {
    CAPTURE(paused, part);
    CHECK(paused.find(part) != std::string::npos);
  }
  CHECK(world.get("/v1/incidents/1" + world.after()).body.find(R"("next_at":"when_resumed")") !=
        std::string::npos);
  CHECK(world.get("/metrics" + world.after()).body.find("tocsin_paging_paused 1") !=
        std::string::npos);
  CHECK(world.post("/v1/paging/resume", "bob-secret", "{}").status == 403);
  CHECK(world.post("/v1/paging/resume", "adm-secret", "{}").status == 200);
  CHECK(world.get("/-/ready").status == 200);
}

TEST_CASE("the first page shows text as text") {
  World world;
  world.post("/hooks/shop", "shop-secret",
             R"({"key":"<script>alert(1)</script>","ci":"a&b","severity":"error"})");
  const HttpResponse r = world.get("/" + world.after());
  CHECK(r.status == 200);
  CHECK(r.body.find("<script>") == std::string::npos);
  CHECK(r.body.find("&lt;script&gt;") != std::string::npos);
  CHECK(r.body.find("1 open incident<") != std::string::npos);
}

TEST_CASE("metrics have every family once") {
  World world;
  world.post("/hooks/shop", "shop-secret", disk_full);
  const std::string text = world.get("/metrics" + world.after()).body;
  for (const char* line :
       {"tocsin_build_info{version=\"9.9.9\"} 1", "alertmanager_build_info{version=\"0.25.0\"",
        "tocsin_incidents_open{priority=\"P1\",state=\"new\"} 1", "tocsin_backlog_age{age=\"0-1d\"",
        "alertmanager_alerts{state=\"active\"} 1", "process_resident_memory_bytes ",
        "tocsin_event_dispositions_total{disposition=\"incident_opened\"} 1"}) {
    CAPTURE(line);
    CHECK(text.find(line) != std::string::npos);
  }
  std::map<std::string, int> types;
  for (std::size_t at = 0; (at = text.find("# TYPE ", at)) != text.npos; ++at)
    ++types[text.substr(at + 7, text.find(' ', at + 7) - at - 7)];
  for (const auto& [name, times] : types) {
    CAPTURE(name);
    CHECK(times == 1);
  }
}
