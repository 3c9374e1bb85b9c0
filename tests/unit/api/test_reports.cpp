// What people report and ask for, over HTTP: who may, what they are told, and what is listed.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;
namespace json = boost::json;

namespace {

// The company with somebody who may only report, a service desk and another CI.
std::string company() {
  std::string text = config_text;
  const auto add = [&](const std::string& behind, const std::string& more) {
    text.insert(text.find(behind) + behind.size(), more);
  };
  add("tokens:\n",
      "  - {name: una, person: una, roles: [requester], token: una-secret}\n"
      "  - {name: dan, person: dan, roles: [service_desk], token: dan-secret}\n");
  add("people: [", "{id: una}, {id: dan}, ");
  add("cis: [", "{id: web-1, class: host}, ");
  return text;
}

json::value body_of(const HttpResponse& r) {
  return json::parse(r.body);
}
std::string at(const HttpResponse& r, const char* member) {
  return std::string(body_of(r).at(member).as_string());
}
bool has(const std::string& body, const std::string& part) {
  return body.find(part) != body.npos;
}

}  // namespace

TEST_CASE("a report is answered with its number, and the incident says who watches it") {
  World world(company());
  INFO(world.problems);
  REQUIRE(world.problems.empty());
  const HttpResponse first =
      world.post("/v1/reports", "una-secret", R"({"text":"nothing works","ci":"DB-1"})");
  INFO(first.body);
  REQUIRE(first.status == 200);
  CHECK(at(first, "incident") == "INC0000001");
  CHECK(at(first, "result") == "done");
  CHECK_FALSE(body_of(first).at("joined").as_bool());
  CHECK(header(first, "X-Tocsin-Seq") != "");
  const HttpResponse again =
      world.post("/v1/reports", "una-secret", R"({"text":"nothing works","ci":"db-1"})");
  CHECK(at(again, "result") == "already");
  CHECK(at(again, "incident") == "INC0000001");
  const HttpResponse other = world.post(
      "/v1/reports", "dan-secret",
      R"({"text":"it is slow","ci":"db-1","reporter":"u7","via":"phone","kind":"incident"})");
  CHECK(body_of(other).at("joined").as_bool());
  const std::string shown = world.get("/v1/incidents/1" + world.after()).body;
  CHECK(has(shown, R"("reports":2)"));
  CHECK(has(shown, R"("watchers":["una","u7"])"));
  CHECK(has(shown, R"("origin":"api")"));
  const std::string story = world.get("/v1/incidents/1/timeline").body;
  CHECK(
      has(story, R"("kind":"reported","actor":"dan","text":"u7 (by dan) reports of db-1: it is)"));
}

TEST_CASE("who may not report, and what is no report") {
  World world(company());
  const auto status = [&](const std::string& token, const std::string& body) {
    return world.post("/v1/reports", token, body).status;
  };
  CHECK(status("eye-secret", R"({"text":"slow"})") == 403);
  CHECK(status("adm-secret", R"({"text":"slow"})") == 403);
  CHECK(world.call(request(HttpMethod::post, "/v1/reports", R"({"text":"slow"})")).status == 403);
  CHECK(status("una-secret", R"({"text":"slow","reporter":"u7"})") == 403);
  for (const char* wrong : {R"({})", R"({"text":""})", R"({"text":"slow","ci":"none of ours"})",
                            R"({"text":"slow","kind":"wish"})",
                            R"({"text":"slow","via":"webhook"})", R"({"text":"slow","who":"me"})"})
    CHECK(status("una-secret", wrong) == 422);
  CHECK(status("una-secret", "[]") == 400);
  CHECK(status("una-secret", R"({"text":")" + std::string(4097, 'x') + R"("})") == 422);
  CHECK(has(world.get("/v1/incidents").body, R"("incidents":[])"));
  // Who may only report reads nothing by that.
  CHECK(world.call(bearer(request(HttpMethod::get, "/v1/requests"), "una-secret")).status == 403);
}

TEST_CASE("a request is listed, taken and done") {
  World world(company());
  CHECK(at(world.post("/v1/reports", "una-secret", R"({"text":"a new screen","kind":"request"})"),
           "request") == "REQ0000001");
  const HttpResponse sent = world.post(
      "/hooks/shop", "shop-secret",
      R"([{"key":"password","class":"request","summary":"reset it","labels":{"user":"u123"}},
          {"key":"slow","severity":"critical","ci":"db-1"}])");
  CHECK(has(sent.body, R"("requests":["REQ0000002"])"));
  const std::string list = world.get("/v1/requests" + world.after()).body;
  CHECK(list.find("REQ0000002") < list.find("REQ0000001"));
  CHECK(has(list, R"("state":"open","title":"reset it")"));
  CHECK(has(list, R"("source":"shop","reporter":"u123")"));
  CHECK(has(list, R"("source":"report","reporter":"una","by":"una")"));
  CHECK(world.post("/v1/requests/REQ0000001/take", "una-secret", "{}").status == 403);
  CHECK(at(world.post("/v1/requests/1/take", "dan-secret", "{}"), "result") == "done");
  CHECK(at(world.post("/v1/requests/req1/take", "dan-secret", ""), "result") == "already");
  CHECK(world.post("/v1/requests/9/take", "dan-secret", "{}").status == 404);
  CHECK(world.post("/v1/requests/x/take", "dan-secret", "{}").status == 404);
  CHECK(world.post("/v1/requests/1/done", "dan-secret", R"({"x":"y"})").status == 422);
  const HttpResponse done =
      world.post("/v1/requests/1/done", "dan-secret", R"({"note":"ordered"})");
  CHECK(at(done, "request") == "REQ0000001");
  CHECK(world.post("/v1/requests/1/take", "dan-secret", "{}").status == 409);
  const std::string shown = world.get("/v1/requests/REQ0000001" + world.after()).body;
  CHECK(has(shown, R"("state":"done")"));
  CHECK(has(shown, R"("taken_by":"dan")"));
  CHECK(has(shown, R"("done_by":"dan","note":"ordered")"));
  CHECK_FALSE(has(world.get("/v1/requests").body, "REQ0000001"));
  CHECK(has(world.get("/v1/requests?state=done,open&limit=1").body, R"("next_cursor":"2")"));
  CHECK(has(world.get("/v1/requests?state=all&cursor=2").body, "REQ0000001"));
  CHECK(world.get("/v1/requests?state=gone").status == 400);
  CHECK(world.get("/v1/requests?limit=0").status == 400);
  CHECK(world.get("/v1/requests/77").status == 404);
  const std::string metrics = world.get("/metrics").body;
  CHECK(has(metrics, "tocsin_requests_opened_total 2"));
  CHECK(has(metrics, R"(tocsin_requests{state="done"} 1)"));
}

