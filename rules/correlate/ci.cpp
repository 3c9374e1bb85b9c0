#include "rules/correlate/ci.hpp"

#include "rules/model/matcher_index.hpp"

namespace tocsin {
namespace {

// "web-07:9100" -> "web-07". An IPv6 address without brackets has more than one colon and stays.
std::string_view without_port(std::string_view value) {
  const auto colon = value.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == value.size()) return value;
  if (value.find(':') != colon && value[colon - 1] != ']') return value;
  for (char c : value.substr(colon + 1))
    if (c < '0' || c > '9') return value;
  return value.substr(0, colon);
}

// Looked up in lower case without an allocation; names longer than this are nobody's.
const std::uint32_t* by_name(const Settings& settings, std::string_view name) {
  char lower[256];
  if (name.size() > sizeof lower) return nullptr;
  for (std::size_t i = 0; i < name.size(); ++i)
    lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] + 32) : name[i];
  const auto it = settings.ci_by_name.find(std::string_view(lower, name.size()));
  return it == settings.ci_by_name.end() ? nullptr : &it->second;
}

CiFound known(const Settings& settings, std::uint32_t i, std::string_view name) {
  const Ci& ci = settings.cis[i];
  return {ci.id, &ci, ci.id == name ? CiMatch::exact : CiMatch::alias};
}

// The first by id whose matchers fit; null: none.
const Ci* by_matchers(AlertText text, const Settings& settings) {
  if (!settings.ci_index) {
    for (const Ci& ci : settings.cis)
      if (!ci.match.empty() && matches_all(ci.match, text)) return &ci;
    return nullptr;
  }
  Subject subject;
  subject.text = text;
  const std::int32_t at = settings.ci_index->first(
      subject, [&](std::uint32_t place) -> const auto& {
        return settings.cis[settings.ci_places[place]].match;
      });
  return at < 0 ? nullptr : &settings.cis[settings.ci_places[static_cast<std::size_t>(at)]];
}

}  // namespace

CiFound find_ci(AlertText text, const Settings& settings) {
  std::string_view first;
  for (const auto& label : settings.ci_labels) {
    const auto value = text.label(label);
    if (value.empty()) continue;
    const auto bare = without_port(value);
    if (first.empty()) first = bare;
    if (settings.cis.empty()) break;
    if (const auto* i = by_name(settings, value)) return known(settings, *i, value);
    if (const auto* i = by_name(settings, bare)) return known(settings, *i, bare);
  }
  if (const Ci* ci = by_matchers(text, settings)) return {ci->id, ci, CiMatch::matcher};
  if (!first.empty()) return {first, nullptr, CiMatch::discovered};
  return {};
}

const Ci* ci_named(const Settings& settings, std::string_view name) {
  const std::uint32_t* place = by_name(settings, name);
  return place ? &settings.cis[*place] : nullptr;
}

}  // namespace tocsin
