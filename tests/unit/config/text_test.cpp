// Durations, matchers and suggestions.

#include "config/text.hpp"

#include <re2/re2.h>

#include <catch2/catch.hpp>

#include "rules/model/matcher.hpp"

using namespace tocsin;
using namespace tocsin::config;

TEST_CASE("durations that are understood, and how we write them") {
  const struct {
    const char* text;
    std::int64_t ms;
    const char* written;
  } table[] = {
      {"0", 0, "0s"},
      {"0s", 0, "0s"},
      {"90s", 90'000, "1m30s"},
      {"4h", 14'400'000, "4h"},
      {"1h30m", 5'400'000, "1h30m"},
      {"2d", 172'800'000, "2d"},
      {"48h", 172'800'000, "2d"},
      {"1w", 604'800'000, "1w"},
      {"120h", 432'000'000, "5d"},
      {"250ms", 250, "250ms"},
      {"1m500ms", 60'500, "1m500ms"},
      {"1y", 31'536'000'000, "1y"},
  };
  for (const auto& row : table) {
    INFO(row.text);
    const auto span = parse_duration(row.text);
    REQUIRE(span);
    CHECK(span->ms == row.ms);
    CHECK(duration_text(*span) == row.written);
    CHECK(parse_duration(duration_text(*span)) == span);
  }
}

TEST_CASE("durations that are none") {
  for (const char* text : {"", "5", "s", "1.5h", "-5m", "5 m", "5m ", "30m1h", "5m5m", "2bd", "1M",
                           "99999999999999999999s", "200y", "0x5s", "1h-5m"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("matchers and their one spelling") {
  const struct {
    const char* text;
    const char* written;  // several joined by " & "
  } table[] = {
      {R"(severity="critical")", R"(severity="critical")"},
      {R"( severity = "critical" )", R"(severity="critical")"},
      {R"({a="b", c!="d",})", R"(a="b" & c!="d")"},
      {R"(service=~"pay|shop")", R"(service=~"pay|shop")"},
      {R"(instance=~"db-pay-01(:\d+)?")", R"(instance=~"db-pay-01(:\\d+)?")"},
      {R"(instance=~"db-pay-01(:\\d+)?")", R"(instance=~"db-pay-01(:\\d+)?")"},
      {R"("service.name"="x")", R"("service.name"="x")"},
      {R"("größe"!~"gr.*")", R"("größe"!~"gr.*")"},
      {R"("plain"="x")", R"(plain="x")"},
      {R"(a="with \"quotes\" and \n")", R"(a="with \"quotes\" and \n")"},
      {R"(severity=critical)", R"(severity="critical")"},
      {R"(a="")", R"(a="")"},
  };
  for (const auto& row : table) {
    INFO(row.text);
    std::string error, written;
    const auto matchers = parse_matchers(row.text, error);
    CHECK(error.empty());
    for (const auto& m : matchers) {
      written += (written.empty() ? "" : " & ") + matcher_text(m);
      std::string again_error;
      const auto again = parse_matchers(matcher_text(m), again_error);
      REQUIRE(again.size() == 1);
      CHECK(again[0].label == m.label);
      CHECK(again[0].value == m.value);
    }
    CHECK(written == row.written);
  }
}

TEST_CASE("matchers that are none") {
  const struct {
    const char* text;
    const char* message;
  } table[] = {
      {"", "no matcher in it"},
      {"a", "expected =, !=, =~ or !~ after 'a'"},
      {"a=\"b", "a quote is not closed"},
      {"1a=\"b\"", "expected the name of a label"},
      {"{a=\"b\"", "the closing brace is missing"},
      {"a=\"b\" c=\"d\"", "unexpected 'c=\"d\"'"},
      {"a=~\"(\"", "bad regular expression: missing ): ("},
      {"a=~\"(?=x)\"", "bad regular expression: invalid perl operator: (?="},
      {"\"\"=\"b\"", "a label has a name"},
  };
  for (const auto& row : table) {
    INFO(row.text);
    std::string error;
    const auto matchers = parse_matchers(row.text, error);
    CHECK(matchers.empty());
    CHECK(error.find(row.message) != std::string::npos);
  }
}

TEST_CASE("what a matcher takes") {
  std::string bytes;
  pack_alert(bytes, {{"instance", "db-pay-01:9187"}, {"severity", "critical"}}, {}, "");
  const AlertText text(bytes);
  const struct {
    const char* matcher;
    bool taken;
  } table[] = {
      {R"(severity="critical")", true},
      {R"(severity!="critical")", false},
      {R"(instance=~"db-pay-01(:\d+)?")", true},
      {R"(instance=~"db-pay")", false},
      {R"(instance!~"web.*")", true},
      {R"(absent="")", true},
      {R"(absent!="")", false},
      {R"(absent=~".*")", true},
      {R"(absent=~".+")", false},
      {R"(severity="critical", absent="x")", false},
  };
  for (const auto& row : table) {
    INFO(row.matcher);
    std::string error;
    CHECK(matches_all(parse_matchers(row.matcher, error), text) == row.taken);
  }
}

TEST_CASE("suggestions") {
  const std::vector<std::string> keys{"people", "groups", "channels", "catch_all", "http"};
  CHECK(nearest("poeple", keys) == "people");
  CHECK(nearest("chanels", keys) == "channels");
  CHECK(nearest("catchall", keys) == "catch_all");
  CHECK(nearest("htp", keys) == "http");
  CHECK(nearest("schedules", keys).empty());
  CHECK(nearest("x", keys).empty());
  CHECK(did_you_mean("group", keys) == ", did you mean 'groups'?");
}
