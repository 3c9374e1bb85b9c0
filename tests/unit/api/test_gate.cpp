// Users of the web configuration in front of everything, and a token of ours instead.

#include <catch2/catch.hpp>

#include "connectors/text/base64.hpp"
#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;

namespace {

// Of s3cret, at the cheapest cost that there is.
constexpr const char* hash = "$2y$04$cqpMlPCTzYMpkXDHvQE1FOLjn45rOTaQgQ7seWb48IHvxhVU9JKIi";

HttpRequest basic(const std::string& target, const std::string& pair) {
  return with(request(HttpMethod::get, target), "Authorization", "Basic " + to_base64(pair));
}
HttpRequest remote(HttpRequest r) {
  r.loopback = false;
  r.peer = "192.0.2.1";
  return r;
}

struct Locked : World {
  Locked() {
    WebRules rules;
    rules.users = std::make_shared<BasicAuth>(std::map<std::string, std::string>{{"prom", hash}});
    rules.headers = {{"X-Frame-Options", "sameorigin"}};
    api->set_web(std::make_shared<const WebRules>(std::move(rules)));
  }
};

}  // namespace

TEST_CASE_METHOD(Locked, "without a password nothing is seen, not even a life sign") {
  CHECK(get("/-/healthy").status == 401);
  CHECK(get("/nosuch").status == 401);
  const HttpResponse r = get("/v1/incidents");
  CHECK(r.status == 401);
  CHECK(header(r, "WWW-Authenticate").find("Basic realm=") == 0);
  CHECK(header(r, "X-Frame-Options") == "sameorigin");
}

TEST_CASE_METHOD(Locked, "a user with the right password may read, from anywhere") {
  for (int again = 0; again < 2; ++again) {  // the second time it is remembered
    CHECK(call(remote(basic("/v1/incidents", "prom:s3cret"))).status == 200);
    CHECK(call(basic("/metrics", "prom:s3cret")).status == 200);
    CHECK(call(basic("/v1/incidents", "prom:s3cre")).status == 401);
    CHECK(call(basic("/v1/incidents", "prom:")).status == 401);
    CHECK(call(basic("/v1/incidents", "prom")).status == 401);
    CHECK(call(basic("/v1/incidents", std::string("prom:s3cret\0x", 13))).status == 401);
    CHECK(call(basic("/v1/incidents", "mallory:s3cret")).status == 401);
    CHECK(call(basic("/v1/incidents", "pro:ms3cret")).status == 401);
  }
}

TEST_CASE_METHOD(Locked, "a user may not act, and sends only where no token is asked for") {
  const auto post_as = [&](const std::string& target, const std::string& body) {
    HttpRequest r = remote(basic(target, "prom:s3cret"));
    r.method = HttpMethod::post;
    r.method_name = "POST";
    r.body = body;
    r.body.reserve(body.size() + HttpRequest::body_padding);
    return call(std::move(r)).status;
  };
  CHECK(post_as("/hooks/open", R"({"key":"k"})") == 200);
  CHECK(post_as("/hooks/shop", R"({"key":"k"})") == 401);
  CHECK(post_as("/v1/incidents/1/ack", "") == 403);
  CHECK(post_as("/-/reload", "") == 403);
}

TEST_CASE_METHOD(Locked, "a token is taken instead of a password, also as one") {
  CHECK(call(bearer(request(HttpMethod::get, "/v1/incidents"), "bob-secret")).status == 200);
  CHECK(call(basic("/v1/incidents", "anybody:bob-secret")).status == 200);
  CHECK(call(bearer(request(HttpMethod::get, "/v1/incidents"), "no-secret")).status == 401);
  CHECK(post("/hooks/shop", "shop-secret", R"({"key":"k"})").status == 200);
  // The token of an integration opens the door to it and to nothing behind other doors.
  CHECK(call(bearer(request(HttpMethod::get, "/v1/incidents"), "shop-secret")).status == 401);
}

TEST_CASE("a wrong password is checked again each time, a right one is remembered") {
  const std::map<std::string, std::string> one{{"prom", hash}};
  BasicAuth users(one);
  CHECK_FALSE(users.remembers({"prom", "s3cret"}));
  CHECK_FALSE(users.check({"prom", "wrong"}));
  CHECK_FALSE(users.remembers({"prom", "wrong"}));
  CHECK(users.check({"prom", "s3cret"}));
  CHECK(users.remembers({"prom", "s3cret"}));
  CHECK_FALSE(users.remembers({"pro", "ms3cret"}));
  CHECK_FALSE(BasicAuth(one).remembers({"prom", "s3cret"}));
}
