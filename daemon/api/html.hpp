#pragma once
// The few pages for browsers: no script, nothing that acts, light and dark, readable on a phone.

#include <string>
#include <string_view>

namespace tocsin::api {

std::string escape(std::string_view text);
// Everything up to and including <body>; reloads itself every 30 s.
std::string html_head(std::string_view title);

}  // namespace tocsin::api
