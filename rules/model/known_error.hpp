#pragma once
// Which known error an alert is about: the first by its id whose matchers fit. Found by an index,
// in a time that does not grow with their number; none configured costs nothing.

#include <string>
#include <utility>
#include <vector>

#include "rules/model/alert.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

struct KnownErrorLimits {
  static constexpr std::size_t workaround_bytes = 512;  // it stands in pages
  static constexpr std::size_t known_errors = 10'000;
};

// Compiles `known_errors` into their index; what is wrong with one, by its id.
std::vector<std::pair<std::string, std::string>> index_known_errors(Settings& settings);

const KnownError* known_error_of(const Settings& settings, AlertText text);  // null: none

}  // namespace tocsin
