#pragma once
// What alerts have in common that are about no CI: the values of some labels. They are the name of
// a thing that stands where a CI would, so that everything that is said of alerts of one CI holds
// for them: they join its open incident, wait for each other, reopen, and one incident is open for
// each subcategory.

#include <memory>
#include <string>

#include "rules/model/alert.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

inline constexpr std::size_t group_bytes_max = 512;

// `{cluster="eu-1", namespace="shop"}`, of the first rule that fits an alert whose CI was found
// like this; null: none does, or the name would be too long.
std::shared_ptr<const std::string> group_of(AlertText text, CiMatch found,
                                            const Settings& settings);

// Its name tells a group from a CI: no id of a CI begins like that.
inline bool is_group(std::string_view ci) {
  return ci.starts_with('{');
}

}  // namespace tocsin
