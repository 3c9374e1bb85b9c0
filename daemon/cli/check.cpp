#include "config/load.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/map_sample.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/programs.hpp"
#include "daemon/cli/verbs.hpp"

namespace tocsin::cli {
namespace {

void write(api::JsonWriter& json, std::string_view key, const std::vector<Diagnostic>& list) {
  json.key(key).open_array();
  for (const Diagnostic& d : list) {
    json.open_object().field("file", d.file).field("line", d.line).field("column", d.column);
    json.field("message", d.message).close_object();
  }
  json.close_array();
}

std::string summary(const Loaded& loaded) {
  const Settings& s = *loaded.settings;
  const auto count = [](std::size_t n, const char* what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
  };
  return count(s.rules.size(), "rule") + ", " + count(loaded.examples.size(), "example") + ", " +
         count(s.cis.size(), "CI") + ", " + count(s.people.size(), "person") + ", " +
         count(s.channels.size(), "channel") + ", " +
         count(loaded.body.integrations.size(), "integration");
}

}  // namespace

int check(const CheckOptions& options) {
  Loaded loaded = load_file(options.config);
  Mapper mapper;
  check_programs(loaded, mapper);
  if (loaded.settings)
    for (Diagnostic& d : run_examples(loaded)) loaded.errors.push_back(std::move(d));
  const bool good = loaded.settings && loaded.errors.empty();
  if (good && !options.map.empty()) return map_sample(loaded, mapper, options);
  if (options.json) {
    std::string out;
    api::JsonWriter json(out);
    json.open_object().field("ok", good);
    write(json, "errors", loaded.errors);
    write(json, "warnings", loaded.warnings);
    json.close_object();
    print(out + "\n");
    return good ? exit_done : exit_no;
  }
  for (const Diagnostic& d : loaded.errors) print(to_text(d) + "\n");
  for (const Diagnostic& d : loaded.warnings) print("warning: " + to_text(d) + "\n");
  if (good) print(options.config + ": good; " + summary(loaded) + "\n");
  return good ? exit_done : exit_no;
}

}  // namespace tocsin::cli
