// Method and path to handler, and everything that no handler must see.

#include <catch2/catch.hpp>

#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;

namespace {

struct Fixture {
  std::shared_ptr<Access> access = std::make_shared<Access>();
  Gate gate{[this] { return access; }};
  Router router{[this] { return access; }, gate};
  std::vector<std::string> args;

  Fixture() {
    access->tokens = {{"bob", "bob", 1u << index(Role::engineer), sha256("bob")},
                      {"eye", "", 1u << index(Role::engineer), sha256("nobody")}};
    const Handler ok = [this](Exchange x) {
      args = x.args;
      x.reply(text_response(200, "ok"));
    };
    router.add(HttpMethod::get, "/v1/things/{}", Guard::needs(Permission::incident_read), ok);
    router.add(HttpMethod::post, "/v1/things/{}/ack", Guard::needs(Permission::incident_ack), ok);
    router.add(HttpMethod::get, "/api/v2/alerts", Guard::needs(Permission::incident_read), ok);
    router.add(HttpMethod::post, "/api/v2/alerts", Guard::own(), ok);
    router.add(HttpMethod::get, "/-/healthy", Guard::open(), ok);
  }
  HttpResponse call(HttpRequest r) {
    HttpResponse out;
    router.handle(std::move(r), [&](HttpResponse answer) { out = std::move(answer); });
    return out;
  }
  HttpResponse call(HttpMethod method, const std::string& target) {
    return call(request(method, target));
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "segments are matched and decoded") {
  CHECK(call(HttpMethod::get, "/v1/things/a%2Fb").status == 200);
  CHECK(args == std::vector<std::string>{"a/b"});
  CHECK(call(HttpMethod::head, "/v1/things/x").status == 200);
  CHECK(call(HttpMethod::get, "/v1/things/").status == 404);
  CHECK(call(HttpMethod::get, "/v1/things/x/y").status == 404);
}

TEST_CASE_METHOD(Fixture, "errors speak the dialect of their API") {
  CHECK(call(HttpMethod::get, "/v1/nothing").body ==
        "{\"error\":{\"code\":\"not_found\",\"message\":\"path /v1/nothing was not found\","
        "\"fields\":{}}}\n");
  CHECK(call(HttpMethod::get, "/api/v2/nothing").body ==
        R"({"code":404,"message":"path /api/v2/nothing was not found"})");
  CHECK(call(HttpMethod::get, "/alertmanager/api/v2/status").status == 404);
  const HttpResponse r = call(HttpMethod::delete_, "/api/v2/alerts");
  CHECK(r.status == 405);
  CHECK(header(r, "Allow") == "GET, HEAD, POST");
}

TEST_CASE_METHOD(Fixture, "401 without, 403 with too little") {
  HttpRequest remote = request(HttpMethod::get, "/v1/things/x");
  remote.loopback = false;
  CHECK(call(remote).status == 401);
  CHECK_FALSE(header(call(remote), "WWW-Authenticate").empty());
  CHECK(call(bearer(remote, "wrong")).status == 401);
  CHECK(call(bearer(remote, "bob")).status == 200);
  CHECK(call(HttpMethod::post, "/v1/things/x/ack").status == 403);  // local, reads only
  CHECK(call(bearer(request(HttpMethod::post, "/v1/things/x/ack"), "bob")).status == 200);
  CHECK(call(bearer(request(HttpMethod::post, "/v1/things/x/ack"), "nobody")).status == 403);
  HttpRequest healthy = request(HttpMethod::get, "/-/healthy");
  healthy.loopback = false;
  CHECK(call(healthy).status == 200);
}

TEST_CASE_METHOD(Fixture, "every answer is hardened; other sites may read one API only") {
  const HttpResponse own = call(HttpMethod::get, "/v1/things/x");
  CHECK(header(own, "Cache-Control") == "no-store");
  CHECK(header(own, "X-Content-Type-Options") == "nosniff");
  CHECK(header(own, "Access-Control-Allow-Origin").empty());
  CHECK(header(call(HttpMethod::get, "/api/v2/alerts"), "Access-Control-Allow-Origin") == "*");
  CHECK(header(call(HttpMethod::post, "/api/v2/alerts"), "Access-Control-Allow-Origin").empty());
  const HttpResponse asked = call(HttpMethod::options, "/api/v2/alerts");
  CHECK(asked.status == 204);
  CHECK(header(asked, "Access-Control-Allow-Origin") == "*");
  CHECK(call(HttpMethod::options, "/v1/things/x").status == 405);
}
