// The link in a page, the pages for browsers, and drills, as HTTP shows them. Nothing that reads
// changes anything.
#include <catch2/catch.hpp>
#include <chrono>

#include "rules/model/link.hpp"
#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;

namespace {

std::string with_url() {
  return std::string(config_text) + "http: {external_url: \"https://tocsin.example.org\"}\n";
}

void report(World& world, const std::string& key, const std::string& summary) {
  world.post("/hooks/shop", "shop-secret",
             R"({"key":")" + key + R"(","ci":"db-1","severity":"critical","summary":")" + summary +
                 R"("})");
}

// The token that the page for bob carried.
std::string token_for(World& world, const std::string& person) {
  const auto snapshot = world.engine->read_now();
  std::string token;
  snapshot->pages.each([&](std::uint32_t, const PageRow& row) {
    if (row.person() == person) token = link_token(snapshot->globals, link_of(row));
  });
  return token;
}

HttpRequest form(const std::string& path_token, const std::string& body_token) {
  HttpRequest r = with(request(HttpMethod::post, "/a/" + path_token, "token=" + body_token),
                       "Content-Type", "application/x-www-form-urlencoded");
  r.loopback = false, r.peer = "203.0.113.9";
  return r;
}
HttpRequest from_afar(HttpMethod method, const std::string& target) {
  HttpRequest r = request(method, target);
  r.loopback = false, r.peer = "203.0.113.9";
  return r;
}

// Every page that was sent has its answer on disk.
void settled(World& world) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (bool waiting = true; waiting && std::chrono::steady_clock::now() < end;) {
    waiting = false;
    const auto snapshot = world.engine->read_now();
    snapshot->pages.each(
        [&](std::uint32_t, const PageRow& row) { waiting = waiting || !row.delivered; });
  }
}

std::uint64_t durable(World& world) {
  return world.engine->read_now()->globals.seq;
}

}  // namespace

