#pragma once
// Two outcomes of one record, side by side. Incidents of the two sides are the same where they have
// the same alerts: a knot is what hangs together by alerts that are shared.
//
// Pure.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/replay/outcome.hpp"
#include "daemon/replay/record.hpp"

namespace tocsin {

// added, removed: on one side only. merged: several became one; split: one became several.
// regrouped: several became several others. changed: one and the same, but not as it was.
TOCSIN_ENUM(KnotKind, merged, split, regrouped, added, removed, changed);

struct FieldChange {
  std::string_view field;
  std::string before, after;
};
struct ToldChange {
  ToldKey key;
  std::uint32_t before = 0, after = 0;
};
struct Knot {
  KnotKind kind{};
  std::uint32_t first_event = no_event;
  std::vector<std::uint32_t> before, after;  // numbers of incidents, in the order of their alerts
  std::vector<IncidentNumber> recorded;      // those of service; at most recorded_max
  std::vector<FieldChange> fields;           // of one that is one on both sides
  std::vector<ToldChange> told;
  static constexpr std::size_t recorded_max = 5;
};

struct Side {
  std::uint64_t incidents = 0, pages = 0, told = 0, again = 0;  // told: other than pages
  std::uint64_t by_priority[EnumTable<Priority>::count] = {};   // at their highest
  std::map<std::string_view, std::uint64_t> dispositions;
};

struct DispositionChange {
  std::uint64_t events = 0;
  std::uint32_t first_event = no_event;
};

struct Difference {
  Side before, after;
  std::vector<Knot> knots;  // those that differ, in the order of their first event
  std::map<std::pair<std::uint8_t, std::uint8_t>, DispositionChange> dispositions;
  std::uint64_t same = 0;  // incidents that are the same in all that is compared
  std::uint64_t of_kind[EnumTable<KnotKind>::count] = {};
  std::map<std::string_view, std::uint64_t> fields;  // incidents by what changed
  std::uint64_t pages_added = 0, pages_removed = 0;

  bool none() const { return knots.empty() && dispositions.empty(); }
};

Difference compare(const Record& record, const Outcome& before, const Outcome& after);

// "duplicate"; "still held", "not heard" for what has none.
std::string_view disposition_word(std::uint8_t disposition);

}  // namespace tocsin
