#pragma once
// Does an alert fit? Matchers as Prometheus has them: a label that is absent counts as empty,
// regular expressions must fit the whole value. Pure and thread-safe; compiled by config/.

#include <string>
#include <vector>

#include "rules/model/alert.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

bool matches(const Matcher& matcher, AlertText text);

// a="b", as it is read back: the name in quotes only when it is no identifier.
std::string matcher_text(const Matcher& matcher);

// All of them; an empty list fits everything.
bool matches_all(const std::vector<Matcher>& matchers, AlertText text);

}  // namespace tocsin
