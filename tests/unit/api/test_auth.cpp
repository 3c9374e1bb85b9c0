// Who is asking, and what a role may do.

#include <algorithm>
#include <catch2/catch.hpp>

#include "daemon/api/permissions.hpp"
#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;

namespace {

Access access() {
  Access a;
  a.tokens = {{"bob", "bob", 1u << index(Role::engineer), sha256("s3cret")},
              {"src", "", 1u << index(Role::event_source), sha256("source")}};
  a.hooks = {{"shop", "generic", sha256("hook"), false}, {"open", "generic", {}, false}};
  a.host_names = {"tocsin.example.org"};
  return a;
}
HttpRequest plain() {
  return request(HttpMethod::get, "/v1/incidents");
}
HttpRequest remote() {
  HttpRequest r = plain();
  r.loopback = false;
  r.peer = "192.0.2.1";
  return r;
}

}  // namespace

TEST_CASE("digests") {
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(parse_digest(hex(sha256("abc"))) == sha256("abc"));
  CHECK_FALSE(parse_digest("ba78"));
  CHECK_FALSE(parse_digest(std::string(64, 'x')));
}

TEST_CASE("a token is taken from the header, as bearer or as password") {
  CHECK(presented_secret(bearer(plain(), "s3cret")) == "s3cret");
  CHECK(presented_secret(with(plain(), "authorization", "bearer  s3cret ")) == "s3cret");
  CHECK(presented_secret(with(plain(), "Authorization", "Basic Ym9iOnMzY3JldA==")) == "s3cret");
  CHECK(presented_secret(with(plain(), "Authorization", "Basic eDo=")) == "");
  CHECK_FALSE(presented_secret(with(plain(), "Authorization", "Basic !!!!")));
  CHECK_FALSE(presented_secret(with(plain(), "Authorization", "Digest x")));
  CHECK_FALSE(presented_secret(plain()));
}

TEST_CASE("a known token is its person, a wrong one is nobody, also from here") {
  const auto bob = identify(bearer(remote(), "s3cret"), access());
  REQUIRE(bob);
  CHECK(bob->actor.person == "bob");
  CHECK(bob->proven);
  CHECK_FALSE(identify(bearer(plain(), "wrong"), access()));
  CHECK_FALSE(identify(with(plain(), "Authorization", "Basic"), access()));
}

TEST_CASE("this machine may read without a token, and act only in a demo") {
  const auto reader = identify(plain(), access());
  REQUIRE(reader);
  CHECK(may(reader->actor, Permission::incident_read));
  CHECK_FALSE(may(reader->actor, Permission::incident_ack));
  Access demo = access();
  demo.loopback_may_act = true;
  const auto anybody = identify(plain(), demo);
  REQUIRE(anybody);
  CHECK(anybody->actor.person == "operator");
  CHECK(may(anybody->actor, Permission::incident_close));
  CHECK_FALSE(identify(remote(), demo));
}

TEST_CASE("what only looks local is not") {
  for (const char* name : {"X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"})
    CHECK_FALSE(identify(with(plain(), name, "192.0.2.1"), access()));
  CHECK_FALSE(identify(with(plain(), "Origin", "https://evil.example"), access()));
  CHECK_FALSE(identify(with(plain(), "Sec-Fetch-Site", "cross-site"), access()));
  CHECK(identify(with(plain(), "Sec-Fetch-Site", "none"), access()));
  const auto host = [](const char* name) {
    HttpRequest r = plain();
    r.headers = {{"Host", name}};
    return r;
  };
  CHECK_FALSE(identify(host("evil.example:9966"), access()));
  CHECK_FALSE(identify(host("127.evil.example"), access()));
  CHECK(identify(host("127.0.1.1:9966"), access()));
  CHECK(identify(host("[::1]:9966"), access()));
  CHECK(identify(host("Tocsin.Example.Org"), access()));
}

