#pragma once
// Which configuration item an alert speaks about.

#include <string_view>

#include "rules/model/alert.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

struct CiFound {
  std::string_view id;  // in the settings, or the label's own value for one that nobody declared
  const Ci* ci = nullptr;
  CiMatch match = CiMatch::none;
};

// 1. the labels of `ci_labels` in order, by id and alias, with and without a port; 2. the matchers
// of the declared CIs in order of id; 3. the first such label as it stands: a discovered CI.
CiFound find_ci(AlertText text, const Settings& settings);

// By its id or an alias, however it is written; null when it is unknown.
const Ci* ci_named(const Settings& settings, std::string_view name);

}  // namespace tocsin
