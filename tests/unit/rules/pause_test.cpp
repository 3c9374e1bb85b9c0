// A restored store pages nobody until a person says so, and gives nothing out twice.
#include <catch2/catch.hpp>

#include "rules/model/row_codec.hpp"
#include "rules/oncall/outbox.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

constexpr PauseForRestore restored{77, 12, {5000}, {6000}};
const Actor ivan{"ivan", 1u << index(Role::incident_manager)};
const Actor bob{"bob", 1u << index(Role::engineer)};

}  // namespace

TEST_CASE("while paging is paused steps are held, and one is left of them") {
  Desk desk;
  desk.give(restored);
  desk.alert("DiskFull", "web-07", "critical", {desk.now.ms});
  desk.pass(hours(5));
  CHECK(desk.orders.empty());
  CHECK(desk.incident(1).escalate_due == when_resumed);
  CHECK(desk.give(ResumePaging{bob}).code == Answer::Code::forbidden);
  CHECK(desk.state.globals().paused);
  CHECK(desk.give(ResumePaging{ivan}).code == Answer::Code::done);
  desk.pass(seconds(0));
  REQUIRE(desk.orders.size() >= 1);
  for (const SendOrder& order : desk.orders) CHECK(order.attempt == 1);
  CHECK(desk.incident(1).escalate_due > desk.now);
  CHECK(desk.give(ResumePaging{ivan}).code == Answer::Code::already);
}

TEST_CASE(
    "of two restores of one backup neither gives the keys of the other or of the lost store") {
  Desk lost, first, second;
  first.give(restored);
  second.give(PauseForRestore{78, 12, {5000}, {6000}});
  const auto key = [](const Desk& desk) {
    return page_key(desk.state.globals(), IncidentNumber(1), 1, 0, 0, PageKind::page,
                    WhyPage::step_due, "ann", "pager");
  };
  CHECK(key(lost) != key(first));
  CHECK(key(lost) != key(second));
  CHECK(key(first) != key(second));
}

TEST_CASE("a store of a version without pauses is not paused; a pause outlives a checkpoint") {
  Desk desk;
  const std::string plain = RowCodec::encode(desk.state.globals());
  constexpr std::size_t pause_bytes = 1 + 1 + 8 + 8 + 8 + 8 + 8 + 8 + 8;
  std::uint32_t slot = 0;
  State older;
  REQUIRE(RowCodec::load(older, "g", plain.substr(0, plain.size() - pause_bytes), slot));
  CHECK_FALSE(older.globals().paused);
  CHECK(older.globals().history() == older.globals().lost_to);

  desk.give(restored);
  State loaded;
  REQUIRE(RowCodec::load(loaded, "g", RowCodec::encode(desk.state.globals()), slot));
  CHECK(loaded.globals().paused);
  CHECK(loaded.globals().restored_history == 77);
  CHECK(loaded.globals().backup_seq == 12);
}

TEST_CASE("a drill tries the channels of a paused store") {
  Desk desk;
  desk.give(restored);
  const Answer a = desk.give(StartDrill{bob, "ann"});
  CHECK(a.code == Answer::Code::done);
  CHECK(desk.orders.size() == 2);
}