TEST_CASE("who may send to a hook") {
  const Access a = access();
  const Hook shop = *a.hook("shop"), open = *a.hook("open");
  CHECK(may_send(bearer(remote(), "hook"), shop, a));
  CHECK(may_send(bearer(remote(), "source"), shop, a));  // the token of an event source
  CHECK_FALSE(may_send(bearer(remote(), "s3cret"), shop, a));
  CHECK_FALSE(may_send(plain(), shop, a));
  CHECK(may_send(remote(), open, a));  // configured without a token
  CHECK_FALSE(may_send(with(plain(), "Origin", "https://evil.example"), open, a));
  const Hook built_in{"alertmanager", "alertmanager_v2", {}, true};
  CHECK(may_send(plain(), built_in, a));
  CHECK_FALSE(may_send(remote(), built_in, a));
  CHECK(may_send(bearer(remote(), "source"), built_in, a));
}

TEST_CASE(
    "the secret of an integration opens its own door, and a person's token no integration's") {
  World world;
  REQUIRE(world.problems.empty());
  std::size_t closed = 0;
  std::vector<std::string> open;
  for (const auto& [method, pattern] : world.api->router().routes()) {
    std::string target = pattern;
    for (std::size_t at; (at = target.find("{}")) != target.npos;) target.replace(at, 2, "1");
    for (const bool here : {true, false}) {
      HttpRequest r = bearer(request(method, target, "{}"), "shop-secret");
      r.loopback = here;
      const HttpResponse answer = world.call(std::move(r));
      INFO(target << " " << answer.status);
      if (answer.status == 410) continue;  // version 1 of Alertmanager's API is gone for everybody
      if (answer.status == 401)
        ++closed;
      else if (here)
        open.push_back(pattern);
    }
  }
  // Life signs, and doors with keys of their own: links, hooks, pings.
  std::sort(open.begin(), open.end());
  const std::string ping = "/v2/heartbeats/{}/ping";
  CHECK(open == std::vector<std::string>{"/-/healthy", "/-/ready", "/a/{}", "/a/{}", "/hooks/{}",
                                         ping, ping, ping});
  CHECK(closed > 70);
  const std::string alert = R"({"key":"k","summary":"s"})";
  for (const char* token : {"bob-secret", "ivy-secret", "adm-secret", "prom-secret", "am-secret"})
    CHECK(world.post("/hooks/shop", token, alert).status == 401);
  CHECK(world.post("/hooks/shop", "shop-secret", alert).status == 200);
  CHECK(world.post("/api/v2/alerts", "bob-secret", "[]").status == 401);
}

TEST_CASE("a damaged hash in the configuration opens nothing") {
  Body body;
  body.integrations = {{"x", "generic", "zz"}};
  body.tokens = {{"t", "p", ~0u, "zz"}};
  const Access a = access_of(body);
  CHECK_FALSE(a.hook("x"));
  CHECK(a.tokens.empty());
}

TEST_CASE("permissions are those of the table") {
  using enum Role;
  struct Row {
    Permission permission;
    std::vector<Role> roles;
  };
  const std::vector<Row> rows{
      {Permission::incident_ack,
       {service_desk, engineer, group_lead, incident_manager, major_incident_manager}},
      {Permission::incident_note,
       {service_desk, engineer, group_lead, incident_manager, major_incident_manager,
        problem_manager, service_owner}},
      {Permission::incident_resolve,
       {service_desk, engineer, group_lead, incident_manager, major_incident_manager}},
      {Permission::incident_resolve_force, {group_lead, incident_manager, major_incident_manager}},
      {Permission::incident_link,
       {service_desk, engineer, group_lead, incident_manager, major_incident_manager,
        problem_manager}},
      {Permission::incident_close, {service_desk, incident_manager, major_incident_manager}},
      {Permission::config_reload, {administrator}},
      {Permission::inventory_write, {administrator}},
  };
  for (const Row& row : rows)
    for (std::size_t i = 0; i < EnumTable<Role>::count; ++i) {
      const bool wanted =
          std::find(row.roles.begin(), row.roles.end(), static_cast<Role>(i)) != row.roles.end();
      CAPTURE(permission_word(row.permission), name(static_cast<Role>(i)));
      CHECK(may(1u << i, row.permission) == wanted);
    }
  CHECK_FALSE(may(1u << index(event_source), Permission::incident_read));
  CHECK_FALSE(may(1u << 31, Permission::incident_read));
  CHECK_FALSE(may(0, Permission::incident_read));
  CHECK_FALSE(all_roles() >> index(event_source) & 1u);
}
