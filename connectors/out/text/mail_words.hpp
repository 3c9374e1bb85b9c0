#pragma once
// Foreign text inside mail headers (RFC 5322, RFC 2047). Pure.

#include <string>
#include <string_view>

namespace tocsin {

// One line of printable text; as encoded words when it is not ASCII, each whole in itself, folded.
std::string mail_header_text(std::string_view utf8);

// The name before an address: like that, and quoted when it holds more than words.
std::string mail_phrase(std::string_view utf8);

// An address without anything that could end it: blanks, controls, brackets are left out.
std::string mail_address(std::string_view text);

// A bare address, as it may stand in an envelope and in a header.
bool is_mail_address(std::string_view text);

// RFC 2045: ASCII in lines of at most 76 characters, each ending in CR LF.
std::string quoted_printable(std::string_view text);

// Something that may stand before the @: other characters become '-'; never empty.
std::string mail_atom(std::string_view text);

}  // namespace tocsin
