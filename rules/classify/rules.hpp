#pragma once
// Which rule an alert is for: the first one of which all conditions hold (CAT-1, CAT-2).

#include <cstdint>

#include "rules/model/matcher.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

// The place of the rule in Settings::rules; -1: none. By the index, or by walking all of them.
std::int32_t first_rule(const Subject& subject, const Settings& settings);
// The plain twin: always walks.
std::int32_t first_rule_walking(const Subject& subject, const Settings& settings);

}  // namespace tocsin
