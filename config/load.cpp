#include "config/load.hpp"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "config/compiler.hpp"
#include "config/csv.hpp"
#include "config/imports.hpp"
#include "config/inventory.hpp"
#include "config/load_tree.hpp"
#include "config/places.hpp"
#include "config/yaml.hpp"

namespace tocsin {
namespace config {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t file_bytes_max = 16u << 20;

// Lists of named things: every file may add some. Everything else is said in one place.
bool is_collection(std::string_view key) {
  static constexpr std::string_view keys[] = {
      "tokens",       "integrations",     "channels", "people",      "groups",
      "calendars",    "critical_periods", "cis",      "pools",       "rules",
      "syslog_rules", "maintenance",      "inhibit",  "known_errors"};
  return std::find(std::begin(keys), std::end(keys), key) != std::end(keys);
}

// What files add to the lists of the first one that has them, put behind those when all are read:
// thousands of files may add one CI each.
using Added = std::map<std::string_view, std::vector<Node>>;

// `added`: null below the top, where nothing is added to a list.
void merge(Node& into, const Node& from, Added* added, TreeMemory& memory, Report& report) {
  std::vector<Member> fresh;
  for (const Member& member : from.members) {
    const auto known = std::find_if(into.members.begin(), into.members.end(),
                                    [&](const Member& m) { return m.key == member.key; });
    if (known == into.members.end()) {
      fresh.push_back(member);
      continue;
    }
    Node& a = known->value;
    const Node& b = member.value;
    if (a.kind == Node::Kind::list && b.kind == Node::Kind::list && added &&
        is_collection(member.key)) {
      auto& items = (*added)[known->key];
      items.insert(items.end(), b.items.begin(), b.items.end());
    } else if (a.kind == Node::Kind::map && b.kind == Node::Kind::map)
      merge(a, b, nullptr, memory, report);
    else
      report.error(member.mark,
                   "'" + std::string(member.key) + "' is also given in " + to_text(known->mark));
  }
  if (!fresh.empty()) into.members = joined(into.members, {fresh, memory}, memory);
}

bool read_text(const std::string& path, std::string& out, std::string& problem) {
  std::error_code error;
  if (fs::is_directory(path, error)) return problem = "is a directory", false;
  if (fs::file_size(path, error) > file_bytes_max && !error)
    return problem = "is larger than 16 MiB", false;
  std::ifstream in(path, std::ios::binary);
  if (!in) return problem = "cannot be read", false;
  std::ostringstream all;
  all << in.rdbuf();
  out = std::move(all).str();
  return true;
}

// Files of one pattern, sorted by name. A pattern without wildcards names a file that must exist.
std::vector<std::string> expand(const std::string& pattern) {
  std::vector<std::string> out;
  glob_t found{};
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0)
    for (std::size_t i = 0; i < found.gl_pathc; ++i) out.emplace_back(found.gl_pathv[i]);
  globfree(&found);
  if (out.empty() && pattern.find_first_of("*?[") == std::string::npos) out.push_back(pattern);
  return out;
}

// The files that the main file includes, merged into it. False when one of them does not parse.
bool include(Node& root, const fs::path& folder, TreeMemory& memory, Report& report) {
  const Node* patterns = root.find("include");
  if (!patterns) return true;
  Reader reader(root, "the configuration", report);
  std::vector<std::pair<std::string, Mark>> files;
  for (const auto& word : reader.words("include"))
    for (auto& path : expand((folder / word.text).lexically_normal().string()))
      files.emplace_back(std::move(path), word.mark);
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  files.erase(std::unique(files.begin(), files.end(),
                          [](const auto& a, const auto& b) { return a.first == b.first; }),
              files.end());
  bool whole = true;
  Added added;
  for (const auto& [path, mark] : files) {
    std::string text, problem;
    if (!read_text(path, text, problem)) {
      report.error(mark, "the included file '" + path + "' " + problem);
      continue;
    }
    Parsed parsed = path.ends_with(".csv") ? parse_csv(std::move(text), path, report, memory)
                                           : parse_yaml(std::move(text), path, report, memory);
    whole = whole && !parsed.broken;
    if (parsed.root.kind != Node::Kind::map && !parsed.broken)
      report.error(parsed.root.mark,
                   "a file is a map of sections, not " + std::string(kind_name(parsed.root.kind)));
    if (const Node* nested = parsed.root.find("include")) {
      report.error(nested->mark, "only the main file includes others");
      parsed.root.members.erase_if([](const Member& m) { return m.key == "include"; });
    }
    merge(root, parsed.root, &added, memory, report);
  }
  for (Member& member : root.members)
    if (const auto more = added.find(member.key); more != added.end())
      member.value.items = joined(member.value.items, {more->second, memory}, memory);
  return whole;
}

// Which CIs were imported is for the API to say.
void refuse_imports(Node& root, Report& report) {
  const Node* section = root.find(imported_cis);
  if (!section) return;
  report.error(section->mark, std::string(imported_cis) +
                                  " is kept by the API, `tocsin ci import`; in a file, it is cis");
  root.members.erase_if([](const Member& m) { return m.key == imported_cis; });
}

}  // namespace

