// A priority that a person has set, and what is left of it when it is over.
#include <catch2/catch.hpp>

#include "rules/model/row_codec.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

TEST_CASE("nothing of a lock stays in memory that is not on the disk") {
  const Actor ivan{"ivan", 1u << index(Role::incident_manager)};
  Desk d;
  d.alert("Down", "db", "critical", {d.now.ms});
  const IncidentRow before = d.incident(1);
  REQUIRE(before.priority != before.calculated);
  const Answer said = d.give(OverridePriority{before.number, ivan, Priority::P4, hours(1),
                                              "it is a machine of the laboratory"});
  INFO(said.message);
  REQUIRE(said.code == Answer::Code::done);
  CHECK(d.incident(1).calculated == before.priority);
  REQUIRE(d.give(OverridePriority{before.number, ivan, {}, {}, "the laboratory is closed"}).code ==
          Answer::Code::done);
  CHECK(d.incident(1).priority == before.priority);
  CHECK(d.incident(1).calculated == before.calculated);
}
