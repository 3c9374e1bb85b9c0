#pragma once
// Bugs planted on purpose, to prove that the simulator would find them. They exist only in the
// library that is built for that proof (TOCSIN_PLANTS); everywhere else the question is a constant
// no.

#include <cstdint>
#include <string_view>

namespace tocsin {

#ifdef TOCSIN_PLANTS
inline std::string_view planted_bug;
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
