#include "rules/classify/rules.hpp"

#include "rules/model/matcher_index.hpp"

namespace tocsin {

std::int32_t first_rule(const Subject& subject, const Settings& settings) {
  if (!settings.rule_index) return first_rule_walking(subject, settings);
  return settings.rule_index->first(
      subject, [&](std::uint32_t place) -> const auto& { return settings.rules[place].match; });
}

std::int32_t first_rule_walking(const Subject& subject, const Settings& settings) {
  for (std::size_t i = 0; i < settings.rules.size(); ++i)
    if (matches_all(settings.rules[i].match, subject)) return static_cast<std::int32_t>(i);
  return -1;
}

}  // namespace tocsin
