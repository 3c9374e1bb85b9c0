// What is restricted is read by those who may and by nobody else, whatever they ask (BND-12).
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "rules/model/link.hpp"
#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;
namespace json = boost::json;

namespace {

// The company with a security team, an auditor and a rule of its own.
const std::string restricting = [] {
  std::string text = config_text;
  const std::string tokens = "tokens:\n";
  text.insert(text.find(tokens) + tokens.size(),
              "  - {name: aud, person: aud, roles: [auditor], token: aud-secret}\n"
              "  - {name: sec, person: sec, roles: [engineer], token: sec-secret}\n");
  text.replace(text.find("people: ["), 9, "people: [{id: aud}, {id: sec}, ");
  text.replace(text.find("groups: ["), 9, "groups: [{id: security, members: [sec]}, ");
  return text + R"(
dispositions: {restricted_readers: [security]}
inhibit:
  - id: attacks
    owner: ivy
    reason: they fail for it
    source_match: ['alertname="canary-login"']
    target_match: ['alertname="Slow"']
rules:
  - id: a100
    match: ['alertname=~"canary.*"']
    set: {category: security, subcategory: brute_force, symptom: S10}
)";
}();

// Every word of the alert is a canary.
std::string canary(const std::string& name, const std::string& severity,
                   const std::string& ci = "canary-ci") {
  return R"({"alerts":[{"status":"firing","labels":{"alertname":")" + name + R"(","ci":")" + ci +
         R"(","service":"canary-service","severity":")" + severity +
         R"(","canary_label":"canary-value"},"annotations":{"summary":"canary summary",)"
         R"("runbook_url":"https://canary.example.org"},)"
         R"("generatorURL":"https://canary-generator"}]})";
}

struct Attack : World {
  Attack() : World(restricting) {
    REQUIRE(problems.empty());
    for (const std::string& body :
         {canary("canary-login", "critical"),
          canary("canary-held", "warning", "canary-other")})  // and one inside its hold-down
      REQUIRE(post("/hooks/am", "am-secret", body).status == 200);
    REQUIRE(
        post("/hooks/am", "am-secret",
             R"({"alerts":[{"labels":{"alertname":"Slow","ci":"db-1","severity":"critical"}}]})")
            .status == 200);
    silence = post("/v1/silences", "ivy-secret",
                   R"({"matchers":["severity=\"warning\""],"comment":"work","for":"1h"})");
    const auto snapshot = engine->read_now();
    REQUIRE(snapshot->incident(IncidentNumber(1))->restricted);
    snapshot->pages.each([&](std::uint32_t, const PageRow& page) {
      if (page.incident == IncidentNumber(1) && !page.person().empty())
        link = link_token(snapshot->globals, link_of(page));
    });
  }
  // Every route that reads, of what is restricted where it names one thing.
  std::vector<std::string> reads() {
    std::vector<std::string> out;
    for (const auto& [method, pattern] : api->router().routes()) {
      if (method != HttpMethod::get) continue;
      std::string path = pattern.empty() ? "/" : pattern;
      const std::size_t hole = path.find("{}");
      if (hole != path.npos) {
        const bool link_page = path == "/a/{}";
        const bool silence_page = path.find("silence") != path.npos;
        path.replace(hole, 2, link_page ? link : silence_page ? silence_id() : "INC0000001");
      }
      out.push_back(path);
    }
    for (const char* more :
         {"/v1/incidents?state=all", "/v1/incidents/INC0000002",
          "/v1/incidents/INC0000002/timeline", "/v1/incidents?ci=canary-ci",
          "/v1/alerts?incident=1", "/v1/alerts?incident=none", "/v1/alerts?ci=canary-ci",
          "/v1/pages?incident=1", "/v1/cis?origin=discovered", "/v1/explain?incident=INC0000001",
          "/v1/explain?incident=INC0000002", "/incidents/INC0000002",
          "/api/v2/alerts?filter=canary_label%3D%22canary-value%22"})
      out.emplace_back(more);
    return out;
  }
  std::string silence_id() const {
    return std::string(json::parse(silence.body).at("id").as_string());
  }
  std::string read(const std::string& path, const std::string& token) {
    HttpRequest r = request(HttpMethod::get, path);
    if (!token.empty()) r = bearer(std::move(r), token);
    HttpResponse answer = call(std::move(r));
    std::string all = text_of(answer);
    for (const auto& [name, value] : answer.headers) all += name + value;
    return all;
  }
  HttpResponse silence;
  std::string link;
};

bool tells(const std::string& text) {
  return text.find("canary") != text.npos;
}

}  // namespace

TEST_CASE_METHOD(Attack,
                 "no route that reads tells those who may not a word of what is restricted") {
  REQUIRE_FALSE(link.empty());
  for (const std::string token : {"", "eye-secret", "bob-secret", "adm-secret"})
    for (const std::string& path : reads()) {
      INFO(path << " as '" << token << "'");
      // Their own question may come back to them.
      std::string text = read(path, token);
      if (const std::size_t mark = path.find('?'); mark != path.npos)
        while (text.find(path.substr(mark)) != text.npos)
          text.erase(text.find(path.substr(mark)), path.size() - mark);
      CHECK_FALSE(tells(text));
    }
}

TEST_CASE_METHOD(Attack, "those who may read it do, and all see that there is one") {
  for (const std::string token : {"ivy-secret", "aud-secret", "sec-secret"})
    for (const std::string path :
         {"/v1/incidents", "/v1/incidents/1", "/v1/incidents/1/timeline", "/v1/alerts",
          "/v1/alerts?incident=none", "/api/v2/alerts", "/api/v2/alerts/groups",
          "/v1/explain?incident=1", "/", "/incidents/INC0000001"}) {
      INFO(path << " as " << token);
      CHECK(tells(read(path, token)));
    }
  const json::value seen = json::parse(get("/v1/incidents/1").body).at("incident");
  CHECK(seen.at("restricted").as_bool());
  CHECK(seen.at("number").as_string() == "INC0000001");
  CHECK(seen.at("title").as_string() == "restricted incident");
  CHECK(seen.at("state").as_string() == "new");
  CHECK(call(request(HttpMethod::get, "/v1/incidents/1/timeline")).status == 403);
  CHECK(call(request(HttpMethod::get, "/v1/explain?incident=1")).status == 403);
  CHECK(read("/", "").find("restricted incident") != std::string::npos);
  CHECK(read("/a/" + link, "").find("I have it") != std::string::npos);
}

TEST_CASE_METHOD(Attack,
                 "a question about an event tells nothing of the incident that it would join") {
  const auto ask = [&](const std::string& token) {
    return post("/v1/explain?integration=am", token, canary("canary-more", "critical")).body;
  };
  CHECK(ask("eye-secret").find("INC0000001 is restricted") != std::string::npos);
  CHECK(ask("ivy-secret").find("INC0000001 is restricted") == std::string::npos);
  const std::string hidden =
      post("/v1/silences/preview", "bob-secret", R"({"matchers":["ci=~\".*\""]})").body;
  CHECK_FALSE(tells(hidden));
  CHECK(tells(post("/v1/silences/preview", "ivy-secret", R"({"matchers":["ci=~\".*\""]})").body));
}
