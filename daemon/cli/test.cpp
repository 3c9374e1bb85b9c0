#include <iterator>

#include "config/load.hpp"
#include "config/user_tests.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/programs.hpp"
#include "daemon/cli/user_test.hpp"
#include "daemon/cli/verbs.hpp"

namespace tocsin::cli {
namespace {

std::string counted(std::size_t n, const char* what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

void write(api::JsonWriter& json, std::string_view key, const std::vector<Diagnostic>& list) {
  json.key(key).open_array();
  for (const Diagnostic& d : list) {
    json.open_object().field("file", d.file).field("line", d.line).field("column", d.column);
    json.field("message", d.message).close_object();
  }
  json.close_array();
}

// Why nothing could be played.
int cannot(const std::vector<Diagnostic>& errors, bool json) {
  if (json) {
    std::string out;
    api::JsonWriter writer(out);
    writer.open_object().field("ok", false);
    write(writer, "errors", errors);
    writer.key("tests").open_array().close_array().close_object();
    print(out + "\n");
  } else {
    for (const Diagnostic& d : errors) print(printable(to_text(d)) + "\n");
  }
  return exit_usage;
}

void in_words(const UserTest& test, const TestResult& result, bool verbose) {
  if (verbose) {
    print(printable(test.name) + "\n");
    for (const std::string& line : result.story) print("  " + printable(line) + "\n");
  }
  for (const Diagnostic& d : result.failures)
    print(printable(d.file + ":" + std::to_string(d.line) + ": " + test.name + ": " + d.message) +
          "\n");
}

void in_json(api::JsonWriter& json, const UserTest& test, const TestResult& result, bool verbose) {
  json.open_object().field("file", *test.mark.file).field("line", test.mark.line);
  json.field("name", test.name).field("ok", result.failures.empty());
  json.field("checks", result.checks);
  write(json, "failures", result.failures);
  if (verbose) {
    json.key("story").open_array();
    for (const std::string& line : result.story) json.value(line);
    json.close_array();
  }
  json.close_object();
}

}  // namespace

int test(const TestOptions& options) {
  Loaded config = load_file(options.config);
  Mapper mapper;
  check_programs(config, mapper);
  std::vector<Diagnostic> errors = config.errors;
  std::vector<UserTest> tests;
  for (const std::string& path : options.files) {
    UserTests file = load_user_tests(path);
    errors.insert(errors.end(), file.errors.begin(), file.errors.end());
    tests.insert(tests.end(), std::make_move_iterator(file.tests.begin()),
                 std::make_move_iterator(file.tests.end()));
  }
  if (!errors.empty() || !config.settings) return cannot(errors, options.json);

  std::size_t failed = 0, failures = 0, checks = 0;
  std::string text;
  api::JsonWriter json(text);
  json.open_object().key("tests").open_array();
  for (const UserTest& test : tests) {
    const TestResult result = play(test, config, mapper);
    failed += !result.failures.empty(), failures += result.failures.size();
    checks += result.checks;
    options.json ? in_json(json, test, result, options.verbose)
                 : in_words(test, result, options.verbose);
  }
  json.close_array().field("ok", failed == 0).close_object();
  if (options.json)
    print(text + "\n");
  else if (failed)
    print(std::to_string(failed) + " of " + counted(tests.size(), "test") + " failed: " +
          counted(failures, "expectation") + " of " + std::to_string(checks) + " not met\n");
  else
    print(counted(tests.size(), "test") + " good, " + counted(checks, "expectation") + " met\n");
  return failed ? exit_no : exit_done;
}

}  // namespace tocsin::cli
