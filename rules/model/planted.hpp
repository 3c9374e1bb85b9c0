#pragma once
// Bugs planted on purpose, remedies left out, to prove that a test would notice. They exist only in
// what is built for that proof (TOCSIN_PLANTS); everywhere else the question is a constant no.
// Each has a line in tests/mutants/mutants.txt.

#include <cstdint>
#include <string_view>

namespace tocsin {

#ifdef TOCSIN_PLANTS
extern std::string_view planted_bug;  // tests/mutants/chosen.cpp
inline bool planted(std::string_view bug) {
  return bug == planted_bug;
}
inline std::int64_t planted_setting = 0;  // what a fold that reads settings would read
#else
constexpr bool planted(std::string_view) {
  return false;
}
constexpr std::int64_t planted_setting = 0;
#endif

}  // namespace tocsin
