#include "daemon/api/am_filter.hpp"

#include <re2/re2.h>

namespace tocsin::api {
namespace {

constexpr std::size_t filters_max = 50, filter_bytes_max = 4096;

std::shared_ptr<const re2::RE2> compile(std::string_view pattern, std::string& why) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  const std::string anchored = "^(?:" + std::string(pattern) + ")$";
  auto regex = std::make_shared<const re2::RE2>(anchored, options);
  if (!regex->ok()) return why = "error parsing regexp: " + regex->error(), nullptr;
  return regex;
}

bool name_char(char c, bool first) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':') return true;
  return !first && c >= '0' && c <= '9';
}

void trim(std::string_view& text) {
  static constexpr std::string_view space = " \t\r\n\f\v";
  while (!text.empty() && space.find(text.front()) != space.npos) text.remove_prefix(1);
  while (!text.empty() && space.find(text.back()) != space.npos) text.remove_suffix(1);
}

// The value behind the operator: escapes resolved, quotes in pairs or none at all.
bool unquote(std::string_view raw, std::string& out) {
  const bool quoted = raw.starts_with('"');
  if (quoted) raw.remove_prefix(1);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (c == '\\' && i + 1 < raw.size()) {
      const char next = raw[++i];
      if (next == 'n')
        out += '\n';
      else if (next == '"' || next == '\\')
        out += next;
      else
        out += '\\', out += next;
    } else if (c == '"') {
      return quoted && i + 1 == raw.size();
    } else {
      out += c;
    }
  }
  return !quoted;
}

// Takes the name off the front.
bool take_name(std::string_view& text, std::string& name) {
  if (text.starts_with('"')) {
    std::size_t end = 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size() || !unquote(text.substr(0, end + 1), name)) return false;
    text.remove_prefix(end + 1);
    return !name.empty();
  }
  while (!text.empty() && name_char(text.front(), name.empty())) {
    name += text.front();
    text.remove_prefix(1);
  }
  return !name.empty();
}

bool take_op(std::string_view& text, Matcher::Op& op) {
  static constexpr std::pair<std::string_view, Matcher::Op> ops[] = {
      {"=~", Matcher::Op::matches},
      {"!~", Matcher::Op::not_matches},
      {"!=", Matcher::Op::not_equal},
      {"=", Matcher::Op::equal}};
  for (const auto& [sign, meaning] : ops)
    if (text.starts_with(sign)) return op = meaning, text.remove_prefix(sign.size()), true;
  return false;
}

}  // namespace

std::optional<Matcher> parse_am_matcher(std::string_view whole, std::string& why) {
  std::string_view text = whole;
  trim(text);
  Matcher matcher;
  const bool named = text.size() <= filter_bytes_max && take_name(text, matcher.label);
  trim(text);
  if (!named || !take_op(text, matcher.op))
    return why = "bad matcher format: " + std::string(whole.substr(0, 200)), std::nullopt;
  trim(text);
  if (!unquote(text, matcher.value))
    return why = "matcher value contains unescaped double quote: " + std::string(text),
           std::nullopt;
  if (matcher.op == Matcher::Op::matches || matcher.op == Matcher::Op::not_matches) {
    matcher.regex = compile(matcher.value, why);
    if (!matcher.regex) return {};
  }
  return matcher;
}

std::optional<AmFilter> AmFilter::parse(const Query& query, std::string& why) {
  AmFilter out;
  // What go-swagger does not understand as a boolean is false.
  out.active = query.boolean("active", true).value_or(false);
  out.silenced = query.boolean("silenced", true).value_or(false);
  out.inhibited = query.boolean("inhibited", true).value_or(false);
  out.unprocessed = query.boolean("unprocessed", true).value_or(false);
  const std::vector<std::string> filters = query.all("filter");
  if (filters.size() > filters_max) return why = "more than 50 filters", std::nullopt;
  for (const std::string& text : filters) {
    auto matcher = parse_am_matcher(text, why);
    if (!matcher) return {};
    out.matchers.push_back(std::move(*matcher));
  }
  if (const std::string receiver = query.get("receiver"); !receiver.empty()) {
    out.receiver = compile(receiver.substr(0, filter_bytes_max), why);
    if (!out.receiver) return why = "failed to parse receiver param: " + why, std::nullopt;
  }
  return out;
}

bool AmFilter::wants_receiver(std::string_view name) const {
  return !receiver || re2::RE2::FullMatch({name.data(), name.size()}, *receiver);
}

}  // namespace tocsin::api
