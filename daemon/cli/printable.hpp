#pragma once
// Text of other people on a terminal: nothing in it moves the cursor or starts a new line. Pure.

#include <string>
#include <string_view>

namespace tocsin::cli {

// Control characters become \n, \t or \xNN.
std::string printable(std::string_view text);
// At most `columns` characters (of UTF-8), the last one an ellipsis when something was cut.
std::string clipped(std::string_view text, std::size_t columns);
std::size_t columns_of(std::string_view text);

}  // namespace tocsin::cli
