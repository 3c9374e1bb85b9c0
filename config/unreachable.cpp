// Rules that are never asked, and rules that make every alert slow (CAT-3).
#include <algorithm>
#include <map>

#include "config/compiler.hpp"
#include "rules/model/literals.hpp"
#include "rules/model/matcher_index.hpp"

namespace tocsin::config {
namespace {

// So many earlier rules are compared with each one: this finds mistakes, it proves nothing.
constexpr std::size_t compared_max = 64;
// An alert that all of them are tried against costs about 50 us more.
constexpr std::size_t crowd_max = 256;

// The only values that fit it; nothing when there may be others.
std::vector<std::string> values_of(const Matcher& m) {
  if (m.op == Matcher::Op::equal) return {m.value};
  if (m.op != Matcher::Op::matches || m.of == Matcher::Of::message) return {};
  Literals known = literals_of(m.value);
  if (!known.whole) return {};
  std::erase_if(known.texts, [&](const std::string& text) { return !matches_value(m, text); });
  return std::move(known.texts);
}

// A condition of the rule in question: its values are looked for once, not for each earlier rule.
struct Condition {
  const Matcher& matcher;
  std::vector<std::string> values;
};

std::vector<Condition> conditions_of(const Rule& rule) {
  std::vector<Condition> out;
  for (const Matcher& m : rule.match) out.push_back({m, values_of(m)});
  return out;
}

// Whatever fits `narrow` fits `wide`.
bool implies(const Condition& condition, const Matcher& wide) {
  const auto& [narrow, values] = condition;
  if (narrow.of != wide.of || narrow.label != wide.label) return false;
  if (narrow.op == wide.op && narrow.value == wide.value) return true;
  if (wide.op == Matcher::Op::not_equal) return !matches_value(narrow, wide.value);
  return !values.empty() && std::all_of(values.begin(), values.end(), [&](const auto& value) {
    return matches_value(wide, value);
  });
}

bool fits_everything(const Matcher& m) {
  return m.op == Matcher::Op::matches && m.value == ".*";
}

// Whatever all of `narrow` fit, all of `wide` fit.
bool covers(const std::vector<Matcher>& wide, const std::vector<Condition>& narrow) {
  return std::all_of(wide.begin(), wide.end(), [&](const Matcher& w) {
    return fits_everything(w) || std::any_of(narrow.begin(), narrow.end(),
                                             [&](const Condition& n) { return implies(n, w); });
  });
}

// Some alert that fits the conditions of which the values are known.
class Sample {
 public:
  explicit Sample(const std::vector<Condition>& conditions) {
    std::map<std::string, std::string> labels, annotations;
    for (const auto& [m, values] : conditions) {
      if (values.empty() || values.front().empty()) continue;
      if (m.of == Matcher::Of::label) labels[m.label] = values.front();
      if (m.of == Matcher::Of::annotation) annotations[m.label] = values.front();
      if (m.of != Matcher::Of::label && m.of != Matcher::Of::annotation)
        known_[m.of] = values.front();
    }
    pack_alert(bytes_, {labels.begin(), labels.end()}, {annotations.begin(), annotations.end()},
               "");
  }
  Subject subject() const {
    Subject out;
    out.text = AlertText(bytes_);
    const auto of = [&](Matcher::Of kind) {
      const auto it = known_.find(kind);
      return it == known_.end() ? std::string_view{} : std::string_view(it->second);
    };
    out.ci_class = of(Matcher::Of::ci_class), out.environment = of(Matcher::Of::environment);
    out.source = of(Matcher::Of::source);
    out.severity = parse<Severity>(of(Matcher::Of::severity)).value_or(Severity::error);
    return out;
  }

 private:
  std::string bytes_;
  std::map<Matcher::Of, std::string> known_;
};

std::string key_of(const Matcher& m) {
  return std::to_string(static_cast<int>(m.of)) + matcher_text(m);
}

}  // namespace

// A rule is never asked when an earlier one asks for nothing that it does not ask for too. The
// earlier ones that may are found by an alert that the rule is for, and by conditions that both
// have word for word.
void Compiler::unreachable_rules() {
  std::map<std::string, std::vector<std::uint32_t>> having;  // a condition, the first of them
  const auto& always = settings.rule_index->always();
  for (std::uint32_t i = 0; i < own_rules.size(); ++i) {
    const Rule& rule = own_rules[i];
    MatcherIndex::Places found;
    const auto conditions = conditions_of(rule);
    const Sample sample(conditions);
    settings.rule_index->find(sample.subject(), found);
    std::vector<std::uint32_t> earlier(found.begin(), found.end());
    for (const Matcher& m : rule.match) {
      auto& others = having[key_of(m)];
      earlier.insert(earlier.end(), others.begin(), others.end());
      if (others.size() < compared_max) others.push_back(i);
    }
    earlier.insert(
        earlier.end(), always.begin(),
        always.begin() + static_cast<std::ptrdiff_t>(std::min(always.size(), compared_max)));
    std::sort(earlier.begin(), earlier.end());
    earlier.erase(std::unique(earlier.begin(), earlier.end()), earlier.end());
    std::size_t compared = 0;
    for (const std::uint32_t other : earlier) {
      if (other >= i || ++compared > 4 * compared_max) break;
      if (!covers(own_rules[other].match, conditions)) continue;
      report_.warning(rule_marks_[rule.id], "rule '" + rule.id + "' never matches: rule '" +
                                                own_rules[other].id + "' (" +
                                                to_text(rule_marks_[own_rules[other].id]) +
                                                ") comes first and takes all it would take");
      break;
    }
  }
}

void Compiler::crowded_rules() {
  const auto warn = [&](const MatcherIndex& index, const std::string& what) {
    if (index.crowd() > crowd_max)
      report_.warning(top_, std::to_string(index.crowd()) + " " + what +
                                " rest on the same condition or on none that can be looked up, and "
                                "are tried one by one: give them a label with a value or a text "
                                "that the others do not have");
  };
  warn(*settings.rule_index, "rules");
  warn(*settings.ci_index, "CIs with matchers");
}

}  // namespace tocsin::config
