#include "config/load.hpp"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/compiler.hpp"
#include "config/csv.hpp"
#include "config/imports.hpp"
#include "config/inventory.hpp"
#include "config/load_tree.hpp"
#include "config/places.hpp"

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

void merge(Node& into, Node from, bool top, Report& report) {
  for (auto& member : from.members) {
    const auto known = std::find_if(into.members.begin(), into.members.end(),
                                    [&](const Member& m) { return m.key == member.key; });
    if (known == into.members.end()) {
      into.members.push_back(std::move(member));
      continue;
    }
    Node& a = known->value;
    Node& b = member.value;
    if (a.kind == Node::Kind::list && b.kind == Node::Kind::list && top &&
        is_collection(member.key))
      a.items.insert(a.items.end(), b.items.begin(), b.items.end());
    else if (a.kind == Node::Kind::map && b.kind == Node::Kind::map)
      merge(a, std::move(b), false, report);
    else
      report.error(member.mark, "'" + member.key + "' is also given in " + to_text(known->mark));
  }
}

bool read_text(const std::string& path, std::string& out, std::string& problem) {
  std::error_code error;
  if (fs::is_directory(path, error)) return problem = "is a directory", false;
  if (fs::file_size(path, error) > file_bytes_max && !error)
    return problem = "is larger than 16 MiB", false;
  std::ifstream in(path, std::ios::binary);
  if (!in) return problem = "cannot be read", false;
  out.assign(std::istreambuf_iterator<char>(in), {});
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
bool include(Node& root, const fs::path& folder, Report& report) {
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
  for (const auto& [path, mark] : files) {
    std::string text, problem;
    if (!read_text(path, text, problem)) {
      report.error(mark, "the included file '" + path + "' " + problem);
      continue;
    }
    Parsed parsed =
        path.ends_with(".csv") ? parse_csv(text, path, report) : parse_yaml(text, path, report);
    whole = whole && !parsed.broken;
    if (parsed.root.kind != Node::Kind::map && !parsed.broken)
      report.error(parsed.root.mark,
                   "a file is a map of sections, not " + std::string(kind_name(parsed.root.kind)));
    if (const Node* nested = parsed.root.find("include")) {
      report.error(nested->mark, "only the main file includes others");
      std::erase_if(parsed.root.members, [](const Member& m) { return m.key == "include"; });
    }
    merge(root, std::move(parsed.root), true, report);
  }
  return whole;
}

// Which CIs were imported is for the API to say.
void refuse_imports(Node& root, Report& report) {
  const Node* section = root.find(imported_cis);
  if (!section) return;
  report.error(section->mark, std::string(imported_cis) +
                                  " is kept by the API, `tocsin ci import`; in a file, it is cis");
  std::erase_if(root.members, [](const Member& m) { return m.key == imported_cis; });
}

}  // namespace

Loaded load_tree(Tree tree, Report report) {
  Loaded out;
  Node& root = tree.main.root;
  const fs::path file = tree.file;
  // Without one file of the set the others would only seem wrong.
  const bool whole = !tree.main.broken && include(root, file.parent_path(), report);
  if (whole) {
    if (!tree.may_import) refuse_imports(root, report);
    root.members.insert(root.members.begin(), std::make_move_iterator(tree.first.begin()),
                        std::make_move_iterator(tree.first.end()));
    const Parsed built_in =
        parse_yaml(std::string(default_policy) + default_rules_text + default_syslog,
                   "built-in policy", report);
    std::error_code error;
    const fs::path absolute = fs::absolute(file, error);
    Compiler compiler(absolute.parent_path().string(), tree.stored, report);
    compiler.read(built_in.root, root);
    const auto places = tree.places ? tree.places : places_of(root, tree.stored);
    root = {};  // of a large inventory hundreds of megabytes, before the rest is made
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
  auto main = config::parse_yaml(text, path, report);
  auto first = config::stored_imports(imported, report);
  return config::load_tree({std::move(main), path, false, false, std::move(first)},
                           std::move(report));
}

Loaded load_text(const std::string& text, const std::string& name) {
  config::Report report;
  auto main = config::parse_yaml(text, name, report);
  return config::load_tree({std::move(main), name}, std::move(report));
}

Loaded load_stored(const std::string& text) {
  config::Report report;
  auto main = config::parse_yaml(text, "stored configuration", report, config::stored_values_max);
  return config::load_tree({std::move(main), "/stored", true, true}, std::move(report));
}

}  // namespace tocsin
