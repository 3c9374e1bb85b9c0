// The sections that say what an alert means: severities, categories, cis, rules.
#include <algorithm>
#include <functional>

#include "config/compiler.hpp"
#include "config/inventory.hpp"
#include "rules/model/literals.hpp"

namespace tocsin::config {
namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

std::vector<std::string> symptom_codes() {
  std::vector<std::string> out;
  for (int i = 1; i <= 15; ++i) out.push_back((i < 10 ? "S0" : "S") + std::to_string(i));
  out.emplace_back("S99");
  return out;
}

// One by which its alerts come; empty: by any.
std::string first_source(const Rule& rule) {
  for (const Matcher& m : rule.match)
    if (m.of == Matcher::Of::source)
      return m.op == Matcher::Op::equal ? m.value : literals_of(m.value).texts.front();
  return {};
}

}  // namespace

void Compiler::severities(Reader& root) {
  for (const auto& member : root.members("severities")) {
    const auto severity = parse<Severity>(member.value.text);
    const std::string word = lower(member.key);
    if (!severity)
      report_.error(
          member.value.mark,
          "a severity is " + one_of(Reader::names_of<Severity>()) +
              (member.value.text.empty() ? std::string() : ", not '" + member.value.text + "'"));
    else if (word == "default")
      settings.severity_default = *severity;
    else if (parse<Severity>(word) && *parse<Severity>(word) != *severity)
      report_.error(member.mark, "'" + word + "' is a severity of ours and means itself");
    else if (!parse<Severity>(word))
      settings.severity_aliases[word] = *severity;
  }
}

void Compiler::categories(Reader& root) {
  auto& tree = settings.tree.categories;
  for (const auto& member : root.members("categories")) {
    auto& known = tree[member.key];
    for (const auto& item : member.value.items)
      if (std::find(known.begin(), known.end(), item.text) == known.end())
        known.push_back(item.text);
    if (member.value.kind != Node::Kind::list || member.value.items.empty())
      report_.error(member.value.mark, "a category is a list of its subcategories");
    std::sort(known.begin(), known.end());
  }
}

void Compiler::cis(Reader& root) {
  const auto labels = root.words("ci_labels");
  if (!labels.empty()) settings.ci_labels.clear();
  for (const auto& word : labels) settings.ci_labels.push_back(word.text);
  // Of two with one name the later is the mistake: whoever put the tree together has said which.
  const Node *own = root.find("cis"), *imported = root.find(imported_cis);
  const bool imported_first = own && imported && std::less<>()(imported, own);
  if (imported_first) ci_list(root, true);
  ci_list(root, false);
  if (!imported_first) ci_list(root, true);
}

void Compiler::ci_list(Reader& root, bool imported) {
  importing_ = imported;
  const auto items = root.items(imported ? imported_cis : "cis");
  settings.cis.reserve(settings.cis.size() + items.size());
  for (const auto& node : items) {
    Reader item(node, "a CI", report_);
    Ci ci;
    ci.imported = imported;
    const auto id = identity(item, "id", "CI");
    ci.ci_class = item.text("class");
    if (const auto criticality = item.choice<Criticality>("criticality"))
      ci.criticality = *criticality;
    std::int64_t users = 0;
    item.integer("users", 0, UINT32_MAX, users);
    ci.users = static_cast<std::uint32_t>(users);
    ci.group = refer_text(Kind::group, item.word("group"));
    for (const auto& alias : item.words("aliases")) ci.aliases.push_back(alias.text);
    ci.supports = refer_all(Kind::ci, item.words("supports"));
    ci.depends_on = refer_all(Kind::ci, item.words("depends_on"));
    ci.soft_depends_on = refer_all(Kind::ci, item.words("soft_depends_on"));
    ci.pool = refer_text(Kind::pool, item.word("pool"));
    ci.site = item.text("site");
    ci.hours = refer_text(Kind::calendar, item.word("hours"));
    ci.match = matchers(item, "match");
    ci.environment = item.text("environment");
    item.finish();
    if (!id) continue;
    ci.id = *id;
    std::vector<std::string> names = ci.aliases;
    names.push_back(ci.id);
    for (const auto& name : names) {
      const auto [it, fresh] = identities_["name of a CI"].emplace(lower(name), item.mark());
      if (!fresh)
        report_.error(item.mark(), "'" + name + "' already means the CI of " + to_text(it->second));
    }
    ci_marks_[ci.id] = item.mark();
    settings.cis.push_back(std::move(ci));
  }
  importing_ = false;
}

