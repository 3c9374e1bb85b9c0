#pragma once
// What people say, as symptoms (process.md 4.2): for reports, which have no rule.

#include <string_view>

#include "rules/model/settings.hpp"

namespace tocsin {

// The longest phrase of the configuration that the text has, at the beginning of a word and in
// whatever case; else the longest built-in one; else S99.
std::string_view symptom_said(std::string_view text, const Settings& settings);

}  // namespace tocsin
