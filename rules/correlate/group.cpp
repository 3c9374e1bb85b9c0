#include "rules/correlate/group.hpp"

#include "rules/model/matcher.hpp"

namespace tocsin {
namespace {

bool fits(const GroupRule& rule, AlertText text, CiMatch found) {
  if (found != CiMatch::none && !rule.discovered) return false;
  for (const std::string& label : rule.labels)
    if (text.label(label).empty()) return false;
  return matches_all(rule.match, text);
}

// As Prometheus writes it; what would end the value early is escaped, so that no two are the same.
void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  out += '"';
}

}  // namespace

std::shared_ptr<const std::string> group_of(AlertText text, CiMatch found,
                                            const Settings& settings) {
  for (const GroupRule& rule : settings.group_by) {
    if (!fits(rule, text, found)) continue;
    std::string name;
    for (const std::string& label : rule.labels) {
      name.append(name.empty() ? "{" : ", ").append(label).append("=");
      append_quoted(name, text.label(label));
    }
    name += '}';
    if (name.size() > group_bytes_max) return nullptr;
    return std::make_shared<const std::string>(std::move(name));
  }
  return nullptr;
}

}  // namespace tocsin