void Compiler::pools(Reader& root) {
  for (const auto& node : root.items("pools")) {
    Reader item(node, "a pool", report_);
    Pool pool;
    const auto id = identity(item, "id", "pool");
    pool.supports = refer_all(Kind::ci, item.words("supports"));
    std::int64_t members = 1;
    item.integer("min_members", 1, 100'000, members);
    pool.min_members = static_cast<std::uint32_t>(members);
    item.finish();
    if (!id) continue;
    pool.id = *id;
    pool_marks_[pool.id] = item.mark();
    settings.pools.push_back(std::move(pool));
  }
}

std::vector<Matcher> Compiler::matchers(Reader& item, std::string_view key) {
  std::vector<Matcher> out;
  for (const auto& word : item.words(key)) {
    std::string error;
    for (auto& matcher : parse_matchers(word.text, error)) out.push_back(std::move(matcher));
    if (!error.empty()) report_.error(word.mark, "in the matcher '" + word.text + "': " + error);
  }
  return out;
}

void Compiler::rules(Reader& root, std::string_view key, std::vector<Rule>& out) {
  const Node* list = root.find(key);
  if (list && key == "default_rules") {  // replaced as a whole
    out.clear();
    identities_["default rule"].clear();
  }
  std::vector<std::pair<std::string, Mark>> order;
  for (const auto& node : root.items(key)) {
    Reader item(node, "a rule", report_);
    Rule rule;
    const auto id = identity(item, "id", key == "rules" ? "rule" : "default rule");
    rule.id = id.value_or("");
    conditions(item, rule);
    count_window(item, rule);
    if (const Node* set = item.find("set")) {
      Reader values(*set, "set", report_);
      rule_set(values, rule);
      values.finish();
    } else if (item.ok()) {
      report_.error(item.mark(), "a rule sets something: it has no set");
    }
    rule_examples(item, rule);
    item.finish();
    if (!id) continue;
    if (!order.empty() && *order.back().second.file == *item.mark().file &&
        rule.id < order.back().first)
      report_.warning(item.mark(), "rules are asked in the order of their ids: '" + rule.id +
                                       "' comes before '" + order.back().first + "'");
    order.emplace_back(rule.id, item.mark());
    rule_marks_[rule.id] = item.mark();
    out.push_back(std::move(rule));
  }
}

// `category` and `subcategory`, both in the tree.
void Compiler::category_of(Reader& item, std::string& into, std::string& sub_into) {
  const auto& tree = settings.tree.categories;
  const auto category = item.word("category"), subcategory = item.word("subcategory");
  const auto known = category ? tree.find(category->text) : tree.end();
  if (category && known == tree.end()) {
    std::vector<std::string> names;
    for (const auto& [name, subcategories] : tree) names.push_back(name);
    report_.error(category->mark, "unknown category '" + category->text + "'" +
                                      did_you_mean(category->text, names));
  }
  if (subcategory && !category)
    report_.error(subcategory->mark, "a subcategory needs its category beside it");
  if (subcategory && known != tree.end() &&
      std::find(known->second.begin(), known->second.end(), subcategory->text) ==
          known->second.end())
    report_.error(subcategory->mark, "category '" + category->text + "' has no subcategory '" +
                                         subcategory->text + "'" +
                                         did_you_mean(subcategory->text, known->second));
  if (category) into = category->text;
  if (subcategory) sub_into = subcategory->text;
}

void Compiler::symptom_of(Reader& item, std::string& into) {
  const auto symptom = item.word("symptom");
  if (!symptom) return;
  const auto codes = symptom_codes();
  if (std::find(codes.begin(), codes.end(), symptom->text) == codes.end())
    report_.error(symptom->mark, "a symptom is S01 to S15 or S99, not '" + symptom->text + "'");
  into = symptom->text;
}

void Compiler::rule_set(Reader& set, Rule& rule) {
  category_of(set, rule.category, rule.subcategory);
  symptom_of(set, rule.symptom);
  rule.group = refer_text(Kind::group, set.word("group"));
  rule.severity = set.choice<Severity>("severity");
  rule.event_class = set.choice<EventClass>("class");
}

void Compiler::rule_examples(Reader& item, const Rule& rule) {
  static const std::vector<std::string> expectations{
      "category", "subcategory", "symptom", "severity", "priority", "group", "class", "ci"};
  for (const auto& node : item.items("examples")) {
    Reader reader(node, "an example", report_);
    Example example;
    example.rule = rule.id;
    example.mark = node.mark;
    example.source = reader.text("source", first_source(rule));
    for (const auto& member : reader.members("labels"))
      example.labels[member.key] = member.value.text;
    for (const auto& member : reader.members("annotations"))
      example.annotations[member.key] = member.value.text;
    for (const auto& member : reader.members("expect")) {
      if (std::find(expectations.begin(), expectations.end(), member.key) == expectations.end())
        report_.error(member.mark, "unknown key '" + member.key + "' in expect" +
                                       did_you_mean(member.key, expectations));
      example.expect[member.key] = member.value.text;
    }
    reader.finish();
    if (example.labels.empty()) report_.error(node.mark, "an example has no labels");
    // Of a built-in rule they are for our tests: a user's rule may take its alerts.
    if (!defaults_) examples.push_back(std::move(example));
  }
}

}  // namespace tocsin::config
