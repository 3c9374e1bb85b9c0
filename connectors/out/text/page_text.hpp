#pragma once
// What a person reads when paged, what matters first (ESC-12): for a phone, at 3 in the morning.
// One wording for every channel that shows text. Pure.
//
// The ladder of a text that is too long for its channel: words are cut first, then what explains
// goes, and the last rung is one plain line of 140 bytes. A link is whole or absent.

#include <string>
#include <string_view>

#include "rules/model/page.hpp"

namespace tocsin {

inline constexpr std::size_t page_text_characters = 600;
inline constexpr std::size_t short_text_bytes = 140;

// The parts of a page, ready to show: printable, one line each, empty when there is nothing to say;
// together at most 600 characters.
struct PageWords {
  std::string lead;  // "Resolved, nothing to do: ", or nothing for a plain page
  std::string priority, number, title, summary;
  std::string ci, service, impact;
  std::string since, response_due, resolution_due;  // in the reader's time zone, which is named
  std::string owner, known_error, runbook, link;
};
PageWords page_words(const SendOrder& order);
// "INC0000012"; empty for a page that no incident is behind.
std::string number_of(const SendOrder& order);

// Priority, number, title; CI and service; impact; since when; response due; known error and what
// helps; runbook; link. A
// recall, an information and every special reason say so in the first words. Lines end in "\n".
std::string page_text(const SendOrder& order);

// The longest rung of the ladder that has at most `bytes` bytes, 140 at least.
std::string page_text_within(const SendOrder& order, std::size_t bytes);
// The last rung: priority, number and title on one line without an end.
std::string short_text(const SendOrder& order);

// One line for a whole cycle of an incident, the same in every message, so that mail programs keep
// them together: "[INC0000012] unavailable on db-pay-01"; from the second cycle on
// "[INC0000012/2]".
std::string subject_of(const SendOrder& order);

// A link of foreign origin that may be made clickable.
bool is_web_link(std::string_view text);

std::size_t characters(std::string_view utf8);
std::string_view first_characters(std::string_view utf8, std::size_t count);

}  // namespace tocsin
