#pragma once
// Foreign text inside our own sentences: short, one line, no control characters.

#include <string>
#include <string_view>

namespace tocsin {

// The longest part of at most `bytes` bytes that does not cut a character. `text` is UTF-8.
std::string_view cut_utf8(std::string_view text, std::size_t bytes);

// Control characters, and those that turn the direction of text, become spaces; what was longer
// than `bytes` ends in "...".
std::string printable(std::string_view text, std::size_t bytes);

// It begins as a page of the web does.
bool is_html(std::string_view body);

}  // namespace tocsin
