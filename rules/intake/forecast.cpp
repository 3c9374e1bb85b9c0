#include "rules/intake/forecast.hpp"

#include <algorithm>

namespace tocsin {
namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::size_t whole_digits_max = 6, part_digits_max = 9;

bool digits(std::string_view text, std::size_t at_most) {
  return !text.empty() && text.size() <= at_most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::int64_t number(std::string_view digits) {
  std::int64_t n = 0;
  for (const char c : digits) n = 10 * n + (c - '0');
  return n;
}

}  // namespace

std::optional<Span> time_left(AlertText text) {
  std::string_view word = text.label(days_left_name);
  if (word.empty()) word = text.annotation(days_left_name);
  const bool over = word.starts_with('-');
  if (over) word.remove_prefix(1);
  const std::size_t point = std::min(word.find('.'), word.size());
  const std::string_view whole = word.substr(0, point);
  if (!digits(whole, whole_digits_max)) return {};
  std::int64_t ms = number(whole) * day_ms;
  if (point < word.size()) {
    const std::string_view part = word.substr(point + 1);
    if (!digits(part, part_digits_max)) return {};
    std::int64_t scale = 1;
    for (std::size_t i = 0; i < part.size(); ++i) scale *= 10;
    ms += number(part) * day_ms / scale;
  }
  return Span{over ? -ms : ms};
}

}  // namespace tocsin
