#include "connectors/in/syslog/rules.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <array>
#include <set>

namespace tocsin {
namespace {

// What a line's alert carries whatever its rule says.
constexpr std::array<std::string_view, 9> reserved{"alertname", "rule",     "host",
                                                   "severity",  "summary",  "message",
                                                   "program",   "facility", "runbook_url"};

// The states that the set has seen are kept in it: with the 8 MiB that are the default, a thousand
// rules made it twenty times slower (measured: 0.07 M lines/s, with this 1 M). It is used only as
// far as it is needed.
constexpr std::int64_t set_bytes_min = 32 << 20, set_bytes_per_rule = 1 << 20,
                       set_bytes_max = std::int64_t{512} << 20;
constexpr std::int64_t regex_bytes_max = 8 << 20;

re2::RE2::Options options(std::int64_t bytes) {
  re2::RE2::Options o;
  o.set_log_errors(false);
  o.set_max_mem(bytes);
  return o;
}

using Faults = std::vector<SyslogRules::Fault>;

// The names in braces of a text: "{interface} is down".
std::vector<std::string> placeholders(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t open = text.find('{'), close = text.find('}', open);
    if (close == std::string_view::npos) return out;
    out.emplace_back(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
}

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

struct SyslogRules::Compiled {
  struct Expression {
    std::size_t rule;
    bool clears;
    std::unique_ptr<const re2::RE2> regex;
    std::vector<std::string> groups;  // name by number, from 1; empty: it has none
  };
  struct Whole {
    std::unique_ptr<const re2::RE2> program;
  };

  explicit Compiled(std::size_t rules)
      : set(options(std::clamp(static_cast<std::int64_t>(rules) * set_bytes_per_rule, set_bytes_min,
                               set_bytes_max)),
            re2::RE2::UNANCHORED) {}

  bool compile(const SyslogRule& rule, std::size_t index, Faults& faults);
  bool add(const std::string& text, std::size_t index, bool clears, Faults& faults);
  std::set<std::string> labels(const Expression& expression, const SyslogRule& rule) const;
  static void judge_names(const Expression& expression, Faults& faults);

  re2::RE2::Set set;
  std::vector<Expression> expressions;  // in the order in which they are asked
  std::vector<Whole> rules;
};

bool SyslogRules::Compiled::add(const std::string& text, std::size_t index, bool clears,
                                Faults& faults) {
  const char* key = clears ? "clear" : "match";
  if (text.size() > expression_bytes_max)
    return faults.push_back({index, key, "is longer than 2048 bytes"}), false;
  auto regex = std::make_unique<const re2::RE2>(text, options(regex_bytes_max));
  if (!regex->ok())
    return faults.push_back({index, key, "is no regular expression: " + regex->error()}), false;
  Expression e{index, clears, std::move(regex), {}};
  e.groups.resize(static_cast<std::size_t>(e.regex->NumberOfCapturingGroups()) + 1);
  for (const auto& [number, name] : e.regex->CapturingGroupNames())
    e.groups[static_cast<std::size_t>(number)] = name;
  if (e.groups.size() > captures_max + 1)
    return faults.push_back({index, key, "has more than 16 groups"}), false;
  if (set.Add(text, nullptr) < 0)
    return faults.push_back({index, key, "is too large for a set of expressions"}), false;
  expressions.push_back(std::move(e));
  return true;
}

std::set<std::string> SyslogRules::Compiled::labels(const Expression& expression,
                                                    const SyslogRule& rule) const {
  std::set<std::string> out;
  for (const auto& group : expression.groups)
    if (!group.empty() && !has(rule.notes, group)) out.insert(group);
  return out;
}

void SyslogRules::Compiled::judge_names(const Expression& e, Faults& faults) {
  for (const auto& group : e.groups)
    if (std::find(reserved.begin(), reserved.end(), group) != reserved.end())
      faults.push_back({e.rule, e.clears ? "clear" : "match",
                        "has a group named '" + group + "', which every alert has of its own"});
}

bool SyslogRules::Compiled::compile(const SyslogRule& rule, std::size_t index, Faults& faults) {
  const std::size_t before = faults.size();
  Whole whole;
  if (!rule.program.empty()) {
    whole.program = std::make_unique<const re2::RE2>(rule.program, options(regex_bytes_max));
    if (!whole.program->ok())
      faults.push_back({index, "program", "is no regular expression: " + whole.program->error()});
  }
  rules.push_back(std::move(whole));
  const bool clear = rule.clear.empty() || add(rule.clear, index, true, faults);
  const bool match = add(rule.match, index, false, faults);
  if (!match || !clear) return false;
  const Expression& matching = expressions.back();
  judge_names(matching, faults);
  for (const auto& note : rule.notes)
    if (!has(matching.groups, note))
      faults.push_back({index, "notes", "names '" + note + "', which is no group of match"});
  for (const auto& group : placeholders(rule.summary))
    if (!has(matching.groups, group))
      faults.push_back(
          {index, "set", "has a summary with {" + group + "}, which is no group of match"});
  if (!rule.clear.empty()) {
    const Expression& clearing = expressions[expressions.size() - 2];
    judge_names(clearing, faults);
    // Another identity would never find the alert that it is to clear.
    if (labels(clearing, rule) != labels(matching, rule))
      faults.push_back(
          {index, "clear", "has other named groups than match: they say which alert is over"});
  }
  return faults.size() == before;
}

SyslogRules::SyslogRules(std::vector<SyslogRule> rules)
    : rules_(std::move(rules)), compiled_(std::make_unique<Compiled>(rules_.size())) {}
SyslogRules::~SyslogRules() = default;

std::shared_ptr<const SyslogRules> SyslogRules::compile(std::vector<SyslogRule> rules,
                                                        std::vector<Fault>& faults) {
  std::shared_ptr<SyslogRules> out(new SyslogRules(std::move(rules)));
  bool good = true;
  for (std::size_t i = 0; i < out->rules_.size(); ++i)
    good = out->compiled_->compile(out->rules_[i], i, faults) && good;
  if (!good) return nullptr;
  if (!out->compiled_->set.Compile()) {
    faults.push_back({out->rules_.size() - 1, "match",
                      "is one too many: all expressions together need more than 512 MiB"});
    return nullptr;
  }
  return out;
}

// Whether the rule takes the line by this expression, once more by all of its conditions.
bool SyslogRules::wants(std::size_t expression, const SyslogMessage& message,
                        SyslogMatch& out) const {
  const Compiled::Expression& e = compiled_->expressions[expression];
  const SyslogRule& rule = rules_[e.rule];
  if (rule.facilities != 0 && !(rule.facilities >> message.facility & 1u)) return false;
  if (!e.clears && message.severity > rule.severity) return false;
  if (const auto& program = compiled_->rules[e.rule].program;
      program && !re2::RE2::FullMatch({message.program.data(), message.program.size()}, *program))
    return false;
  std::array<re2::StringPiece, captures_max + 1> groups;
  const re2::StringPiece text(message.text.data(), message.text.size());
  if (!e.regex->Match(text, 0, text.size(), re2::RE2::UNANCHORED, groups.data(),
                      static_cast<int>(e.groups.size())))
    return false;
  out.rule = &rule, out.clears = e.clears;
  for (std::size_t i = 1; i < e.groups.size(); ++i)
    if (!e.groups[i].empty() && groups[i].data())
      out.captures.emplace_back(e.groups[i], std::string_view(groups[i].data(), groups[i].size()));
  return true;
}

void SyslogRules::ask_all(const SyslogMessage& message, SyslogMatch& out) const {
  for (std::size_t i = 0; i < compiled_->expressions.size(); ++i)
    if (wants(i, message, out)) return;
}

void SyslogRules::match(const SyslogMessage& message, SyslogMatch& out) const {
  out.rule = nullptr, out.clears = false;
  out.captures.clear();
  if (rules_.empty()) return;
  const re2::StringPiece text(message.text.data(), message.text.size());
  re2::RE2::Set::ErrorInfo error{};
  // Whether at all, without an allocation; only then, who.
  bool some = compiled_->set.Match(text, nullptr, &error);
  if (!some && error.kind == re2::RE2::Set::kNoError) return;
  thread_local std::vector<int> hits;
  if (some) some = compiled_->set.Match(text, &hits, &error);
  if (!some) {  // no answer is not the answer no
    out_of_memory_.fetch_add(1, std::memory_order_relaxed);
    return ask_all(message, out);
  }
  std::sort(hits.begin(), hits.end());
  for (const int hit : hits)
    if (wants(static_cast<std::size_t>(hit), message, out)) return;
}

}  // namespace tocsin
