#pragma once
// Plays one scenario of a user's file against their configuration, and says what came out
// otherwise than expected. One thread; blocks while a program maps a body. Nothing leaves it.

#include <cstddef>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/user_tests.hpp"
#include "daemon/net/mapper.hpp"

namespace tocsin::cli {

struct TestResult {
  std::vector<Diagnostic> failures;  // at the line of what was expected
  std::size_t checks = 0;            // what was held against what was found
  std::vector<std::string> story;    // what happened, for people
};
TestResult play(const UserTest& test, const Loaded& config, Mapper& mapper);

}  // namespace tocsin::cli
