// What a rule may ask beside the labels, how it counts, and what an alert is when no rule says it.
#include <re2/re2.h>

#include <algorithm>

#include "config/compiler.hpp"
#include "connectors/in/syslog/message.hpp"
#include "rules/model/silence.hpp"

namespace tocsin::config {
namespace {

constexpr std::size_t values_max = 32, expression_bytes_max = 1024;
// Chosen: a bucket remembers as many instants as the largest rule asks for.
constexpr std::int64_t count_max = 100;
constexpr Span within_max = hours(24);
constexpr std::size_t by_max = 8;

bool compile_message(Matcher& m, std::string& why) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(regex_memory);
  auto regex = std::make_shared<const re2::RE2>(m.value, options);
  if (!regex->ok()) return why = regex->error(), false;
  m.regex = std::move(regex);
  return true;
}

}  // namespace

// `key: one` or `key: [one, another]`: it is one of them.
void Compiler::one_of_words(Reader& item, std::string_view key, Matcher::Of of, Rule& rule,
                            const std::vector<Word>& words) {
  if (words.empty()) return;
  if (words.size() > values_max)
    return item.error(words.back().mark, "at most 32 values of " + std::string(key));
  Matcher m;
  m.of = of;
  if (of == Matcher::Of::annotation) m.label = key;
  for (const auto& word : words) {
    if (word.text.empty()) return item.error(word.mark, std::string(key) + " is empty");
    if (words.size() == 1)
      m.value = word.text;
    else
      m.value += (m.value.empty() ? "" : "|") + re2::RE2::QuoteMeta(word.text);
  }
  if (words.size() > 1) m.op = Matcher::Op::matches;
  std::string why;
  if (m.op == Matcher::Op::matches && !compile_regex(m, why))
    return item.error(words.front().mark, std::string(key) + ": " + why);
  rule.match.push_back(std::move(m));
}

// An expression: for the whole name of a program, or anywhere in a message.
void Compiler::expression(Reader& item, std::string_view key, Matcher::Of of, Rule& rule) {
  const auto word = item.word(key);
  if (!word) return;
  Matcher m;
  m.of = of, m.op = Matcher::Op::matches, m.value = word->text;
  if (of == Matcher::Of::annotation) m.label = key;
  std::string why;
  if (word->text.empty() || word->text.size() > expression_bytes_max)
    return item.error(word->mark, std::string(key) + " is an expression of 1 to 1024 bytes");
  if (of == Matcher::Of::message ? compile_message(m, why) : compile_regex(m, why))
    rule.match.push_back(std::move(m));
  else
    item.error(word->mark, "bad regular expression: " + why);
}

void Compiler::conditions(Reader& item, Rule& rule) {
  rule.match = matchers(item, "match");
  one_of_words(item, "ci_class", Matcher::Of::ci_class, rule, item.words("ci_class"));
  one_of_words(item, "environment", Matcher::Of::environment, rule, item.words("environment"));
  const auto sources = item.words("source");
  for (const auto& word : sources) named_sources_.push_back(word);
  one_of_words(item, "source", Matcher::Of::source, rule, sources);
  const auto severities = item.words("severity");
  for (const auto& word : severities)
    if (!parse<Severity>(word.text))
      item.not_one_of(word, "severity", Reader::names_of<Severity>());
  one_of_words(item, "severity", Matcher::Of::severity, rule, severities);
  auto facilities = item.words("facility");
  for (auto& word : facilities)
    if (const int facility = syslog_facility(word.text); facility >= 0)
      word.text = syslog_facility_name(static_cast<std::uint8_t>(facility));
    else
      item.not_one_of(word, "facility", syslog_facilities());
  one_of_words(item, "facility", Matcher::Of::annotation, rule, facilities);
  expression(item, "program", Matcher::Of::annotation, rule);
  expression(item, "message", Matcher::Of::message, rule);
}

void Compiler::count_window(Reader& rule_item, Rule& rule) {
  const Node* node = rule_item.find("count");
  if (!node) return;
  Reader item(*node, "count", report_);
  std::int64_t at_least = 0;
  item.required("at_least");
  item.integer("at_least", 2, count_max, at_least);
  CountWindow count;
  const auto within = item.required("within");
  item.duration("within", count.within);
  if (within && (count.within < seconds(1) || count.within > within_max))
    item.error(within->mark, "within is 1s to 1d");
  for (const auto& word : item.words("by")) count.by.push_back(word.text);
  std::sort(count.by.begin(), count.by.end());
  if (count.by.size() > by_max) item.error(item.mark(), "by is at most 8 labels");
  item.finish();
  count.at_least = static_cast<std::uint16_t>(at_least);
  rule.count = std::move(count);
}

// A user's entry replaces the built-in one of the same class or facility.
void Compiler::category_defaults(Reader& root) {
  const Node* node = root.find("category_defaults");
  if (!node) return;
  Reader section(*node, "category_defaults", report_);
  for (const std::string_view kind : {"ci_class", "facility"}) {
    auto& known = kind == "ci_class" ? settings.class_defaults : settings.facility_defaults;
    for (const auto& member : section.members(kind)) {
      Reader item(member.value, "a default category", report_);
      CategoryDefault out;
      out.of = member.key;
      out.rule = item.text("rule", std::string(kind) + ":" + member.key);
      category_of(item, out.category, out.subcategory);
      item.finish();
      if (out.category.empty() || out.subcategory.empty())
        item.error(member.mark, "a default is a category and a subcategory");
      if (kind == "facility" && syslog_facility(member.key) < 0)
        item.not_one_of({member.key, member.mark}, "a facility", syslog_facilities());
      const auto at =
          std::lower_bound(known.begin(), known.end(), out.of,
                           [](const CategoryDefault& d, const auto& w) { return d.of < w; });
      if (at != known.end() && at->of == out.of)
        *at = std::move(out);
      else
        known.insert(at, std::move(out));
    }
  }
  section.finish();
}

const std::vector<std::string>& syslog_facilities() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (std::uint8_t i = 0; i < 24; ++i) out.emplace_back(syslog_facility_name(i));
    return out;
  }();
  return names;
}

}  // namespace tocsin::config
