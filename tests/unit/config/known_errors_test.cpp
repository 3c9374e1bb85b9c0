// Known errors, and what not everybody may read: read whole, written back, and what they weigh.
#include "rules/model/known_error.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "config/load.hpp"
#include "rules/classify/assess.hpp"
#include "rules/model/matcher.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

std::shared_ptr<const Settings> good(const std::string& text) {
  const bool people = text.find("people:") != std::string::npos;
  const Loaded loaded = load_text((people ? "" : "people: [{id: bob}]\n") + text, "t.yaml");
  INFO(lines(loaded.errors));
  REQUIRE(loaded.settings);
  return loaded.settings;
}

std::string packed(const std::vector<Pair>& labels) {
  std::string out;
  pack_alert(out, labels, {}, "");
  return out;
}

}  // namespace

TEST_CASE("what is wrong with a known error is said with its place") {
  const auto errors = [](const std::string& text) {
    return lines(load_text("known_errors:\n" + text, "t.yaml").errors);
  };
  CHECK(errors("  - {id: KE1, match: ['a=\"b\"']}\n") ==
        "t.yaml:2:5: a known error has no workaround\n");
  CHECK(errors("  - {id: KE1, workaround: w}\n") ==
        "t.yaml:2:5: a known error has a match that not everything fits\n");
  CHECK(errors("  - {id: KE1, workaround: w, match: ['a=~\".*\"']}\n") ==
        "t.yaml:2:37: a known error has a match that not everything fits\n");
  CHECK(errors("  - {id: KE1, workaround: w, match: ['a=\"b\"'], automatic: true}\n") ==
        "t.yaml:2:48: unknown key 'automatic' in a known error, did you mean 'automated'?\n");
  CHECK(errors("  - {id: KE1, workaround: " + std::string(513, 'w') + ", match: ['a=\"b\"']}\n") ==
        "t.yaml:2:27: workaround has at most 512 bytes\n");
  CHECK(errors("  - {id: KE1, workaround: w, match: ['a=\"b\"']}\n"
               "  - {id: KE1, workaround: w, match: ['a=\"b\"']}\n") ==
        "t.yaml:3:10: known error 'KE1' stands twice, first in t.yaml:2\n");
  CHECK(lines(load_text("dispositions: {restricted_subcategories: [malwar]}", "t.yaml").errors) ==
        "t.yaml:1:43: unknown subcategory 'malwar', did you mean 'malware'?\n");
  CHECK(lines(load_text("dispositions: {restricted_readers: [sec]}", "t.yaml").errors) ==
        "t.yaml:1:37: unknown group 'sec'\n");
}

TEST_CASE("what is known and what is restricted is read back from the stored text") {
  const auto settings = good(R"(
people: [{id: bob}]
groups: [{id: sec, members: [bob]}]
known_errors:
  - {id: KE2, match: ['a=~"b.*"', 'c!="d"'], workaround: "say \"please\"", automated: true}
  - {id: KE1, match: ['a="b"'], workaround: twice}
dispositions: {restricted_subcategories: [power, malware], restricted_readers: [sec]}
)");
  const auto again = load_stored(settings->text).settings;
  REQUIRE(again);
  CHECK(again->text == settings->text);
  REQUIRE(again->known_errors.size() == 2);
  CHECK(again->known_errors[1].id == "KE2");
  CHECK(again->known_errors[1].workaround == "say \"please\"");
  CHECK(again->known_errors[1].automated);
  CHECK(again->restricted("power"));
  CHECK_FALSE(again->restricted("brute_force"));
  CHECK(again->restricted_readers == std::vector<std::string>{"sec"});

  const auto plain = good("people: [{id: bob}]");
  for (const char* one :
       {"malware", "unauthorized_access", "brute_force", "data_exposure", "policy_violation"})
    CHECK(plain->restricted(one));
  for (const char* one : {"certificate", "vulnerability", "ddos", ""})
    CHECK_FALSE(plain->restricted(one));
  const auto none = good("dispositions: {restricted_subcategories: []}");
  CHECK_FALSE(load_stored(none->text).settings->restricted("malware"));
}

TEST_CASE("the first known error by its id that fits is the one, as a plain search finds it") {
  std::mt19937 random(11);
  const auto word = [&](const char* prefix, unsigned n) {
    return prefix + std::to_string(random() % n);
  };
  std::string text = "known_errors:\n";
  for (int i = 0; i < 300; ++i) {
    const std::string a =
        random() % 2 ? "a=\"" + word("a", 40) + "\"" : "a=~\"" + word("a", 4) + ".*\"";
    const std::string b =
        random() % 2 ? "b!=\"" + word("b", 3) + "\"" : "b=\"" + word("b", 3) + "\"";
    text += "  - {id: KE" + std::to_string(1000 + i) + ", workaround: w, match: ['" + a + "', '" +
            b + "']}\n";
  }
  const auto settings = good(text);
  std::size_t found = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string a = word("a", 60), b = word("b", 4);
    const std::string bytes = packed({{"a", a}, {"b", b}});
    const KnownError* first = nullptr;
    for (const KnownError& error : settings->known_errors)
      if (!first && matches_all(error.match, AlertText(bytes))) first = &error;
    CHECK(known_error_of(*settings, AlertText(bytes)) == first);
    found += first != nullptr;
  }
  CHECK(found > 500);
  CHECK(known_error_of(*good("people: [{id: bob}]"), AlertText(packed({{"a", "a1"}}))) == nullptr);
}

TEST_CASE("exposed data weighs at least 2 wherever it was, an automated workaround one less") {
  const auto settings = good(R"(
cis:
  - {id: wiki, class: service, criticality: low, users: 150}
  - {id: toy, class: host, environment: dev, criticality: low}
  - {id: pay, class: service, criticality: mission_critical, users: 12000}
)");
  const auto of = [&](std::string_view ci, bool exposed, std::string_view eased = {}) {
    return assess({ci, "S10", Severity::warning, {}, Wall{}, exposed, eased}, *settings);
  };
  CHECK(of("wiki", false).impact == 4);
  CHECK(of("wiki", true).impact == 2);
  CHECK(of("wiki", true).priority == Priority::P3);
  CHECK(of("toy", true).impact == 2);
  CHECK(of("nowhere", true).impact == 2);
  CHECK(of("", true).impact == 2);
  CHECK(of("pay", true).impact == 1);
  CHECK(of("pay", false, "KE1").urgency == of("pay", false).urgency + 1);
  CHECK(of("toy", false, "KE1").urgency == 4);  // no further than the last level
  CHECK(of("pay", false, "KE1").reason.find("known error KE1 has an automated workaround +1") !=
        std::string::npos);
}
