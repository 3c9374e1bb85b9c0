#pragma once
// What an incident is about, as people see it (CAT-4, CAT-5). Alerts go on joining by what it was
// opened as: whoever corrects the record does not change what machines say.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rules/model/facts.hpp"

namespace tocsin {

Answer categorize(const Deciding& d, const CategorizeIncident& c);

// "storage/filesystem" as the tree has it; nothing: there is none of that name.
std::optional<std::pair<std::string_view, std::string_view>> category_in(const Settings& settings,
                                                                         std::string_view text);
// At closing: whether what was said of it is counted; a store that does not count it yet is raised.
bool begins_review(const Deciding& d, const IncidentRow& row);
// Writes it down, in the name of a person who may say so.
void say_category(const Deciding& d, IncidentNumber n,
                  const std::pair<std::string_view, std::string_view>& category,
                  const std::string& by, const std::string& reason);

}  // namespace tocsin
