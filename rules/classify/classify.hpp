#pragma once
// Category, subcategory, symptom and owner of an alert (CAT-1). Every answer names the rule it came
// from.

#include <cstdint>
#include <string>
#include <string_view>

#include "rules/model/command.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

struct Verdict {
  std::string_view category = "unknown", subcategory = "uncategorized", symptom = "S99";
  std::string_view rule = "m999";
  std::string_view group;  // owner; never empty when any group exists
  std::string_view ci_class, service, environment;
  std::string_view runbook, summary, name;
};

// 1. valid labels of the source, 2. the first matching rule, 3. the default of the CI class, 4.
// that of the facility of syslog, 5. unknown.
Verdict classify(const Prepared& alert, const Settings& settings);

// "unavailable on db-pay-01: Postgres is down", at most 160 bytes, whole characters.
std::string title_of(const Verdict& verdict, std::string_view ci);

std::string_view symptom_word(std::string_view code);  // S01 -> "unavailable"
bool is_forecast(std::string_view symptom);            // nothing is broken yet
// At most `bytes` of `text`, never cutting a UTF-8 character.
std::string_view shorten(std::string_view text, std::size_t bytes);

}  // namespace tocsin
