#pragma once
// The YAML that programs and most people write, read some ten times faster than the library does
// it: maps and lists in blocks or in brackets, JSON among them, of scalars that begin and end in
// one line. What is anything else, or wrong, is left to the library as a whole, and so nothing has
// two meanings. Pure.

#include <optional>
#include <string_view>

#include "config/tree.hpp"

namespace tocsin::config {

// Nothing: ask the library. The tree points into `text`, which has to live as long.
std::optional<Node> parse_plain_yaml(std::string_view text,
                                     const std::shared_ptr<const std::string>* file,
                                     TreeMemory& memory, std::size_t values_max);

}  // namespace tocsin::config