Loaded load_tree(Tree tree, Report report) {
  Loaded out;
  Node& root = tree.main.root;
  TreeMemory& memory = tree.memory;
  const fs::path file = tree.file;
  // Without one file of the set the others would only seem wrong.
  const bool whole = !tree.main.broken && include(root, file.parent_path(), memory, report);
  if (whole) {
    if (!tree.may_import) refuse_imports(root, report);
    root.members = joined(tree.first, root.members, memory);
    const Parsed built_in =
        parse_yaml(std::string(default_policy) + default_rules_text + default_syslog,
                   "built-in policy", report, memory);
    std::error_code error;
    const fs::path absolute = fs::absolute(file, error);
    Compiler compiler(absolute.parent_path().string(), tree.stored, report);
    compiler.read(built_in.root, root);
    const auto places = tree.places ? tree.places : places_of(root, tree.stored);
    root = {}, memory = {};  // of a large inventory a hundred megabytes, before the rest is made
    compiler.finish();
    if (report.errors.empty()) {
      compiler.settings.text = normalised(compiler);
      compiler.settings.hash = sha256_hex(compiler.settings.text);
      compiler.settings.places = places;
      out.settings = std::make_shared<const Settings>(std::move(compiler.settings));
    }
    out.body = std::move(compiler.body);
    out.examples = std::move(compiler.examples);
  }
  out.errors = std::move(report.errors);
  out.warnings = std::move(report.warnings);
  sort_diagnostics(out.errors);
  sort_diagnostics(out.warnings);
  return out;
}

}  // namespace config

Loaded load_file(const std::string& path) {
  return load_file_with(path, "");
}

Loaded load_file_with(const std::string& path, const std::string& imported) {
  std::string text, problem;
  if (!config::read_text(path, text, problem)) {
    Loaded out;
    out.errors.push_back({path, 0, 0, "the file " + problem});
    return out;
  }
  config::Report report;
  config::Tree tree;
  tree.main = config::parse_yaml(std::move(text), path, report, tree.memory);
  tree.first = config::stored_imports(imported, report, tree.memory);
  tree.file = path;
  return config::load_tree(std::move(tree), std::move(report));
}

Loaded load_text(const std::string& text, const std::string& name) {
  config::Report report;
  config::Tree tree;
  tree.main = config::parse_yaml(text, name, report, tree.memory);
  tree.file = name;
  return config::load_tree(std::move(tree), std::move(report));
}

Loaded load_stored(const std::string& text) {
  config::Report report;
  config::Tree tree;
  tree.main = config::parse_yaml(text, "stored configuration", report, tree.memory,
                                 config::stored_values_max);
  tree.file = "/stored";
  tree.stored = tree.may_import = true;
  return config::load_tree(std::move(tree), std::move(report));
}

}  // namespace tocsin
