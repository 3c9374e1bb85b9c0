#pragma once
// What a person reads when paged: plain text, at most 600 characters, what matters first (ESC-12).
// One text for every channel that shows text. Pure.

#include <string>
#include <string_view>

#include "rules/model/page.hpp"

namespace tocsin {

inline constexpr std::size_t page_text_characters = 600;

// Priority, number, title; CI and service; since when; response due; runbook; link. A recall, an
// information and every special reason say so in the first words. Lines end in "\n".
std::string page_text(const SendOrder& order);

// One line for a whole cycle of an incident, the same in every message, so that mail programs keep
// them together: "[INC0000012] unavailable on db-pay-01"; from the second cycle on
// "[INC0000012/2]".
std::string subject_of(const SendOrder& order);

std::size_t characters(std::string_view utf8);
std::string_view first_characters(std::string_view utf8, std::size_t count);

}  // namespace tocsin
