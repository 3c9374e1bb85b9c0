#pragma once
// YAML text -> a tree. The library stops at the first syntax error and lets a key stand twice in
// one map; the second is found here.

#include <string>

#include "config/tree.hpp"

namespace tocsin::config {

inline constexpr std::size_t file_values_max = 1'000'000;  // an alias of an alias grows fast

// One document. A syntax error is the only thing reported of its file and `root` is null then;
// `broken` tells. An empty text is an empty map.
Parsed parse_yaml(std::string text, const std::string& file, Report& report, TreeMemory& memory,
                  std::size_t values_max = file_values_max);
// The same, always by the library: the plain twin of plain_yaml.hpp.
Parsed parse_by_library(const std::string& text, const std::string& file, Report& report,
                        TreeMemory& memory, std::size_t values_max = file_values_max);

}  // namespace tocsin::config
