// Pings as Opsgenie's clients send them, who may send them, and what is listed.

#include <catch2/catch.hpp>

#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;

namespace {

const std::string heartbeats_config = std::string(config_text) + R"(
heartbeats:
  - {name: backup, every: 24h, grace: 2h, ci: db-1}
  - {name: wd, every: 2m, match: ['alertname="Watchdog"']}
)";

constexpr const char* path = "/v2/heartbeats/backup/ping";

bool has(const std::string& body, const std::string& part) {
  return body.find(part) != body.npos;
}
HttpRequest from_afar(HttpRequest r) {
  r.loopback = false;
  return r;
}
HttpRequest genie(HttpRequest r, const std::string& key) {
  return with(std::move(r), "Authorization", "GenieKey " + key);
}

}  // namespace

TEST_CASE("a ping is answered as Opsgenie does, and shown at once") {
  World world(heartbeats_config);
  INFO(world.problems);
  REQUIRE(world.problems.empty());
  CHECK(has(world.get("/v1/heartbeats").body,
            R"({"heartbeats":[{"name":"backup","state":"waiting","last_seen_at":null)"));
  for (const auto method : {HttpMethod::get, HttpMethod::post, HttpMethod::put}) {
    const HttpResponse r = world.call(genie(from_afar(request(method, path)), "shop-secret"));
    CHECK(r.status == 202);
    CHECK(has(r.body, R"({"result":"PONG - Heartbeat received","took":0.0)"));
    CHECK(has(r.body, R"(,"requestId":")"));
  }
  const std::string list = world.get("/v1/heartbeats").body;
  CHECK(has(list, R"("name":"backup","state":"alive","last_seen_at":"2)"));
  CHECK(has(list, R"("every":"1d","grace":"2h","missed":1,"owner":"team","ci":"db-1")"));
  CHECK(has(list, R"("category":"backup","subcategory":"backup_missing","symptom":"S09")"));
  CHECK(has(list, R"("name":"wd","state":"waiting")"));
  const HttpResponse nobody =
      world.call(genie(request(HttpMethod::post, "/v2/heartbeats/nobody/ping"), "shop-secret"));
  CHECK(nobody.status == 404);
  CHECK(has(nobody.body, R"({"message":"no heartbeat 'nobody' is expected","took":)"));
  const std::string metrics = world.get("/metrics").body;
  CHECK(has(metrics, R"(tocsin_heartbeats{state="alive"} 1)"));
  CHECK(has(metrics, R"(tocsin_heartbeats{state="waiting"} 1)"));
}

TEST_CASE("nobody says without proof that something lives") {
  World world(heartbeats_config);
  const auto status = [&](HttpRequest r) { return world.call(std::move(r)).status; };
  const HttpRequest post = request(HttpMethod::post, path), get = request(HttpMethod::get, path);
  CHECK(status(post) == 202);  // a program of this machine
  CHECK(status(get) == 401);   // which a page of a browser could send
  CHECK(status(request(HttpMethod::head, path)) == 405);
  CHECK(status(from_afar(post)) == 401);
  CHECK(status(with(post, "Origin", "https://evil.example")) == 401);
  CHECK(status(with(post, "X-Forwarded-For", "192.0.2.1")) == 401);
  for (const char* good : {"shop-secret", "am-secret", "bob-secret", "ivy-secret"}) {
    CHECK(status(genie(from_afar(get), good)) == 202);
    CHECK(status(bearer(from_afar(post), good)) == 202);
  }
  for (const char* bad : {"eye-secret", "adm-secret", "wrong", ""}) {
    CHECK(status(genie(from_afar(get), bad)) == 401);
    CHECK(status(genie(post, bad)) == 401);
  }
}

TEST_CASE("an alert that fits is a sign of life, and no incident") {
  World world(heartbeats_config);
  HttpRequest r = bearer(request(HttpMethod::post, "/api/v2/alerts",
                                 R"([{"labels":{"alertname":"Watchdog","severity":"critical"}}])"),
                         "prom-secret");
  CHECK(world.call(with(std::move(r), "Content-Type", "application/json")).status == 200);
  CHECK(has(world.get("/v1/heartbeats").body, R"("name":"wd","state":"alive")"));
  CHECK(has(world.get("/v1/incidents").body, R"("incidents":[])"));
}
