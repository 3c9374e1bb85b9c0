#pragma once
// Facts as text: for scenarios, for `tocsin journal dump`, for people.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/model/codec.hpp"

namespace tocsin {

// "IncidentAcknowledged incident=INC0000001 by=bob via=cli". Strings are quoted where they need it.
std::string to_text(const FactView& fact);
// A header line and one line per fact; says where the bytes stop making sense.
std::string to_text(std::string_view payload);
// Name and printed value of every field.
std::vector<std::pair<std::string, std::string>> fields_of(const FactView& fact);
std::string_view fact_name(std::uint16_t tag);  // empty for an unknown tag

}  // namespace tocsin
