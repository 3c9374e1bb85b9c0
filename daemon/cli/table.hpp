#pragma once
// Columns for a terminal. Pure.

#include <string>
#include <vector>

namespace tocsin::cli {

// The last column may be as long as it likes; the others are cut at `column_max` characters.
std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t column_max = 40);

}  // namespace tocsin::cli