TEST_CASE("the link shows a button, the button acts once, and says who was first") {
  World world(with_url());
  REQUIRE(world.problems == "");
  report(world, "down", "it is down");
  const std::string token = token_for(world, "bob");
  REQUIRE_FALSE(token.empty());

  const HttpResponse shown = world.call(from_afar(HttpMethod::get, "/a/" + token));
  CHECK(shown.status == 200);
  CHECK(shown.body.find("<button") != shown.body.npos);
  CHECK(shown.body.find("<script") == shown.body.npos);
  CHECK(shown.body.find("INC0000001") != shown.body.npos);
  CHECK(header(shown, "Cache-Control") == "no-store");
  CHECK(header(shown, "Referrer-Policy") == "no-referrer");
  CHECK(header(shown, "X-Frame-Options") == "DENY");
  CHECK(header(shown, "X-Content-Type-Options") == "nosniff");
  CHECK(header(shown, "X-Robots-Tag") == "noindex, nofollow");
  CHECK(header(shown, "Content-Security-Policy") ==
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'");

  const HttpResponse first = world.call(form(token, token));
  CHECK(first.status == 200);
  CHECK(first.body.find("INC0000001 is yours") != first.body.npos);
  const std::uint64_t after = durable(world);
  const HttpResponse second = world.call(form(token, token));
  CHECK(second.status == 200);
  CHECK(second.body.find("Already acknowledged by bob at 2") != second.body.npos);
  CHECK(durable(world) == after);
  const HttpResponse later = world.call(from_afar(HttpMethod::get, "/a/" + token));
  CHECK(later.body.find("<button") == later.body.npos);
  CHECK(later.body.find("Acknowledged by bob at 2") != later.body.npos);
  const std::string metrics = world.get("/metrics").body;
  CHECK(metrics.find("tocsin_link_requests_total{result=\"acknowledged\"} 1") != metrics.npos);
  CHECK(metrics.find("tocsin_links_acknowledged_total 1") != metrics.npos);
}

TEST_CASE("what is not the form of this link does nothing") {
  World world(with_url());
  report(world, "down", "it is down");
  const std::string token = token_for(world, "bob");
  settled(world);
  std::string forged = token;
  forged[20] = forged[20] == 'A' ? 'B' : 'A';
  const std::uint64_t before = durable(world);
  CHECK(world.call(form(forged, forged)).status == 404);
  CHECK(world.call(form(token, forged)).status == 400);
  CHECK(world.call(form(token, "")).status == 400);
  CHECK(world.call(form(token, token + std::string(3000, 'A'))).status == 413);
  CHECK(world.call(bearer(request(HttpMethod::post, "/a/" + token, "token=" + token), "bob-secret"))
            .status == 415);
  CHECK(world.call(from_afar(HttpMethod::get, "/a/" + token + "/")).status == 404);
  CHECK(world.call(from_afar(HttpMethod::get, "/a/" + forged)).status == 404);
  CHECK(world.call(from_afar(HttpMethod::delete_, "/a/" + token)).status == 405);
  CHECK(durable(world) == before);
  CHECK(world.call(form(token, token)).status == 200);
}

TEST_CASE("an address that guesses is slowed down, and its good link still works") {
  World world(with_url());
  report(world, "down", "it is down");
  const std::string token = token_for(world, "bob");
  unsigned limited = 0;
  for (unsigned i = 0; i < UnknownTokens::per_minute + 5; ++i)
    limited += world.call(from_afar(HttpMethod::get, "/a/guess" + std::to_string(i))).status == 429;
  CHECK(limited == 5);
  CHECK(world.call(from_afar(HttpMethod::get, "/a/" + token)).status == 200);
  UnknownTokens tokens;
  const UnknownTokens::Clock::time_point now{std::chrono::hours(1)};
  for (unsigned i = 0; i < UnknownTokens::per_minute; ++i) CHECK(tokens.one_more("a", now));
  CHECK_FALSE(tokens.one_more("a", now));
  CHECK(tokens.one_more("a", now + std::chrono::minutes(1)));
}

TEST_CASE("what senders write is text in every page") {
  World world(with_url());
  report(world, "<script>alert(1)</script>", "<img src=x onerror=alert(2)> {{number}} \\\"'&");
  const std::string token = token_for(world, "bob");
  for (const std::string& path :
       {std::string("/"), std::string("/incidents/INC0000001"), "/a/" + token}) {
    const HttpResponse r = world.get(path);
    CHECK(r.status == 200);
    CHECK(r.body.find("<script") == r.body.npos);
    CHECK(r.body.find("<img") == r.body.npos);
  }
  CHECK(world.get("/a/" + token).body.find("&lt;img src=x onerror=alert(2)&gt; {{number}}") !=
        std::string::npos);
}

TEST_CASE("every route that reads changes nothing, for GET and for HEAD") {
  World world(with_url());
  report(world, "down", "it is down");
  world.post("/v1/drills", "bob-secret", R"({"target":"bob"})");
  const std::string token = token_for(world, "bob");
  settled(world);
  const std::uint64_t before = durable(world);
  std::size_t tried = 0;
  for (const auto& [method, pattern] : world.api->router().routes()) {
    if (method != HttpMethod::get) continue;
    for (const std::string& value : {token, std::string("INC0000001"), std::string("2")}) {
      std::string target = pattern;
      for (std::size_t at; (at = target.find("{}")) != target.npos;) target.replace(at, 2, value);
      for (const HttpMethod as : {HttpMethod::get, HttpMethod::head}) {
        const HttpResponse r = world.call(bearer(request(as, target), "ivy-secret"));
        INFO(target);
        CHECK(r.status < 500);
        ++tried;
      }
    }
  }
  CHECK(tried > 60);
  CHECK(durable(world) == before);
}

TEST_CASE("a drill is shown by channel, and is in no list of incidents") {
  World world(with_url());
  CHECK(world.post("/v1/drills", "eye-secret", R"({"target":"bob"})").status == 403);
  CHECK(world.post("/v1/drills", "bob-secret", R"({"target":"nobody"})").status == 422);
  CHECK(world.post("/v1/drills", "bob-secret", R"({"person":"bob"})").status == 422);
  CHECK(world.post("/v1/drills", "bob-secret", R"({"target":"bob"})").status == 200);
  settled(world);
  const std::string shown = world.get("/v1/drills/1").body;
  CHECK(shown.find("\"outcome\":\"delivered\"") != shown.npos);
  CHECK(shown.find("\"person\":\"bob\"") != shown.npos);
  CHECK(world.get("/v1/drills").body.find("INC0000001") != std::string::npos);
  CHECK(world.get("/v1/incidents?state=all").body.find("INC0000001") == std::string::npos);
  CHECK(world.get("/").body.find("0 open incidents") != std::string::npos);
  const std::string metrics = world.get("/metrics").body;
  CHECK(metrics.find("tocsin_drills_total 1") != metrics.npos);
  CHECK(metrics.find("outcome=\"delivered\"} 1") != metrics.npos);
  CHECK(metrics.find("tocsin_page_attempts_total{outcome=\"accepted\"} 0") != metrics.npos);
  CHECK(world.get("/v1/drills/2").status == 404);
}

TEST_CASE("the key of links is replaced by an administrator only") {
  World world(with_url());
  report(world, "down", "it is down");
  const std::string token = token_for(world, "bob");
  CHECK(world.post("/v1/links/rotate", "bob-secret", "{}").status == 403);
  CHECK(world.post("/v1/links/rotate", "adm-secret", "{}").status == 200);
  CHECK(world.get("/a/" + token).status == 200);
  CHECK(world.post("/v1/links/rotate", "adm-secret", "{}").status == 200);
  CHECK(world.get("/a/" + token).status == 404);
}
