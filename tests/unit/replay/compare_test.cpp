// Which incidents of two sides are the same, and what is said where they are not.
#include <catch2/catch.hpp>

#include "daemon/replay/compare.hpp"

using namespace tocsin;

namespace {

struct Two {
  Record record;
  Outcome before, after;

  // An event that is part of these incidents; 0: of none.
  void event(std::uint32_t was, std::uint32_t is) {
    RecordedEvent e;
    e.incident = IncidentNumber(was);
    record.events.push_back(e);
    put(before, was), put(after, is);
  }
  Difference difference() const { return compare(record, before, after); }

 private:
  static void put(Outcome& side, std::uint32_t n) {
    side.incident_of.push_back(n);
    side.disposition.push_back(
        static_cast<std::uint8_t>(n ? Disposition::correlated : Disposition::informational));
    while (side.incidents.size() < n) {
      side.incidents.emplace_back();
      side.incidents.back().number =
          IncidentNumber(static_cast<std::uint32_t>(side.incidents.size()));
      side.incidents.back().highest = side.incidents.back().opened_as = Priority::P3;
    }
  }
};

std::vector<KnotKind> kinds(const Difference& d) {
  std::vector<KnotKind> out;
  for (const Knot& knot : d.knots) out.push_back(knot.kind);
  return out;
}

}  // namespace

TEST_CASE("merged, split, regrouped, added, removed and the same") {
  Two two;
  two.event(1, 1), two.event(2, 1);                   // merged
  two.event(3, 2), two.event(3, 3);                   // split
  two.event(4, 4), two.event(4, 5), two.event(5, 5);  // regrouped
  two.event(0, 6), two.event(6, 0), two.event(7, 7);  // added, removed, the same
  const Difference d = two.difference();
  CHECK(kinds(d) == std::vector{KnotKind::merged, KnotKind::split, KnotKind::regrouped,
                                KnotKind::added, KnotKind::removed});
  CHECK(d.same == 1);
  CHECK(d.knots[0].before == std::vector<std::uint32_t>{1, 2});
  CHECK(d.knots[0].after == std::vector<std::uint32_t>{1});
  CHECK(d.knots[0].recorded == std::vector{IncidentNumber(1), IncidentNumber(2)});
  CHECK(d.dispositions.size() == 2);
  CHECK_FALSE(d.none());
}

TEST_CASE("one and the same incident is compared field by field, and by who is told") {
  Two two;
  two.event(1, 1);
  CHECK(two.difference().none());
  OutcomeIncident &was = two.before.incidents[0], &is = two.after.incidents[0];
  was.group = "blue", is.group = "red";
  is.opened_as = Priority::P3, is.highest = Priority::P1;
  was.told[{PageKind::page, false, "ann by pager"}] = 2;
  is.told[{PageKind::page, false, "bob by pager"}] = 1;
  was.told[{PageKind::inform, false, "chat"}] = is.told[{PageKind::inform, false, "chat"}] = 3;
  const Difference d = two.difference();
  REQUIRE(d.knots.size() == 1);
  const Knot& knot = d.knots[0];
  REQUIRE(knot.fields.size() == 2);
  CHECK(knot.fields[0].field == "highest priority");
  CHECK(knot.fields[0].after == "P1");
  CHECK(knot.fields[1].before == "blue");
  REQUIRE(knot.told.size() == 2);
  CHECK(knot.told[0].before == 2);
  CHECK(knot.told[1].after == 1);
  CHECK(d.pages_removed == 2);
  CHECK(d.pages_added == 1);
}
