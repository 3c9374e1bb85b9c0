#include <cstdint>

#include "config/text.hpp"

namespace tocsin::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr Unit units[] = {{"y", 365LL * 86'400'000},
                          {"w", 7LL * 86'400'000},
                          {"d", 86'400'000},
                          {"h", 3'600'000},
                          {"m", 60'000},
                          {"s", 1000},
                          {"ms", 1}};
constexpr std::int64_t longest_ms = 100 * units[0].ms;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::optional<Span> parse_duration(std::string_view text) {
  if (text == "0") return Span{};
  if (text.empty()) return {};
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    std::size_t end = 0;
    std::int64_t value = 0;
    for (; end < text.size() && is_digit(text[end]); ++end)
      if ((value = value * 10 + (text[end] - '0')) > longest_ms) return {};
    if (end == 0) return {};
    text.remove_prefix(end);
    for (end = 0; end < text.size() && !is_digit(text[end]); ++end) {
    }
    const auto name = text.substr(0, end);
    while (next_unit < std::size(units) && units[next_unit].name != name) ++next_unit;
    if (next_unit == std::size(units) || value > longest_ms / units[next_unit].ms) return {};
    total += value * units[next_unit++].ms;
    text.remove_prefix(end);
  }
  if (total > longest_ms) return {};
  return Span{total};
}

std::string duration_text(Span span) {
  if (span.ms == 0) return "0s";
  std::string out;
  std::int64_t left = span.ms;
  for (const auto& unit : units) {
    if (left < unit.ms) continue;
    out += std::to_string(left / unit.ms) + std::string(unit.name);
    left %= unit.ms;
  }
  return out;
}

}  // namespace tocsin::config
