#pragma once
// A page for programs: every field of the order by its name, and the text for people. What the
// webhook POSTs and what a program gets on its standard input. Pure.

#include <string>

#include "rules/model/page.hpp"

namespace tocsin {

std::string page_json(const SendOrder& order);

}  // namespace tocsin
