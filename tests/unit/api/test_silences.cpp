// Silences over HTTP: our own words, and Alertmanager's. Whoever may act has a token, also here.

#include <catch2/catch.hpp>

#include "connectors/text/rfc3339.hpp"
#include "daemon/api/silence_in.hpp"
#include "rules/model/ids.hpp"
#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;

namespace {

std::string member(const std::string& body, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const std::size_t at = body.find(key);
  if (at == body.npos) return "";
  return body.substr(at + key.size(), body.find('"', at + key.size()) - at - key.size());
}
bool has(const std::string& body, const std::string& part) {
  return body.find(part) != body.npos;
}

void alert(World& world, const std::string& labels) {
  HttpRequest r = bearer(
      request(HttpMethod::post, "/api/v2/alerts", "[{\"labels\":" + labels + "}]"), "prom-secret");
  REQUIRE(world.call(with(std::move(r), "Content-Type", "application/json")).status == 200);
}

std::string am_body(World& world, const std::string& id, const std::string& value, Span from,
                    Span to) {
  // The clock of turns may be a millisecond behind: what begins just now would still be pending.
  const Wall now = world.engine->wall_now() - seconds(1);
  return "{\"id\":\"" + id + "\",\"matchers\":[{\"name\":\"ci\",\"value\":\"" + value +
         "\",\"isRegex\":false}],\"startsAt\":\"" + rfc3339_text(now + from) + "\",\"endsAt\":\"" +
         rfc3339_text(now + to) + "\",\"createdBy\":\"karma\",\"comment\":\"c\"}";
}

constexpr const char* db = R"({"matchers":"ci=\"db-1\"","for":"2h","comment":"swap"})";

}  // namespace

TEST_CASE("a silence is made, listed, shown and ended") {
  World world;
  REQUIRE(world.problems.empty());
  const HttpResponse made = world.post("/v1/silences", "bob-secret", db);
  CHECK(made.status == 200);
  const std::string id = member(made.body, "id");
  REQUIRE(parse_uuid(id) != Fingerprint{});

  alert(world, R"({"alertname":"Down","ci":"db-1","severity":"critical"})");
  const std::string list = world.get("/v1/silences" + world.after()).body;
  CHECK(has(list, R"("id":")" + id + R"(","state":"active","matchers":["ci=\"db-1\""])"));
  CHECK(has(list, R"("by":"bob","created_by":"bob","comment":"swap")"));
  const std::string shown = world.get("/v1/silences/" + id).body;
  CHECK(has(shown, R"("alerts":1,"of_alerts":1,"cis":1,"incidents_touched":1,"incidents_held":1)"));
  CHECK(has(shown, R"("held":true)"));
  const std::string incident = world.get("/v1/incidents/1").body;
  CHECK_FALSE(has(incident, R"("held_until":null)"));
  HttpResponse alerts = world.get("/api/v2/alerts");
  CHECK(has(text_of(alerts), R"("silencedBy":[")" + id + R"("],"state":"suppressed")"));
  HttpResponse loud = world.get("/api/v2/alerts?silenced=false");
  CHECK(text_of(loud) == "[]\n");

  CHECK(world.post("/v1/silences/" + id + "/expire", "bob-secret", "{}").status == 200);
  CHECK(has(world.post("/v1/silences/" + id + "/expire", "bob-secret", "{}").body, "already"));
  CHECK(has(world.get("/v1/silences" + world.after()).body, R"("silences":[])"));
  CHECK(has(world.get("/v1/silences?state=expired").body, R"("why":"by_person","by":"bob")"));
  CHECK(has(world.get("/v1/incidents/1").body, R"("held_until":null)"));
  CHECK(world.get("/v1/silences?state=loud").status == 400);
}

TEST_CASE("a preview says what would be hidden and makes nothing") {
  World world;
  alert(world, R"({"alertname":"Down","ci":"db-1","severity":"critical"})");
  alert(world, R"({"alertname":"Odd","ci":"web-1","severity":"critical"})");
  const HttpResponse seen =
      world.post("/v1/silences/preview", "eye-secret", R"({"matchers":["ci=~\"db-.*\""]})");
  CHECK(seen.status == 200);
  CHECK(has(seen.body, R"("alerts":1,"of_alerts":2,"cis":1,"incidents_touched":1)"));
  CHECK(has(world.get("/v1/silences").body, R"("silences":[])"));
  CHECK(world.post("/v1/silences/preview", "eye-secret", R"({"matchers":"ci=~\"(\""})").status ==
        422);
}

