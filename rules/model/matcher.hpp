#pragma once
// Does an alert fit? Matchers as Prometheus has them: a label that is absent counts as empty,
// regular expressions must fit the whole value, but in what an alert says in words. Pure and
// thread-safe; compiled by config/.

#include <string>
#include <vector>

#include "rules/model/alert.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

// What is matched: the text of an alert, and what is known of it besides. Views.
struct Subject {
  AlertText text;
  std::string_view ci_class, environment, source;
  Severity severity = Severity::error;
};

// What a matcher of this kind looks at.
std::string_view value_of(Matcher::Of of, std::string_view name, const Subject& subject);
bool matches(const Matcher& matcher, const Subject& subject);
bool matches_value(const Matcher& matcher, std::string_view value);
// Of labels alone.
bool matches(const Matcher& matcher, AlertText text);

// a="b", as it is read back: the name in quotes only when it is no identifier.
std::string matcher_text(const Matcher& matcher);

// All of them; an empty list fits everything.
bool matches_all(const std::vector<Matcher>& matchers, const Subject& subject);
bool matches_all(const std::vector<Matcher>& matchers, AlertText text);

}  // namespace tocsin
