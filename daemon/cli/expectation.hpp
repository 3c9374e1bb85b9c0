#pragma once
// What was expected against what was found: lists of things with named properties. Pure.

#include <map>
#include <string>
#include <vector>

#include "config/user_tests.hpp"

namespace tocsin::cli {

// Something that was found; `name` is what people call it: "INC0000001".
struct Found {
  std::string name;
  std::map<std::string, std::string> keys;
};

// Each expected one needs a found one of its own that has all its properties, and nothing may be
// left over. `one` is what one of them is called: "incident".
std::vector<Diagnostic> compare(const std::vector<Expected>& expected,
                                const std::vector<Found>& found, const std::string& one,
                                const config::Mark& list, const std::string& when);
// The properties of one thing.
std::vector<Diagnostic> compare(const Expected& expected, const Found& found,
                                const std::string& when);

}  // namespace tocsin::cli
