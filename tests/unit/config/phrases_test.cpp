// What people say of each symptom, and how long requests are kept.
#include <catch2/catch.hpp>

#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

const std::string company = "people: [{id: bob, email: bob@example.org}]\n";

std::string errors_of(const std::string& text) {
  return lines(load_text(company + text, "t.yaml").errors);
}

}  // namespace

TEST_CASE("phrases: read in lower case, in their order, and written back") {
  const auto loaded = load_text(company + R"(
phrases:
  - {symptom: S09, words: ["Report did not come", "no report"]}
  - {symptom: S99, words: "printer"}
store: {retention: {requests: 48h}}
)",
                                "t.yaml");
  INFO(lines(loaded.errors));
  REQUIRE(loaded.settings);
  const Settings& s = *loaded.settings;
  REQUIRE(s.phrases.size() == 3);
  CHECK(s.phrases[0] == Phrase{"S09", "report did not come"});
  CHECK(s.phrases[2] == Phrase{"S99", "printer"});
  CHECK(s.keep_requests == hours(48));
  const auto again = load_stored(s.text);
  REQUIRE(again.settings);
  CHECK(again.settings->text == s.text);
  CHECK(again.settings->phrases == s.phrases);
  CHECK(again.settings->keep_requests == hours(48));
}

TEST_CASE("phrases: what is wrong is said") {
  CHECK(errors_of("phrases: [{symptom: S77, words: [slow]}]\n")
            .find("a symptom is S01 to S15 or S99, not 'S77'") != std::string::npos);
  CHECK(errors_of("phrases: [{words: [slow]}]\n").find("symptom") != std::string::npos);
  CHECK(errors_of("phrases: [{symptom: S02}]\n").find("a phrase has words") != std::string::npos);
  CHECK(errors_of("phrases: [{symptom: S02, words: [\"\"]}]\n").find("1 to 64 bytes") !=
        std::string::npos);
  CHECK(errors_of("phrases: [{symptom: S02, word: slow}]\n").find("unknown key 'word'") !=
        std::string::npos);
  CHECK(errors_of("store: {retention: {requests: 1m}}\n").find("kept for an hour at least") !=
        std::string::npos);
}

TEST_CASE("the source of reports is no integration") {
  CHECK(errors_of("integrations: [{name: report, source: generic}]\n")
            .find("'report' is the source of what people report") != std::string::npos);
}
