#include "config/inventory.hpp"

#include <algorithm>

#include "config/csv.hpp"
#include "config/imports.hpp"
#include "config/load_tree.hpp"
#include "config/places.hpp"
#include "config/text.hpp"
#include "config/yaml.hpp"

namespace tocsin {
namespace config {
namespace {

void mark_all(Node& node, const Spot& mark) {
  node.mark = mark;
  for (Node& item : node.items) mark_all(item, mark);
  for (Member& member : node.members) {
    member.mark = mark;
    mark_all(member.value, mark);
  }
}

// The CIs of a body, as the section that they become. Reports what else is in it.
Member given_cis(const std::string& body, InventoryForm form, Report& report, TreeMemory& memory) {
  Parsed given = form == InventoryForm::table ? parse_csv(body, import_name, report, memory)
                                              : parse_yaml(body, import_name, report, memory);
  Member out{imported_cis, given.root.mark, {}};
  bool listed = false;
  for (Member& member : given.root.members) {
    if (member.key != "cis")
      report.error(member.mark, "an inventory has cis, and no '" + std::string(member.key) + "'");
    else if (member.value.kind != Node::Kind::list)
      report.error(member.value.mark,
                   "cis is a list of CIs, not " + std::string(kind_name(member.value.kind)));
    else
      listed = true, out.value = member.value;
  }
  // So that nothing at all, by mistake, does not take all of them away.
  if (!listed && report.errors.empty())
    report.error(given.root.mark, "an inventory is a map with cis, which may be empty: []");
  return out;
}

}  // namespace

void name_instead_of_lines(Node& node, std::string name, TreeMemory& memory) {
  mark_all(node, {memory.keep_name(std::move(name)), 0, 0});
}

Slice<Member> stored_imports(const std::string& section, Report& report, TreeMemory& memory) {
  const Parsed parsed = parse_yaml(section, imported_name, report, memory, stored_values_max);
  for (Member& member : parsed.root.members)
    for (Node& ci : member.value.items) {
      const auto id = name_of(ci);
      std::string name = imported_name;
      if (id) name.append(" (").append(*id).append(")");
      name_instead_of_lines(ci, std::move(name), memory);
    }
  return parsed.root.members;
}

}  // namespace config

namespace {

std::vector<const Ci*> imported_of(const Settings& settings) {
  std::vector<const Ci*> out;
  for (const Ci& ci : settings.cis)
    if (ci.imported) out.push_back(&ci);
  return out;
}

std::string texts(const std::vector<Matcher>& matchers) {
  std::string out;
  for (const Matcher& m : matchers) out += config::matcher_text(m) + "\n";
  return out;
}

std::vector<std::string> changed_keys(const Ci& a, const Ci& b) {
  std::vector<std::string> out;
  const auto look = [&](const char* key, bool same) {
    if (!same) out.emplace_back(key);
  };
  look("class", a.ci_class == b.ci_class);
  look("criticality", a.criticality == b.criticality);
  look("users", a.users == b.users);
  look("group", a.group == b.group);
  look("aliases", a.aliases == b.aliases);
  look("supports", a.supports == b.supports);
  look("depends_on", a.depends_on == b.depends_on);
  look("soft_depends_on", a.soft_depends_on == b.soft_depends_on);
  look("pool", a.pool == b.pool);
  look("site", a.site == b.site);
  look("hours", a.hours == b.hours);
  look("match", texts(a.match) == texts(b.match));
  look("environment", a.environment == b.environment);
  return out;
}

}  // namespace

std::string imported_section(std::string_view text) {
  // Line ends are escaped in a normal text: nothing else can begin a line so.
  const std::string head = std::string("\n") + config::imported_cis + ":";
  const std::size_t found = text.find(head);
  if (found == text.npos) return {};
  const std::size_t begin = found + 1;
  std::size_t end = text.find('\n', begin);
  while (end != text.npos && text.substr(end + 1).starts_with("- ")) end = text.find('\n', end + 1);
  return std::string(text.substr(begin, end == text.npos ? end : end + 1 - begin));
}

// What is in force is read from its own text: what was changed in the files meanwhile waits for its
// reload.
Loaded import_cis(const Settings& in_force, const std::string& body, InventoryForm form) {
  using namespace config;
  Report report;
  Tree tree;
  TreeMemory& memory = tree.memory;
  const Member given = given_cis(body, form, report, memory);
  if (!report.errors.empty()) {
    Loaded out;
    out.errors = std::move(report.errors);
    sort_diagnostics(out.errors);
    return out;
  }
  tree.file = "/stored";
  tree.may_import = true;
  tree.main =
      parse_yaml(in_force.text, "the configuration in force", report, memory, stored_values_max);
  auto& sections = tree.main.root.members;
  sections.erase_if([](const Member& m) { return m.key == imported_cis; });
  auto places =
      in_force.places ? std::make_shared<Places>(*in_force.places) : std::make_shared<Places>();
  places->forget(imported_name);
  for (Member& section : sections)
    for (Node& thing : section.value.items)
      if (const auto name = name_of(thing)) {
        const std::string key = std::string(section.key) + "." + std::string(*name);
        name_instead_of_lines(thing, to_text(places->of(key)), memory);
      }
  add_imported(*places, given.value);
  places->sort();
  tree.places = std::move(places);
  sections = joined(sections, {&given, 1, memory},
                    memory);  // last: of two with one name it is the mistake
  return load_tree(std::move(tree), std::move(report));
}

InventoryDiff compare_imported(const Settings& before, const Settings& after) {
  const auto was = imported_of(before), is = imported_of(after);
  InventoryDiff out;
  for (auto a = was.begin(), b = is.begin(); a != was.end() || b != is.end();) {
    if (b == is.end() || (a != was.end() && (*a)->id < (*b)->id)) {
      out.removed.push_back((*a++)->id);
    } else if (a == was.end() || (*b)->id < (*a)->id) {
      out.added.push_back((*b++)->id);
    } else {
      auto keys = changed_keys(**a, **b);
      if (keys.empty())
        ++out.unchanged;
      else
        out.changed.push_back({(*a)->id, std::move(keys)});
      ++a, ++b;
    }
  }
  return out;
}

}  // namespace tocsin
