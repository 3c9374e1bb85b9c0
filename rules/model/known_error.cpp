#include "rules/model/known_error.hpp"

#include <algorithm>

#include "rules/model/silence.hpp"

namespace tocsin {

std::vector<std::pair<std::string, std::string>> index_known_errors(Settings& settings) {
  std::vector<std::pair<std::string, std::string>> wrong;
  settings.known_error_index = nullptr;
  if (settings.known_errors.empty()) return wrong;
  auto index = std::make_shared<SilenceIndex>();
  for (std::uint32_t place = 0; place < settings.known_errors.size(); ++place) {
    const KnownError& error = settings.known_errors[place];
    const std::string packed = pack_matchers(error.match);
    std::string why;
    if (!unpack_matchers(packed, why)) wrong.emplace_back(error.id, why);
    if (index->together(packed) >= SilenceLimits::together)
      wrong.emplace_back(error.id,
                         "256 known errors rest on the same exact label or on none: an alert would "
                         "have to ask them all");
    index->add(SilenceId(place + 1), place, packed);
  }
  settings.known_error_index = std::move(index);
  return wrong;
}

const KnownError* known_error_of(const Settings& settings, AlertText text) {
  if (!settings.known_error_index) return nullptr;
  auto first = static_cast<std::uint32_t>(settings.known_errors.size());
  settings.known_error_index->each_fit(
      text, [&](std::uint32_t place) { first = std::min(first, place); });
  return first < settings.known_errors.size() ? &settings.known_errors[first] : nullptr;
}

}  // namespace tocsin
