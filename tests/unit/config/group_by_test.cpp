// What alerts have in common that are about no CI, as people write it down.
#include <catch2/catch.hpp>

#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

auto with(const std::string& rules) {
  return load_text(
      "people: [{id: bob, email: bob@example.org}]\ncorrelation:\n  group_by: " + rules + "\n",
      "t.yaml");
}
std::string errors_of(const std::string& rules) {
  return lines(with(rules).errors);
}

}  // namespace

TEST_CASE("group_by: rules are read in their order and written back") {
  const auto loaded = with(
      "[{labels: [cluster, namespace], match: ['team!=\"x\"']}, {labels: probe, discovered: "
      "true}]");
  INFO(lines(loaded.errors));
  REQUIRE(loaded.settings);
  const auto& rules = loaded.settings->group_by;
  REQUIRE(rules.size() == 2);
  CHECK(rules[0].labels == std::vector<std::string>{"cluster", "namespace"});
  CHECK(rules[0].match.size() == 1);
  CHECK_FALSE(rules[0].discovered);
  CHECK(rules[1].labels == std::vector<std::string>{"probe"});
  CHECK(rules[1].discovered);
  const std::string text = loaded.settings->text;
  CHECK(text.find("group_by: [{labels: [\"cluster\", \"namespace\"], match: ") !=
        std::string::npos);
  const auto again = load_text(text, "again.yaml");
  REQUIRE(again.settings);
  CHECK(again.settings->hash == loaded.settings->hash);
  CHECK(with("[]").settings->text.find("group_by") == std::string::npos);
}

TEST_CASE("group_by: mistakes and their places") {
  CHECK(errors_of("[{match: ['a=\"b\"']}]") ==
        "t.yaml:3:14: labels names those whose values are the same\n");
  CHECK(errors_of("[{labels: [a, b, a]}]") == "t.yaml:3:30: label a is named twice\n");
  CHECK(errors_of("[{labels: [a, b, c, d, e, f, g, h, i]}]") ==
        "t.yaml:3:23: labels has at most 8 of them\n");
  CHECK(errors_of("[{labels: [a], lables: b}]").find("lables") != std::string::npos);
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += (i ? ", {labels: l" : "{labels: l") + std::to_string(i) + "}";
  CHECK(errors_of("[" + many + "]") == "t.yaml:3:13: group_by has at most 64 rules\n");
}
