#include "rules/model/matcher.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace tocsin {
namespace {

bool fits(const Matcher& m, std::string_view value) {
  if (!m.regex) return false;
  const re2::StringPiece piece(value.data(), value.size());
  return m.of == Matcher::Of::message ? re2::RE2::PartialMatch(piece, *m.regex)
                                      : re2::RE2::FullMatch(piece, *m.regex);
}

// What it says in words: the line of syslog, or how its sender describes it.
std::string_view message_of(AlertText text) {
  for (const std::string_view name : {"message", "description", "summary"})
    if (const auto value = text.annotation(name); !value.empty()) return value;
  return {};
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

std::string_view value_of(Matcher::Of of, std::string_view label, const Subject& subject) {
  switch (of) {
    case Matcher::Of::label:
      return subject.text.label(label);
    case Matcher::Of::annotation:
      return subject.text.annotation(label);
    case Matcher::Of::message:
      return message_of(subject.text);
    case Matcher::Of::ci_class:
      return subject.ci_class;
    case Matcher::Of::environment:
      return subject.environment;
    case Matcher::Of::source:
      return subject.source;
    case Matcher::Of::severity:
      return name(subject.severity);
  }
  return {};
}

bool matches_value(const Matcher& m, std::string_view value) {
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

bool matches(const Matcher& m, const Subject& subject) {
  return matches_value(m, value_of(m.of, m.label, subject));
}

bool matches(const Matcher& m, AlertText text) {
  return matches_value(m, text.label(m.label));
}

bool matches_all(const std::vector<Matcher>& matchers, const Subject& subject) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const Matcher& m) { return matches(m, subject); });
}

bool matches_all(const std::vector<Matcher>& matchers, AlertText text) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [text](const Matcher& m) { return matches(m, text); });
}

}  // namespace tocsin
