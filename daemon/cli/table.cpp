#include "daemon/cli/table.hpp"

#include <algorithm>

#include "daemon/cli/printable.hpp"

namespace tocsin::cli {

std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t column_max) {
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows) {
    auto& out = cells.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string text = printable(row[i]);
      out.push_back(i + 1 < row.size() ? clipped(text, column_max) : text);
      if (i >= widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], columns_of(out.back()));
    }
  }
  std::string out;
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - columns_of(row[i]) + 2, ' ');
    }
    while (out.ends_with(' ')) out.pop_back();
    out += '\n';
  }
  return out;
}

}  // namespace tocsin::cli
