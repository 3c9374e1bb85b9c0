#pragma once
// The imported part of a tree. Internal to config/. Pure.

#include <string>

#include "config/tree.hpp"

namespace tocsin::config {

// The section as a store has it. What is said of a CI of it names the CI: lines of a text that
// nobody has written help nobody.
Slice<Member> stored_imports(const std::string& section, Report& report, TreeMemory& memory);

// The same for any thing; `name` is what it is called: "tocsin.yaml:31 (cis.db-1)".
void name_instead_of_lines(Node& node, std::string name, TreeMemory& memory);

}  // namespace tocsin::config
