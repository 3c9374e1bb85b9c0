#include "rules/model/totals.hpp"

namespace tocsin {
namespace {
constexpr std::array<std::string_view, category_count> categories{
    "network",  "compute",    "storage",    "database",    "application",
    "platform", "identity",   "security",   "backup",      "messaging",
    "end_user", "facilities", "monitoring", "third_party", "unknown"};
}

std::uint8_t category_index(std::string_view category) {
  for (std::uint8_t i = 0; i < category_count; ++i)
    if (categories[i] == category) return i;
  return category_count - 1;
}
std::string_view category_name(std::uint8_t index) {
  return categories[index < category_count ? index : category_count - 1];
}

}  // namespace tocsin
