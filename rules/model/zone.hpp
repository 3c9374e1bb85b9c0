#pragma once
// A time zone as a table: what config/ makes of the machine's tz database, so that nobody behind it
// needs files or a library. Immutable; owned by the settings and the orders that show its times.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "rules/model/time.hpp"

namespace tocsin {

struct Zone {
  struct Period {
    std::int64_t from_ms = 0;   // since 1970 UTC; the first period reaches back without end
    std::int32_t offset_s = 0;  // east of Greenwich
    std::string abbreviation;   // "CET"; "+03" where people have no letters for it
  };
  std::string name;             // "Europe/Berlin"
  std::string version;          // of the database, "2024a"; empty when it does not say
  std::vector<Period> periods;  // in order, never empty

  const Period& at(Wall when) const {
    const auto later =
        std::upper_bound(periods.begin() + 1, periods.end(), when.ms,
                         [](std::int64_t ms, const Period& period) { return ms < period.from_ms; });
    return *(later - 1);
  }
};

}  // namespace tocsin
