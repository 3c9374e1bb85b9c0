#include <re2/re2.h>

#include "config/text.hpp"
#include "rules/model/silence.hpp"

namespace tocsin::config {
namespace {

constexpr std::size_t regex_bytes = 1024;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}
bool name_part(char c) {
  return name_start(c) || (c >= '0' && c <= '9');
}

class Parser {
 public:
  Parser(std::string_view text, std::string& error) : rest_(text), error_(error) {}

  std::vector<Matcher> run() {
    std::vector<Matcher> out;
    skip_space();
    const bool braces = take("{");
    skip_space();
    while (error_.empty() && !rest_.empty() && rest_[0] != '}') {
      Matcher m;
      if (!one(m)) break;
      out.push_back(std::move(m));
      skip_space();
      if (!take(",")) break;
      skip_space();
    }
    if (braces && error_.empty() && !take("}")) error_ = "the closing brace is missing";
    skip_space();
    if (error_.empty() && !rest_.empty())
      error_ = "unexpected '" + std::string(rest_.substr(0, 20)) + "'";
    if (error_.empty() && out.empty()) error_ = "no matcher in it";
    if (!error_.empty()) out.clear();
    return out;
  }

 private:
  bool one(Matcher& m) {
    if (!name(m.label)) return false;
    skip_space();
    if (take("=~"))
      m.op = Matcher::Op::matches;
    else if (take("!~"))
      m.op = Matcher::Op::not_matches;
    else if (take("!="))
      m.op = Matcher::Op::not_equal;
    else if (take("="))
      m.op = Matcher::Op::equal;
    else
      return fail("expected =, !=, =~ or !~ after '" + m.label + "'");
    skip_space();
    return value(m.value) && compile(m);
  }

  bool name(std::string& out) {
    if (!rest_.empty() && rest_[0] == '"') {
      if (!quoted(out)) return false;
      return !out.empty() || fail("a label has a name");
    }
    std::size_t end = 0;
    while (end < rest_.size() && (end == 0 ? name_start(rest_[end]) : name_part(rest_[end]))) ++end;
    if (end == 0) return fail("expected the name of a label, in quotes unless it is an identifier");
    out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return true;
  }

  // Quoted, or a bare word as amtool takes it.
  bool value(std::string& out) {
    if (!rest_.empty() && rest_[0] == '"') return quoted(out);
    std::size_t end = 0;
    while (end < rest_.size() && !is_space(rest_[end]) && rest_[end] != ',' && rest_[end] != '}' &&
           rest_[end] != '"')
      ++end;
    if (end == 0) return fail("expected a value in quotes");
    out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return true;
  }

  // A backslash before anything but a quote, a backslash or n stays, so that "\d" is what it seems.
  bool quoted(std::string& out) {
    std::size_t i = 1;
    for (; i < rest_.size() && rest_[i] != '"'; ++i) {
      if (rest_[i] != '\\' || i + 1 == rest_.size()) {
        out += rest_[i];
        continue;
      }
      const char next = rest_[++i];
      if (next == 'n')
        out += '\n';
      else if (next == '"' || next == '\\')
        out += next;
      else
        (out += '\\') += next;
    }
    if (i >= rest_.size()) return fail("a quote is not closed");
    rest_.remove_prefix(i + 1);
    return true;
  }

  bool compile(Matcher& m) {
    if (m.op != Matcher::Op::matches && m.op != Matcher::Op::not_matches) return true;
    if (m.value.size() > regex_bytes) return fail("a regular expression is at most 1024 bytes");
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(regex_memory);
    auto regex = std::make_shared<const re2::RE2>(m.value, options);
    if (!regex->ok()) return fail("bad regular expression: " + regex->error());
    m.regex = std::move(regex);
    return true;
  }

  void skip_space() {
    while (!rest_.empty() && is_space(rest_[0])) rest_.remove_prefix(1);
  }
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  bool fail(std::string message) {
    error_ = std::move(message);
    return false;
  }

  std::string_view rest_;
  std::string& error_;
};

}  // namespace

std::vector<Matcher> parse_matchers(std::string_view text, std::string& error) {
  error.clear();
  return Parser(text, error).run();
}

}  // namespace tocsin::config
