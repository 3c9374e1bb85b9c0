// Maintenance windows and inhibition over HTTP: our own words, and what Alertmanager's clients see.

#include <catch2/catch.hpp>

#include "rules/model/ids.hpp"
#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;

namespace {

bool has(const std::string& body, const std::string& part) {
  return body.find(part) != body.npos;
}
std::string id_of(const std::string& body) {
  const std::size_t at = body.find(R"("id":")");
  return at == body.npos ? "" : body.substr(at + 6, 36);
}
void alert(World& world, const std::string& labels) {
  HttpRequest r = bearer(
      request(HttpMethod::post, "/api/v2/alerts", "[{\"labels\":" + labels + "}]"), "prom-secret");
  REQUIRE(world.call(with(std::move(r), "Content-Type", "application/json")).status == 200);
}

}  // namespace

TEST_CASE("a window is made, suppresses, is listed and ended") {
  World world;
  REQUIRE(world.problems.empty());
  const HttpResponse made =
      world.post("/v1/maintenance", "bob-secret",
                 R"({"cis":"db-1","for":"2h","reason":"swap","change":"CHG-17"})");
  CHECK(made.status == 200);
  const std::string id = id_of(made.body);
  REQUIRE(parse_uuid(id) != Fingerprint{});

  alert(world, R"({"alertname":"Down","ci":"db-1","severity":"critical"})");
  const std::string list = world.get("/v1/maintenance" + world.after()).body;
  CHECK(has(list, R"("id":")" + id + R"(","state":"active","origin":"people","owner":"bob")"));
  CHECK(has(list, R"("reason":"swap","change":"CHG-17","by":"bob","cis":["db-1"],"match":[])"));
  CHECK(has(world.get("/v1/incidents").body, R"("incidents":[])"));
  const std::string alerts = world.get("/v1/alerts").body;
  CHECK(has(alerts, R"("muted_by":{"kind":"maintenance","id":")" + id + R"(","owner":"bob")"));
  HttpResponse am = world.get("/api/v2/alerts");
  CHECK(has(text_of(am), R"("mutedBy":[")" + id + R"("],"silencedBy":[],"state":"suppressed")"));
  // A window is no silence.
  CHECK(has(world.get("/v1/silences").body, R"("silences":[])"));
  CHECK(world.get("/v1/silences/" + id).status == 404);
  CHECK(world.post("/v1/silences/" + id + "/expire", "bob-secret", "{}").status == 404);

  CHECK(world.post("/v1/maintenance/" + id + "/end", "bob-secret", "{}").status == 200);
  CHECK(has(world.post("/v1/maintenance/" + id + "/end", "bob-secret", "{}").body, "already"));
  const std::string incident = world.get("/v1/incidents/1" + world.after()).body;
  CHECK(has(incident, R"("number":"INC0000001")"));
  CHECK(has(incident, R"("muted_by":null)"));
  CHECK(has(world.get("/v1/incidents/1/timeline").body, "change CHG-17 of bob: swap"));
  CHECK(has(world.get("/v1/maintenance").body, R"("maintenance":[])"));
  CHECK(has(world.get("/v1/maintenance?state=all").body, R"("ended_by":"bob")"));
}

TEST_CASE("what a window needs") {
  World world;
  const auto fields = [&](const std::string& body) {
    return world.post("/v1/maintenance", "bob-secret", body).body;
  };
  CHECK(has(fields(R"({"cis":"db-1","for":"2h"})"), R"("reason":"says why, and is needed")"));
  CHECK(has(fields(R"({"cis":"db-1","reason":"x"})"), R"("ends_at":)"));
  CHECK(has(fields(R"({"for":"1h","reason":"x"})"), R"("cis":"a window is of CIs)"));
  CHECK(has(fields(R"({"cis":[1],"for":"1h","reason":"x"})"), R"("cis":"is a text or a list)"));
  CHECK(has(fields(R"({"cis":"a","id":"x","for":"1h","reason":"x"})"), R"("id":"no such member")"));
  CHECK(world.post("/v1/maintenance", "eye-secret", R"({"cis":"a","for":"1h","reason":"x"})")
            .status == 403);
  CHECK(world.post("/v1/maintenance/x/end", "bob-secret", "{}").status == 404);
}
