#pragma once
// The words of a page in a mustache template: {{title}}, {{#link}}...{{/link}}. A part that has
// nothing to say is absent. Pure.

#include <string>
#include <string_view>

#include "connectors/out/text/page_text.hpp"

namespace tocsin {

enum class Escape { none, html, slack };

// `text` is one of the constants of the connectors, and is known by its address.
std::string fill_template(const char* text, const PageWords& words, Escape escape);

// & < > as Slack wants them.
std::string slack_escaped(std::string_view text);

}  // namespace tocsin
