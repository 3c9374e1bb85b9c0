#include "rules/model/matcher.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace tocsin {
namespace {

bool fits(const Matcher& m, std::string_view value) {
  return m.regex && re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *m.regex);
}

bool plain_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + '"';
}

}  // namespace

std::string matcher_text(const Matcher& m) {
  static constexpr const char* ops[] = {"=", "!=", "=~", "!~"};
  return (plain_name(m.label) ? m.label : in_quotes(m.label)) + ops[static_cast<int>(m.op)] +
         in_quotes(m.value);
}

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
