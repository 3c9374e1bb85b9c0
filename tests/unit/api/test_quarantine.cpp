// Inputs that processes before this one died of are refused, counted, and keep nobody else out.

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;
namespace json = boost::json;

namespace {

constexpr const char* disk_full =
    R"({"key":"disk-full","ci":"db-1","severity":"critical","summary":"full"})";
constexpr const char* load_high =
    R"({"key":"load-high","ci":"db-1","severity":"critical","summary":"high"})";

// What is quarantined is what is asked about when `learning`.
struct Quarantine : World {
  Quarantine() {
    quarantined = [this](const Input& input) {
      if (input.kind == kind && learning) hash = input.hash();
      return input.kind == kind && input.hash() == hash && !learning;
    };
  }
  void learn(InputKind wanted, const std::function<void()>& by) {
    kind = wanted;
    learning = true;
    by();
    learning = false;
  }
  std::uint64_t disposed(Disposition disposition) {
    std::promise<std::uint64_t> flushed;
    REQUIRE(engine->offer(FlushTallies{}, [&](const Answer&, std::uint64_t seq) {
      flushed.set_value(seq);
    }) == Offer::taken);
    const auto seen = engine->read_now(flushed.get_future().get());
    return seen->totals.dispositions[index(disposition)];
  }

  InputKind kind = InputKind::none;
  std::uint64_t hash = 0;
  bool learning = false;
};

}  // namespace

TEST_CASE_METHOD(Quarantine, "a quarantined body is refused, another one is taken") {
  learn(InputKind::body,
        [&] { REQUIRE(post("/hooks/shop", "shop-secret", disk_full).status == 200); });
  const HttpResponse r = post("/hooks/shop", "shop-secret", disk_full);
  CHECK(r.status == 422);
  CHECK(json::parse(r.body).at("error").at("code").as_string() == "quarantined");
  CHECK(post("/hooks/shop", "shop-secret", load_high).status == 200);
  CHECK(disposed(Disposition::quarantined) == 1);
}

TEST_CASE_METHOD(Quarantine, "of a group the quarantined alert is left out and said") {
  const std::string first = R"({"status":"firing","labels":{"alertname":"A","ci":"db-1"}})";
  const std::string second = R"({"status":"firing","labels":{"alertname":"B","ci":"db-1"}})";
  learn(InputKind::alert, [&] {
    REQUIRE(post("/hooks/am", "am-secret", R"({"alerts":[)" + first + "]}").status == 200);
  });
  const HttpResponse r =
      post("/hooks/am", "am-secret", R"({"alerts":[)" + first + "," + second + "]}");
  CHECK(r.status == 200);
  const json::value said = json::parse(r.body);
  CHECK(said.at("accepted").as_int64() == 1);
  REQUIRE(said.at("rejected").as_array().size() == 1);
  CHECK(std::string(said.at("rejected").at(0).as_string()).starts_with("1 alerts are quarantined"));
  CHECK(disposed(Disposition::quarantined) == 1);

  const HttpResponse alone = post("/hooks/am", "am-secret", R"({"alerts":[)" + first + "]}");
  CHECK(alone.status == 422);
  // Its end takes another way through the rules.
  const std::string end = R"({"status":"resolved","labels":{"alertname":"A","ci":"db-1"},
      "endsAt":"2026-03-01T09:00:00Z"})";
  CHECK(post("/hooks/am", "am-secret", R"({"alerts":[)" + end + "]}").status == 200);
}

TEST_CASE_METHOD(Quarantine, "a quarantined act is refused, the same on another incident is not") {
  REQUIRE(post("/hooks/shop", "shop-secret", disk_full).status == 200);
  const std::string note = R"({"text":"look at the disk"})";
  learn(InputKind::command,
        [&] { REQUIRE(post("/v1/incidents/1/note", "bob-secret", note).status == 200); });
  CHECK(post("/v1/incidents/1/note", "bob-secret", note).status == 422);
  CHECK(post("/v1/incidents/1/note", "bob-secret", R"({"text":"done"})").status == 200);
  CHECK(post("/v1/incidents/1/ack", "bob-secret", "{}").status == 200);
}
