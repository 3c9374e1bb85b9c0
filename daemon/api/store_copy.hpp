#pragma once
// What a rehearsal needs of the daemon's own state: a copy of its rows, from a snapshot that is
// durable. A small store is copied whole; of a large one what is near the CIs that are asked about.
// Looks at every row, so it belongs on a reading thread. Pure.

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/model/settings.hpp"
#include "rules/model/state.hpp"

namespace tocsin::api {

// A store of so many rows is copied in some 20 ms.
inline constexpr std::size_t whole_rows_max = 20'000;
// And of a larger one no more than this: an outage of everything is no neighbourhood.
inline constexpr std::size_t near_incidents_max = 2'000;

struct StoreCopy {
  std::vector<std::pair<std::string, std::string>> rows;  // of RehearsalOptions
  bool whole = true;
  bool cut = false;  // even the neighbourhood was too large
};

// The CI itself, what it depends on hard, and the members of its pool.
std::set<std::string_view> neighbourhood(std::string_view ci, const Settings& settings);

// `about`: the CIs whose incidents matter; `alerts`: rows that are needed wherever they are.
StoreCopy copy_store(const Snapshot& snapshot, const std::set<std::string_view>& about,
                     const std::vector<Fingerprint>& alerts,
                     std::size_t whole_max = whole_rows_max);

}  // namespace tocsin::api
