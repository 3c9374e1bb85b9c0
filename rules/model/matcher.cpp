#include "rules/model/matcher.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace tocsin {
namespace {

bool fits(const Matcher& m, std::string_view value) {
  return m.regex && re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *m.regex);
}

}  // namespace

bool matches(const Matcher& m, AlertText text) {
  const std::string_view value = text.label(m.label);
  switch (m.op) {
    case Matcher::Op::equal:
      return value == m.value;
    case Matcher::Op::not_equal:
      return value != m.value;
    case Matcher::Op::matches:
      return fits(m, value);
    case Matcher::Op::not_matches:
      return !fits(m, value);
  }
  return false;
}

bool matches_all(const std::vector<Matcher>& matchers, AlertText text) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [text](const Matcher& m) { return matches(m, text); });
}

}  // namespace tocsin