TEST_CASE("an incident becomes a request and a request an incident, over HTTP") {
  World world(company());
  world.post("/v1/reports", "una-secret",
             R"({"text":"nothing works","kind":"request","ci":"web-1"})");
  const HttpResponse incident = world.post("/v1/requests/1/convert", "dan-secret", "{}");
  CHECK(at(incident, "incident") == "INC0000001");
  CHECK(at(incident, "request") == "REQ0000001");
  CHECK(has(world.get("/v1/requests/1" + world.after()).body, R"("incident":"INC0000001")"));
  CHECK(world.post("/v1/incidents/1/convert", "una-secret", "{}").status == 403);
  const HttpResponse request =
      world.post("/v1/incidents/1/convert", "dan-secret", R"({"note":"a wish after all"})");
  CHECK(at(request, "request") == "REQ0000002");
  const std::string shown = world.get("/v1/incidents/1" + world.after()).body;
  CHECK(has(shown, R"("request":"REQ0000002")"));
  CHECK(has(shown, R"("code":"converted_to_request")"));
  CHECK(has(world.get("/v1/incidents/1/timeline").body, "it is REQ0000002 from here on, says dan"));
}

TEST_CASE("what may be read by some only is answered with its number to the others") {
  World world(company() + "dispositions: {restricted_subcategories: [host_down]}\n");
  INFO(world.problems);
  REQUIRE(world.problems.empty());
  const auto said = [&](const std::string& token, const std::string& text) {
    return body_of(world.post("/v1/reports", token, R"({"ci":"web-1","text":")" + text + R"("})"))
        .as_object();
  };
  REQUIRE(said("una-secret", "a strange mail").at("incident").as_string() == "INC0000001");
  REQUIRE(world.engine->read_now()->incident(IncidentNumber(1))->restricted);
  const auto hidden = said("una-secret", "another one");
  CHECK(hidden.at("incident").as_string() == "INC0000001");
  CHECK_FALSE(hidden.at("joined").as_bool());
  CHECK(said("ivy-secret", "I have one, too").at("joined").as_bool());
  const HttpResponse seen =
      world.call(bearer(request(HttpMethod::get, "/v1/incidents/1" + world.after()), "bob-secret"));
  CHECK(has(seen.body, R"("watchers":[])"));
  CHECK(has(seen.body, R"("reports":3)"));
}

TEST_CASE("as many requests are kept as may be, and the next is sent again") {
  World world(company());
  const auto ask = [&](int from, int count) {
    std::string body = "[";
    for (int i = from; i < from + count; ++i)
      body += std::string(i > from ? "," : "") + R"({"class":"request","key":"k","ci":"u)" +
              std::to_string(i) + R"("})";
    return world.post("/hooks/shop", "shop-secret", body + "]");
  };
  for (int i = 0; i < 9'000; i += 500) REQUIRE(ask(i, 500).status == 200);
  const HttpResponse full = ask(9'000, 1);
  CHECK(full.status == 503);
  CHECK(header(full, "Retry-After") != "");
  // What is stored is not asked for again: one that is known, and one too many.
  const HttpResponse partly = ask(8'999, 2);
  CHECK(partly.status == 200);
  CHECK(has(partly.body, R"("accepted":1,"rejected":["1 requests: as many requests are kept)"));
  // No sender of events keeps people out.
  CHECK(world.post("/v1/reports", "una-secret", R"({"text":"a","kind":"request"})").status == 200);
  CHECK(world.post("/v1/requests/1/done", "dan-secret", "{}").status == 200);
  CHECK(has(ask(8'999, 2).body, R"("requests":["REQ0009000","REQ0009002"])"));
  CHECK(has(world.get("/metrics" + world.after()).body, R"(tocsin_requests{state="open"} 9001)"));
}

TEST_CASE("the answer to a report does not tell of what is restricted") {
  World world(company());
  REQUIRE(
      world
          .post("/hooks/shop", "shop-secret",
                R"([{"key":"m","severity":"critical","ci":"web-1","labels":{"category":"security",
                         "subcategory":"malware"}}])")
          .status == 200);
  const HttpResponse r =
      world.post("/v1/reports", "una-secret", R"({"text":"a strange mail","ci":"web-1"})");
  CHECK(at(r, "incident") == "INC0000002");
  CHECK_FALSE(body_of(r).at("joined").as_bool());
}
