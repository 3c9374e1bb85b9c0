#pragma once
// What one reader may see of a snapshot: the words of a restricted incident and its alerts are for
// those with `incident.read_restricted` (BND-12). Everything that shows words asks it. The others
// see that there is one, its number, priority, state and times. On the reading thread.

#include <absl/container/flat_hash_map.h>

#include "daemon/api/exchange.hpp"
#include "daemon/api/permissions.hpp"
#include "rules/model/state.hpp"

namespace tocsin::api {

class Sight {
 public:
  // Both must outlive it. A reader of whom nothing is known: an Actor without roles.
  Sight(const Actor& who, const Snapshot& snapshot, const Settings& settings);

  bool hides(const IncidentRow& row) const { return !all_ && row.restricted; }
  // One that is in no incident (yet, or any more) by the subcategory it would have.
  bool hides(const AlertRow& row) const;
  // As they are shown: of one that is hidden only that it is restricted.
  IncidentWords words(const IncidentRow& row) const;

 private:
  const Snapshot& snapshot_;
  const Settings& settings_;
  bool all_ = false;
  // Which incidents are restricted, made when an alert is first asked about; looked up only.
  mutable bool walked_ = false;
  mutable absl::flat_hash_map<std::uint32_t, bool> live_;
};

// 403, of what would be nothing but words.
HttpResponse is_restricted(const IncidentRow& row);

// The roles that may, and the engineers of the groups that may.
bool may_read_restricted(const Actor& who, const Settings& settings);

}  // namespace tocsin::api
