#pragma once
// Foreign text inside mail headers (RFC 5322, RFC 2047). Pure.

#include <string>
#include <string_view>

namespace tocsin {

// One line of printable text; as encoded words when it is not ASCII, each whole in itself, folded.
std::string mail_header_text(std::string_view utf8);

// Something that may stand before the @: other characters become '-'; never empty.
std::string mail_atom(std::string_view text);

}  // namespace tocsin
