// What stands where a CI would: the values that alerts have in common.
#include <catch2/catch.hpp>

#include "rules/correlate/group.hpp"
#include "rules/model/matcher.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

std::string group(const Settings& settings, std::vector<Pair> labels,
                  CiMatch found = CiMatch::none) {
  const std::string packed = pack(labels);
  const auto out = group_of(AlertText(packed), found, settings);
  return out ? *out : "none";
}

}  // namespace

TEST_CASE("the first rule that fits names the group") {
  Settings settings;
  settings.group_by = {{{"cluster", "namespace"}, {}, false}, {{"probe"}, {}, true}};
  CHECK(group(settings, {{"cluster", "eu"}, {"namespace", "shop"}, {"probe", "x"}}) ==
        R"({cluster="eu", namespace="shop"})");
  CHECK(group(settings, {{"cluster", "eu"}, {"probe", "x"}}) == R"({probe="x"})");
  CHECK(group(settings, {{"cluster", "eu"}}) == "none");
  CHECK(group(settings, {{"cluster", "eu"}, {"namespace", ""}}) == "none");
}

TEST_CASE("a CI that nobody declared gives way only where the rule says so") {
  Settings settings;
  settings.group_by = {{{"cluster"}, {}, false}, {{"probe"}, {}, true}};
  const std::vector<Pair> labels{{"cluster", "eu"}, {"probe", "x"}};
  CHECK(group(settings, labels, CiMatch::none) == R"({cluster="eu"})");
  CHECK(group(settings, labels, CiMatch::discovered) == R"({probe="x"})");
}

TEST_CASE("no two groups have the same name, and none is longer than it may be") {
  Settings settings;
  settings.group_by = {{{"a", "b"}, {}, false}};
  CHECK(group(settings, {{"a", "1\", b=\"2"}, {"b", "3"}}) !=
        group(settings, {{"a", "1"}, {"b", "2\", b=\"3"}}));
  CHECK(group(settings, {{"a", "\\"}, {"b", "\n"}}) == R"({a="\\", b="\n"})");
  CHECK(group(settings, {{"a", std::string(group_bytes_max, 'x')}, {"b", "3"}}) == "none");
}
