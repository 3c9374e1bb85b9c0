// Holds and major incidents over HTTP: what is asked for by name, and who is shown what.
#include <catch2/catch.hpp>

#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;

namespace {

bool has(const std::string& body, const std::string& part) {
  return body.find(part) != body.npos;
}

// One incident, of bob's.
struct Held : World {
  explicit Held(const std::string& labels = R"("ci":"web-1")") {
    REQUIRE(problems.empty());
    REQUIRE(post("/hooks/shop", "shop-secret",
                 R"([{"key":"k","severity":"error","labels":{)" + labels + "}}]")
                .status == 200);
    REQUIRE(post("/v1/incidents/1/ack", "ivy-secret", "{}").status == 200);
  }
  std::string shown() { return get("/v1/incidents/1" + after()).body; }
};

}  // namespace

TEST_CASE("a hold over HTTP: what is missing by its name, what it waits for in the record") {
  Held world;
  const auto hold = [&](const char* body, const char* token = "ivy-secret") {
    return world.post("/v1/incidents/1/hold", token, body);
  };
  CHECK(hold(R"({"reason":"observing_fix","note":"n"})", "eye-secret").status == 403);
  for (const auto& [body, field] :
       {std::pair(R"({"note":"n"})", "reason"), std::pair(R"({"reason":"x","note":"n"})", "reason"),
        std::pair(R"({"reason":"awaiting_caller","note":"n"})", "question"),
        std::pair(R"({"reason":"awaiting_change","note":"n"})", "reference"),
        std::pair(R"({"reason":"awaiting_window","note":"n"})", "until"),
        std::pair(R"({"reason":"awaiting_window","note":"n","until":"soon"})", "until"),
        std::pair(R"({"reason":"observing_fix"})", "note")}) {
    const HttpResponse r = hold(body);
    INFO(body << r.body);
    CHECK(r.status == 422);
    CHECK(has(r.body, field));
  }
  CHECK(has(world.shown(), R"("hold":null)"));
  REQUIRE(
      hold(R"({"reason":"awaiting_change","note":"n","until":"2h","reference":"CHG-9"})").status ==
      200);
  const std::string shown = world.shown();
  CHECK(has(shown, R"("state":"on_hold")"));
  CHECK(has(shown, R"("reason":"awaiting_change")"));
  CHECK(has(shown, R"("reference":"CHG-9")"));
  CHECK(has(world.get("/v1/incidents?state=on_hold").body, "INC0000001"));
  CHECK(has(world.get("/metrics").body, R"(tocsin_holds_total{reason="awaiting_change"} 1)"));
  REQUIRE(world.post("/v1/incidents/1/resume", "ivy-secret", "{}").status == 200);
  CHECK(has(world.shown(), R"("state":"in_progress")"));
}

TEST_CASE("a major incident over HTTP") {
  Held world;
  const auto major = [&](const char* body, const char* token = "ivy-secret") {
    return world.post("/v1/incidents/1/major", token, body);
  };
  CHECK(major(R"({"action":"praise"})").status == 422);
  CHECK(major(R"({"action":"propose","reason":"nobody can pay"})", "eye-secret").status == 403);
  CHECK(major(R"({"action":"propose","reason":"nobody can pay"})", "bob-secret").status == 200);
  CHECK(has(world.shown(), R"("state":"candidate","criterion":"manual")"));
  CHECK(major(R"({"action":"accept","business_impact":"nobody can pay"})", "bob-secret").status ==
        403);
  CHECK(major(R"({"action":"accept"})").status == 422);
  CHECK(major(R"({"action":"accept","business_impact":"nobody can pay"})").status == 200);
  CHECK(has(world.shown(), R"("manager":"ivy","business_impact":"nobody can pay")"));
  CHECK(has(world.get("/metrics").body, "tocsin_major_open 1"));
  CHECK(has(world.get("/metrics").body, R"(tocsin_major_incidents_total{origin="manual"} 1)"));
}

TEST_CASE("what a restricted incident waits for, and why it is major, is not for everybody") {
  Held world(R"("ci":"web-1","category":"security","subcategory":"data_exposure")");
  REQUIRE(world
              .post("/v1/incidents/1/hold", "ivy-secret",
                    R"({"reason":"observing_fix","note":"the secret of it"})")
              .status == 200);
  REQUIRE(world
              .post("/v1/incidents/1/major", "ivy-secret",
                    R"({"action":"propose","reason":"the secret of it"})")
              .status == 200);
  const std::string listed =
      world.call(bearer(request(HttpMethod::get, "/v1/incidents" + world.after()), "eye-secret"))
          .body;
  CHECK(has(listed, "INC0000001"));
  CHECK_FALSE(has(listed, "secret"));
  CHECK(has(listed, R"("hold":null)"));
  CHECK(has(listed, R"("major":null)"));
}
