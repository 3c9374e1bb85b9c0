// The rules that turn lines of syslog into alerts: syslog_rules, default_syslog_rules.
#include <algorithm>
#include <set>

#include "config/compiler.hpp"
#include "connectors/in/syslog/rules.hpp"

namespace tocsin::config {
namespace {

// LCY-6: when nothing else says that it is over.
constexpr Span quiet_default = minutes(30);

std::vector<std::string> severity_names() {
  std::vector<std::string> out;
  for (std::uint8_t i = 0; i < 8; ++i) out.emplace_back(syslog_severity_name(i));
  return out;
}

}  // namespace

void Compiler::syslog_rules(Reader& root, std::string_view key, std::vector<SyslogRule>& out) {
  const std::string kind = key == "syslog_rules" ? "rule of syslog" : "default rule of syslog";
  if (root.find(key) && key == "default_syslog_rules") {  // replaced as a whole
    out.clear();
    identities_[kind].clear();
  }
  for (const auto& node : root.items(key)) {
    Reader item(node, "a rule of syslog", report_);
    const auto id = identity(item, "id", kind);
    SyslogRule rule = syslog_rule(item);
    rule.id = id.value_or("");
    if (rule.alertname.empty()) rule.alertname = rule.id;
    syslog_examples(item, rule);
    item.finish();
    if (!id) continue;
    auto& marks = syslog_marks_[rule.id];
    marks.clear();
    marks[""] = item.mark();
    for (const auto& member : node.members) marks[member.key] = member.value.mark;
    out.push_back(std::move(rule));
  }
}

SyslogRule Compiler::syslog_rule(Reader& item) {
  SyslogRule rule;
  rule.alertname = item.text("alertname");
  syslog_conditions(item, rule);
  if (const auto match = item.required("match")) rule.match = match->text;
  rule.clear = item.text("clear");
  for (const auto& word : item.words("notes")) rule.notes.push_back(word.text);
  item.boolean("clear_over_udp", rule.clear_over_udp);
  rule.quiet_after = rule.clear.empty() ? quiet_default : Span{};
  if (const auto quiet = item.word("quiet_after"); quiet && quiet->text == "never") {
    rule.quiet_after = {};
  } else if (quiet) {
    item.duration("quiet_after", rule.quiet_after);
    if (rule.quiet_after < seconds(1))
      report_.error(quiet->mark, "quiet_after is at least 1s, or never");
  }
  if (const Node* node = item.find("set")) {
    Reader set(*node, "set", report_);
    rule.alert_severity = set.choice<Severity>("severity");
    rule.summary = set.text("summary");
    rule.runbook_url = set.text("runbook_url");
    set.finish();
  }
  return rule;
}

void Compiler::syslog_conditions(Reader& item, SyslogRule& rule) {
  rule.program = item.text("program");
  for (const auto& word : item.words("facility")) {
    const int facility = syslog_facility(word.text);
    if (facility < 0)
      item.not_one_of(word, "facility", syslog_facilities());
    else
      rule.facilities |= 1u << facility;
  }
  if (const auto word = item.word("severity")) {
    const int severity = syslog_severity(word->text);
    if (severity < 0)
      item.not_one_of(*word, "severity", severity_names());
    else
      rule.severity = static_cast<std::uint8_t>(severity);
  }
}

void Compiler::syslog_examples(Reader& item, const SyslogRule& rule) {
  for (const auto& node : item.items("examples")) {
    Reader reader(node, "an example", report_);
    Example example;
    example.rule = rule.id;
    example.mark = node.mark;
    example.source = syslog_source;
    if (const auto line = reader.required("line")) example.line = line->text;
    for (const auto& member : reader.members("expect"))
      example.expect[member.key] = member.value.text;
    reader.finish();
    // Of a built-in rule they are for our tests: a user's rule may take its lines.
    if (!defaults_ && !example.line.empty()) examples.push_back(std::move(example));
  }
}

// The users' rules first, each part by id; a rule of the same id replaces a built-in one.
void Compiler::compile_syslog_rules() {
  const auto by_id = [](const SyslogRule& a, const SyslogRule& b) { return a.id < b.id; };
  std::sort(own_syslog_rules.begin(), own_syslog_rules.end(), by_id);
  std::sort(default_syslog_rules.begin(), default_syslog_rules.end(), by_id);
  std::set<std::string> own;
  for (const auto& rule : own_syslog_rules) own.insert(rule.id);
  std::erase_if(default_syslog_rules, [&](const SyslogRule& r) { return own.count(r.id) > 0; });
  auto& rules = settings.syslog_rules;
  rules = own_syslog_rules;
  rules.insert(rules.end(), default_syslog_rules.begin(), default_syslog_rules.end());
  const auto mark = [&](const SyslogRule& rule, std::string_view key) {
    const auto& marks = syslog_marks_[rule.id];
    const auto it = marks.find(key);
    return it == marks.end() ? marks.at("") : it->second;
  };
  if (rules.size() > SyslogRules::rules_max)
    return report_.error(mark(rules[SyslogRules::rules_max], ""), "at most 2000 rules of syslog");
  if (!own.empty() && std::find(settings.sources.begin(), settings.sources.end(), syslog_source) ==
                          settings.sources.end())
    settings.sources.emplace(settings.sources.begin(), syslog_source);
  std::vector<SyslogRules::Fault> faults;
  settings.syslog = SyslogRules::compile(rules, faults);
  for (const auto& fault : faults)
    report_.error(
        mark(rules[fault.rule], fault.key),
        std::string(fault.key) + " of rule '" + rules[fault.rule].id + "' " + fault.message);
}

}  // namespace tocsin::config
