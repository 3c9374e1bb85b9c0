// Alertmanager's API. The fingerprints and error texts were taken from Alertmanager 0.25.0.

#include <catch2/catch.hpp>

#include "connectors/text/am_fingerprint.hpp"
#include "daemon/api/am_filter.hpp"
#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;

namespace {

std::string fingerprint(const std::vector<Pair>& labels) {
  std::string bytes;
  pack_alert(bytes, labels, {}, "");
  return am_fingerprint_text(am_fingerprint(AlertText(bytes)));
}

std::string problem(std::string_view matcher) {
  std::string why;
  CHECK_FALSE(parse_am_matcher(matcher, why));
  return why;
}

HttpResponse post(World& world, const std::string& body, const std::string& type) {
  HttpRequest r = bearer(request(HttpMethod::post, "/api/v2/alerts", body), "prom-secret");
  return world.call(with(std::move(r), "Content-Type", type));
}

}  // namespace

TEST_CASE("the fingerprint is Alertmanager's own") {
  CHECK(fingerprint(
            {{"alertname", "DiskFull"}, {"instance", "web-07:9100"}, {"severity", "critical"}}) ==
        "f49d06271441d2b7");
  CHECK(fingerprint({{"alertname", "x"}}) == "d240efc3896bf266");
  CHECK(fingerprint({{"alertname", "E"}}) == "d2b8efc389d2cbcb");
  CHECK(fingerprint({{"a", "b"}}) == "d2b371819297f98a");
  CHECK(fingerprint({{"a", "ä€😀"}, {"alertname", "Ünïcode \"q\" \\ z\n"}, {"zz", "1"}}) ==
        "ec2913db89a06edb");
}

TEST_CASE("matchers are read as Alertmanager reads them") {
  std::string why;
  const auto quoted = parse_am_matcher(" foo =~ \"a\\\"b\\n.*\" ", why);
  REQUIRE(quoted);
  CHECK(quoted->label == "foo");
  CHECK(quoted->op == Matcher::Op::matches);
  CHECK(quoted->value == "a\"b\n.*");
  CHECK(parse_am_matcher("a=b c", why)->value == "b c");
  CHECK(parse_am_matcher("a!=", why)->op == Matcher::Op::not_equal);
  CHECK(parse_am_matcher("\"a b\"!~x", why)->label == "a b");
  CHECK(parse_am_matcher("a=\\x", why)->value == "\\x");
  CHECK(problem("foo") == "bad matcher format: foo");
  CHECK(problem("=x") == "bad matcher format: =x");
  CHECK(problem("a=\"b") == "matcher value contains unescaped double quote: \"b");
  CHECK(problem("a=b\"c").starts_with("matcher value contains unescaped"));
  CHECK(problem("a=~\"(\"").starts_with("error parsing regexp"));
}

TEST_CASE("receiver is anchored, what is no boolean is false") {
  std::string why;
  const auto filter = AmFilter::parse(Query("receiver=te&active=bla"), why);
  REQUIRE(filter);
  CHECK_FALSE(filter->wants_receiver("team"));
  CHECK(filter->wants_receiver("te"));
  CHECK_FALSE(filter->active);
  CHECK_FALSE(AmFilter::parse(Query("receiver=("), why));
  CHECK(why.starts_with("failed to parse receiver param: "));
}

TEST_CASE("what Alertmanager's clients are answered when a body is wrong") {
  World world;
  REQUIRE(world.problems.empty());
  const std::string json = "application/json";
  CHECK(post(world, R"([{"annotations":{}}])", json).status == 422);
  CHECK(post(world, R"([{"annotations":{}}])", json).body.starts_with(R"({"code":602,)"));
  CHECK(post(world, R"([{"lab)", json).status == 400);
  CHECK(post(world, "[]", "text/csv").status == 415);
  const HttpResponse mixed = post(world, R"([{"labels":{}},{"labels":{"a":"b"}}])", json);
  CHECK(mixed.status == 400);
  CHECK(mixed.body.starts_with("\""));  // a JSON string, after the good one was stored
  CHECK(world.engine->read_now()->alerts.size() == 1);
  const HttpResponse empty = post(world, "[]", json);
  CHECK(empty.status == 200);
  CHECK(empty.body.empty());
  CHECK(world.call(request(HttpMethod::post, "/api/v2/alerts", "[]")).status == 401);
}

TEST_CASE("alerts are listed sorted, filtered and by group") {
  World world;
  CHECK(post(world,
             R"([{"labels":{"alertname":"DiskFull","instance":"web-07:9100",)"
             R"("severity":"critical"}},{"labels":{"alertname":"x"}},)"
             R"({"labels":{"alertname":"held","severity":"warning"}}])",
             "application/json")
            .status == 200);
  HttpResponse all = world.get("/api/v2/alerts");
  const std::string list = text_of(all);
  CHECK(all.status == 200);
  CHECK(list.find("d240efc3896bf266") < list.find("f49d06271441d2b7"));
  CHECK(list.find(R"("status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":"active"})") !=
        list.npos);
  CHECK(list.find(R"("state":"unprocessed")") != list.npos);
  CHECK(list.find(R"("receivers":[{"name":"team"}])") != list.npos);

  HttpResponse one = world.get("/api/v2/alerts?filter=alertname%3D%22x%22");
  const std::string only = text_of(one);
  CHECK(only.find("d240efc3896bf266") != only.npos);
  CHECK(only.find("f49d06271441d2b7") == only.npos);
  HttpResponse none = world.get("/api/v2/alerts?active=false&unprocessed=false");
  CHECK(text_of(none) == "[]\n");
  HttpResponse other = world.get("/api/v2/alerts?receiver=nobody");
  CHECK(text_of(other) == "[]\n");
  CHECK(world.get("/api/v2/alerts?filter=foo").body == "\"bad matcher format: foo\"\n");

  HttpResponse groups = world.get("/api/v2/alerts/groups");
  const std::string grouped = text_of(groups);
  CHECK(grouped.starts_with(R"([{"labels":{},"receiver":{"name":"team"},)"));
  CHECK(grouped.ends_with("}]}]\n"));
}

TEST_CASE("the small answers") {
  World world;
  CHECK(world.get("/api/v2/receivers").body == "[{\"name\":\"team\"}]\n");
  CHECK(world.get("/api/v2/silences").body == "[]\n");
  const std::string status = world.get("/api/v2/status").body;
  CHECK(
      status.find(R"("original":"route:\n  receiver: \"team\"\nreceivers:\n- name: \"team\"\n")") !=
      status.npos);
  CHECK(status.find(R"("version":"0.25.0")") != status.npos);
  CHECK(world.get("/api/v1/alerts").status == 410);
  CHECK(world.get("/api/v1/status/buildinfo").status == 404);
}
