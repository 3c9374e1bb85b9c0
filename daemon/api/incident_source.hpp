#pragma once
// Where incidents and their timelines are found: the live ones in the snapshot, the retired ones in
// the archive (its pending part, then the disk). On the reading thread; rows point into what is
// held.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/engine/engine.hpp"
#include "rules/story.hpp"

namespace tocsin::api {

// A row together with what keeps its words alive.
struct FoundIncident {
  IncidentRow row;
  std::shared_ptr<const ArchivedIncident> archived;  // nullptr: live, the snapshot holds it
};

std::optional<FoundIncident> find_incident(const Engine& engine, const Snapshot& snapshot,
                                           IncidentNumber number);

struct IncidentPage {
  std::vector<FoundIncident> rows;  // newest first
  IncidentNumber next;              // continue below this one; 0: that was all
};
// Numbers below `below` (0: from the newest) that `wanted` accepts. With `archived` also the
// retired ones, which costs a look-up each: at most lookups_max a call, so a page may be short.
struct IncidentSearch {
  static constexpr std::size_t lookups_max = 2000;
  IncidentNumber below;
  std::size_t limit = 100;
  bool archived = false;
  std::function<bool(const IncidentRow&)> wanted;
};
IncidentPage search_incidents(const Engine& engine, const Snapshot& snapshot,
                              const IncidentSearch& search);

// The entries [first, first + limit) of its story, by number; those that cannot be read are left
// out.
std::map<std::uint32_t, TimelineEntry> find_timeline(const Engine& engine, const Snapshot& snapshot,
                                                     IncidentNumber number, std::uint32_t first,
                                                     std::size_t limit);

}  // namespace tocsin::api
