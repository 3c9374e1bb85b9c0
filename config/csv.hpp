#pragma once
// An inventory as a table -> the same tree that a list of `cis` in YAML gives (docs/inventory.md).
//
// RFC 4180: cells are divided by commas, a cell in double quotes may hold anything, two quotes in
// it are one. The first record names the columns by the keys of a CI. An empty cell is a key that
// is not given; of a column that is a list, values are divided by semicolons.

#include <string>

#include "config/tree.hpp"

namespace tocsin::config {

// A map with `cis`, each value at its line and column; `broken` when the table cannot be read.
Parsed parse_csv(std::string text, const std::string& file, Report& report, TreeMemory& memory);

}  // namespace tocsin::config
