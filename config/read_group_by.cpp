// correlation.group_by: what alerts have in common that are about no CI.
#include <algorithm>

#include "config/compiler.hpp"

namespace tocsin::config {

void Compiler::group_rule(Reader& item) {
  GroupRule rule;
  for (const Word& label : item.words("labels")) {
    if (std::find(rule.labels.begin(), rule.labels.end(), label.text) != rule.labels.end())
      report_.error(label.mark, "label " + label.text + " is named twice");
    rule.labels.push_back(label.text);
  }
  rule.match = matchers(item, "match");
  item.boolean("discovered", rule.discovered);
  item.finish();
  const Node* given = item.find("labels");
  if (rule.labels.empty() && item.ok())
    report_.error(given ? given->mark : item.mark(),
                  "labels names those whose values are the same");
  if (rule.labels.size() > group_labels_max)
    report_.error(given->mark,
                  "labels has at most " + std::to_string(group_labels_max) + " of them");
  settings.group_by.push_back(std::move(rule));
}

void Compiler::group_by(Reader& correlation) {
  for (const auto& node : correlation.items("group_by")) {
    Reader item(node, "a rule of group_by", report_);
    group_rule(item);
  }
  if (settings.group_by.size() > group_rules_max)
    report_.error(correlation.find("group_by")->mark,
                  "group_by has at most " + std::to_string(group_rules_max) + " rules");
}

}  // namespace tocsin::config
