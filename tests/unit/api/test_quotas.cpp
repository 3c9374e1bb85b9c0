// What an integration may bring, to the millisecond; and over HTTP.

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "daemon/api/quotas.hpp"
#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;

namespace {

constexpr Quota ten{10, 20};

struct Door {
  Quotas quotas;
  bool opens(std::size_t alerts, std::int64_t ms, bool urgent = false, Quota quota = ten) {
    return quotas.admit("shop", quota, alerts, urgent, Instant{1'000'000 + ms});
  }
  std::string news(std::int64_t ms) {
    std::string out;
    for (const Quotas::News& n : quotas.look(Instant{1'000'000 + ms}))
      out += n.integration + ":" + (n.sentence.empty() ? " over" : " told") + "\n";
    return out;
  }
};

std::string alerts(int first, int count, const std::string& more = "") {
  std::string out;
  for (int i = first; i < first + count; ++i)
    out += (out.empty() ? "[" : ",") + (R"({"key":"k)" + std::to_string(i)) +
           R"(","ci":"db-1","severity":"warning","summary":"s")" + more + "}";
  return out + "]";
}

}  // namespace

TEST_CASE("a burst is taken, and then as many as come in a second") {
  Door door;
  CHECK(door.opens(20, 0));
  CHECK_FALSE(door.opens(1, 99));
  CHECK(door.opens(1, 100));
  CHECK_FALSE(door.opens(1, 199));
  CHECK_FALSE(door.opens(5, 599));
  CHECK(door.opens(5, 600));
  CHECK(door.opens(20, 1'000'000));
  CHECK_FALSE(door.opens(1, 1'000'000));
  CHECK(door.quotas.refused().at("shop") == 8);
}

TEST_CASE("more than a whole burst is taken at once, and paid for") {
  Door door;
  CHECK(door.opens(30, 0));
  CHECK_FALSE(door.opens(1, 1000));
  CHECK(door.opens(1, 1100));
  CHECK_FALSE(door.opens(30, 2000));
}

TEST_CASE("however large a request is, it is paid for in the long run") {
  Door door;
  CHECK(door.opens(10'000, 0));
  CHECK_FALSE(door.opens(1, 997'000));
  CHECK(door.opens(1, 998'100));
  // What comes urgently in between neither adds to so large a debt nor forgives it.
  CHECK(door.opens(10'000, 2'000'000));
  CHECK(door.opens(50, 2'000'001, true));
  CHECK_FALSE(door.opens(1, 2'990'000));
  CHECK(door.opens(1, 2'999'000));
}

TEST_CASE("what was admitted and not taken costs nothing, and what could not be told is told") {
  Door door;
  for (int i = 0; i < 5; ++i) {
    CHECK(door.opens(20, 0));
    door.quotas.give_back("shop", 20);
  }
  CHECK(door.opens(20, 0));
  CHECK_FALSE(door.opens(1, 10));
  for (int s = 1; s <= 61; ++s) door.opens(20, 1000 * s + 10);
  CHECK(door.news(62'000) == "shop: told\n");
  door.quotas.untell("shop");
  CHECK(door.news(63'000) == "shop: told\n");
  CHECK(door.news(64'000).empty());
  CHECK(door.news(1'000'000) == "shop: over\n");
  door.quotas.untell("shop");
  CHECK(door.news(1'001'000) == "shop: over\n");
}

TEST_CASE("critical alerts and ends are taken, and others wait for them") {
  Door door;
  CHECK(door.opens(20, 0));
  for (int i = 0; i < 100; ++i) CHECK(door.opens(50, 0, true));
  CHECK_FALSE(door.opens(1, 2000));  // two seconds of debt at most
  CHECK(door.opens(1, 2100));
  CHECK(door.quotas.refused().at("shop") == 1);
}

TEST_CASE("without a quota everything is taken; a new one begins full") {
  Door door;
  CHECK(door.opens(1'000'000, 0, false, {}));
  CHECK(door.quotas.refused().empty());
  CHECK(door.opens(20, 0));
  CHECK_FALSE(door.opens(20, 0));
  CHECK(door.opens(40, 0, false, {20, 40}));
  CHECK(door.opens(1'000'000, 0, false, {}));
  CHECK(door.opens(2, 1, false, {1'000'000, 60'000'000}));
}

TEST_CASE("who is refused for a minute is told about once, and once when it is over") {
  Door door;
  door.opens(20, 0);
  CHECK_FALSE(door.opens(5, 0));
  CHECK(door.news(59'999) == "");
  door.opens(20, 59'998);
  CHECK_FALSE(door.opens(5, 59'999));
  CHECK(door.news(59'999) == "");
  CHECK_FALSE(door.opens(5, 60'000));
  CHECK(door.news(60'000) == "shop: told\n");
  CHECK(door.news(61'000) == "");
  CHECK(door.news(359'999) == "");
  CHECK(door.news(360'000) == "shop: over\n");
  CHECK(door.news(360'001) == "");
  // After that it begins anew.
  door.opens(20, 400'000);
  CHECK_FALSE(door.opens(20, 400'000));
  CHECK(door.news(400'001) == "");
}

TEST_CASE("a batch above the quota is answered 503 as a whole, one with a critical alert is not") {
  std::string config = config_text;
  const std::string before = "{name: shop, source: generic,";
  config.replace(config.find(before), before.size(),
                 before + " quota: {alerts_per_second: 1, burst: 100},");
  World world(config);
  REQUIRE(world.problems.empty());
  CHECK(world.post("/hooks/shop", "shop-secret", alerts(0, 100)).status == 200);
  const HttpResponse refused = world.post("/hooks/shop", "shop-secret", alerts(100, 100));
  CHECK(refused.status == 503);
  CHECK_FALSE(header(refused, "Retry-After").empty());
  CHECK(refused.body.find("quota of 1 alerts a second") != std::string::npos);
  CHECK(
      world.post("/hooks/shop", "shop-secret", alerts(0, 100, R"(,"status":"resolved")")).status ==
      200);
  CHECK(world.call(request(HttpMethod::post, "/hooks/open", alerts(300, 100))).status == 200);
  const std::string metrics = [&] {
    HttpResponse r = world.get("/metrics");
    return text_of(r);
  }();
  CHECK(metrics.find("tocsin_quota_refused_alerts_total{source=\"shop\"} 100\n") !=
        std::string::npos);
}