TEST_CASE("who may silence, and for how long") {
  World world;
  CHECK(world.call(request(HttpMethod::post, "/v1/silences", db)).status == 403);
  CHECK(world.post("/v1/silences", "eye-secret", db).status == 403);
  CHECK(world.post("/v1/silences", "adm-secret", db).status == 403);
  CHECK(world.post("/v1/silences", "nobody", db).status == 401);
  const char* days = R"({"matchers":"ci=\"db-1\"","for":"2d","comment":"move"})";
  CHECK(world.post("/v1/silences", "bob-secret", days).status == 403);
  CHECK(world.post("/v1/silences", "ivy-secret", days).status == 200);
  const std::string one = "/api/v2/silence/12345678-1234-4234-8234-123456789012";
  CHECK(world.call(request(HttpMethod::delete_, one)).status == 403);
  CHECK(world.call(request(HttpMethod::post, "/api/v2/silences", "{}")).status == 403);
}

TEST_CASE("what does not fit is said by member") {
  World world;
  const auto problem = [&](const std::string& body) {
    const HttpResponse r = world.post("/v1/silences", "ivy-secret", body);
    return std::to_string(r.status) + " " + r.body;
  };
  CHECK(problem("nonsense").starts_with("400"));
  CHECK(problem("[]").starts_with("400"));
  CHECK(problem(std::string(70'000, ' ')).starts_with("400"));
  CHECK(has(problem(R"({"matchers":"ci=\"a\"","for":"2h"})"), R"("comment":)"));
  CHECK(has(problem(R"({"matchers":"ci=\"a\"","comment":"c"})"), R"("ends_at":)"));
  CHECK(has(problem(R"({"matchers":"ci","for":"2h","comment":"c"})"), R"("matchers":)"));
  CHECK(has(problem(R"({"matchers":7,"for":"2h","comment":"c"})"), R"("matchers":)"));
  CHECK(has(problem(R"({"matchers":"ci=\"a\"","for":"soon","comment":"c"})"), R"("for":)"));
  CHECK(has(problem(R"({"matchers":"ci=\"a\"","for":"2h","comment":"c","fro":"x"})"), R"("fro":)"));
  CHECK(has(problem(R"({"matchers":"ci=\"a\"","ends_at":"2001-01-01T00:00:00Z","comment":"c"})"),
            "before end time"));
  CHECK(problem(R"({"id":"x","matchers":"ci=\"a\"","for":"2h","comment":"c"})").starts_with("404"));
}

TEST_CASE("Alertmanager's clients make, change and delete silences") {
  World world;
  const auto post = [&](const std::string& body) {
    return world.post("/api/v2/silences", "ivy-secret", body);
  };
  const HttpResponse made = post(am_body(world, "", "db-1", {}, hours(1)));
  CHECK(made.status == 200);
  const std::string id = member(made.body, "silenceID");
  REQUIRE(parse_uuid(id) != Fingerprint{});
  const std::string shown = world.get("/api/v2/silence/" + id + world.after()).body;
  CHECK(has(shown, R"("status":{"state":"active"})"));
  CHECK(has(shown, R"("createdBy":"karma")"));
  CHECK(has(shown, R"([{"isEqual":true,"isRegex":false,"name":"ci","value":"db-1"}])"));

  // The same start and matchers: the same silence. Other matchers: another one, and the old is
  // over.
  std::string longer = am_body(world, id, "db-1", {}, hours(3));
  const std::string starts = member(shown, "startsAt");
  longer.replace(longer.find("startsAt\":\"") + 11, starts.size(), starts);
  CHECK(member(post(longer).body, "silenceID") == id);
  const std::string other =
      member(post(am_body(world, id, "db-2", {}, hours(1))).body, "silenceID");
  CHECK(parse_uuid(other) != Fingerprint{});
  CHECK(other != id);
  std::string list = world.get("/api/v2/silences" + world.after()).body;
  CHECK(list.find(other) < list.find(id));  // the expired one comes last
  CHECK(has(list, R"("state":"expired")"));
  CHECK(world.get("/api/v2/silences?filter=ci%3D%22db-3%22").body == "[]\n");
  CHECK(has(world.get("/api/v2/silences?filter=ci%3D%22db-2%22").body, other));

  const auto remove = [&](const std::string& which) {
    return world
        .call(bearer(request(HttpMethod::delete_, "/api/v2/silence/" + which), "ivy-secret"))
        .status;
  };
  CHECK(remove(other) == 200);
  CHECK(remove(other) == 200);
  CHECK(remove("12345678-1234-4234-8234-123456789012") == 404);
  CHECK(remove("x") == 422);
  CHECK(world.get("/api/v2/silence/12345678-1234-4234-8234-123456789012").status == 404);
  CHECK(world.get("/api/v2/silence/x").status == 422);

  const std::string unknown = "12345678-1234-4234-8234-123456789012";
  CHECK(post(am_body(world, unknown, "db-1", {}, hours(1))).status == 404);
  CHECK(post(am_body(world, "", "db-1", hours(2), hours(1))).body ==
        "\"start time must be before end time\"\n");
  CHECK(post(am_body(world, "", "", {}, hours(1))).status == 400);
  CHECK(post(R"({"comment":"c"})").status == 422);
  CHECK(post("{").status == 400);
}
