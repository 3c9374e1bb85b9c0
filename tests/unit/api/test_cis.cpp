// The inventory by the API: listed by origin, and imported whole or not at all.

#include <catch2/catch.hpp>

#include "config/inventory.hpp"
#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

HttpResponse put(World& world, const std::string& body, const std::string& type = "text/csv",
                 const std::string& target = "/v1/cis", const std::string& token = "adm-secret") {
  HttpRequest r = bearer(request(HttpMethod::put, target, body), token);
  return world.call(with(std::move(r), "Content-Type", type));
}

const std::string table = "id,class,users,depends_on\nweb-1,host,3,sw\nsw,network_switch,,\n";

}  // namespace

TEST_CASE("an import answers what it changed, and is durable then") {
  World world;
  REQUIRE(world.problems.empty());
  const HttpResponse first = put(world, table);
  CHECK(first.status == 200);
  CHECK(has(first.body,
            R"({"applied":true,"added_count":2,"added":["sw","web-1"],"removed_count":0,)"
            R"("removed":[],"changed_count":0,"changed":[],"unchanged_count":0,"seq":)"));
  CHECK(header(first, "X-Tocsin-Seq") == std::to_string(world.engine->read_now()->globals.seq));
  CHECK(has(world.engine->settings()->text, "imported_cis:"));
  // The same again, as a list, writes nothing.
  const auto seq = world.engine->read_now()->globals.seq;
  const HttpResponse same = put(world,
                                R"({"cis":[{"id":"sw","class":"network_switch"},)"
                                R"({"id":"web-1","class":"host","users":3,"depends_on":["sw"]}]})",
                                "application/json; charset=utf-8");
  CHECK(has(same.body, R"("applied":true,"added_count":0)"));
  CHECK(has(same.body, R"("unchanged_count":2)"));
  CHECK(world.engine->read_now()->globals.seq == seq);
  const HttpResponse next = put(world, "id,class,users\nweb-1,host,4\nweb-2,host,\n");
  CHECK(has(next.body, R"("added":["web-2"],"removed_count":1,"removed":["sw"],"changed_count":1,)"
                       R"("changed":[{"id":"web-1","fields":["users","depends_on"]}])"));
}

TEST_CASE("a dry run changes nothing") {
  World world;
  const auto hash = world.engine->settings()->hash;
  const HttpResponse r = put(world, table, "text/csv", "/v1/cis?dry_run=true");
  CHECK(has(r.body, R"({"applied":false,"added_count":2,)"));
  CHECK(world.engine->settings()->hash == hash);
  CHECK(put(world, table, "text/csv", "/v1/cis?dry_run=maybe").status == 400);
}

TEST_CASE("an import with mistakes changes nothing and tells their places") {
  World world;
  put(world, table);
  const auto hash = world.engine->settings()->hash;
  const HttpResponse r = put(world, "id,users\ndb-1,1\nx,many\n");
  CHECK(r.status == 422);
  CHECK(has(r.body, R"({"error":{"code":"invalid","message":"2 mistakes; nothing has changed",)"));
  CHECK(has(r.body,
            R"("mistakes":[{"line":2,"column":1,"message":"CI 'db-1' stands twice, first in)"));
  CHECK(has(r.body, R"({"line":3,"column":3,"message":"users is a whole number)"));
  CHECK(put(world, "").status == 422);
  CHECK(put(world, "{", "application/json").status == 422);
  CHECK(world.engine->settings()->hash == hash);
}

TEST_CASE("who imports is an administrator, and says what the body is") {
  World world;
  CHECK(put(world, table, "text/csv", "/v1/cis", "bob-secret").status == 403);
  CHECK(put(world, table, "text/csv", "/v1/cis", "nobody").status == 401);
  CHECK(put(world, table, "text/plain").status == 415);
  CHECK(put(world, table, "Text/CSV").status == 200);
}

TEST_CASE("an import comes on top of what came into force while it was made") {
  World world;
  const auto other = import_cis(*world.engine->settings(), "id\nold\n", InventoryForm::table);
  REQUIRE(other.settings);
  std::promise<void> taken;
  // Whichever of the two is decided first: the import is made of what is in force then.
  REQUIRE(world.control.post([&] { taken.get_future().wait(); }));
  std::promise<HttpResponse> promise;
  HttpRequest r = bearer(request(HttpMethod::put, "/v1/cis", "id\nnew\n"), "adm-secret");
  world.api->handle(with(std::move(r), "Content-Type", "text/csv"),
                    [&](HttpResponse answer) { promise.set_value(std::move(answer)); });
  REQUIRE(world.engine->offer(ApplyConfig{other.settings, "test", ""}) == Offer::taken);
  taken.set_value();
  CHECK(promise.get_future().get().status == 200);
  CHECK(world.engine->settings()->ci("new"));
  CHECK_FALSE(world.engine->settings()->ci("old"));
}

TEST_CASE("CIs are listed by origin, page by page") {
  World world;
  put(world, table);
  const std::string all = world.get("/v1/cis").body;
  CHECK(has(all, R"({"cis":[{"id":"db-1","origin":"configured","class":"database",)"
                 R"("criticality":"mission_critical","users":10,"group":"team","aliases":[],)"));
  CHECK(has(all, R"({"id":"sw","origin":"imported","class":"network_switch",)"));
  CHECK(has(all, R"("count":3,"next_cursor":null,)"));
  const std::string first = world.get("/v1/cis?limit=2").body;
  CHECK(has(first, R"("count":3,"next_cursor":"sw",)"));
  CHECK_FALSE(has(first, "web-1\""));
  const std::string rest = world.get("/v1/cis?limit=2&cursor=sw").body;
  CHECK(has(rest, R"({"cis":[{"id":"web-1",)"));
  CHECK(has(rest, R"("next_cursor":null)"));
  CHECK(has(world.get("/v1/cis?origin=configured").body, R"("count":1,)"));
  CHECK(has(world.get("/v1/cis?origin=imported").body, R"("count":2,)"));
  CHECK(has(world.get("/v1/cis?cursor=zzz").body, R"("cis":[],"count":3,"next_cursor":null)"));
  CHECK(world.get("/v1/cis?origin=x").status == 400);
  CHECK(world.get("/v1/cis?limit=0").status == 400);
}

TEST_CASE("what alerts name and nobody listed is listed apart, until somebody lists it") {
  World world;
  const auto alert = [&](const std::string& ci) {
    const std::string body = R"({"key":")" + ci + R"(","ci":")" + ci + R"(","severity":"error"})";
    CHECK(world.post("/hooks/shop", "shop-secret", body).status == 200);
  };
  alert("db-1"), alert("DB-1"), alert("ghost"), alert("web-1");
  const std::string found = world.get("/v1/cis?origin=discovered").body;
  CHECK(has(found, R"({"cis":[{"id":"ghost","origin":"discovered","alerts":1},)"
                   R"({"id":"web-1","origin":"discovered","alerts":1}],"count":2,)"));
  put(world, table);
  CHECK(has(world.get("/v1/cis?origin=discovered").body, R"({"cis":[{"id":"ghost",)"));
}
