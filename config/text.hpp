#pragma once
// Small texts of a configuration: durations, matchers, suggestions. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/matcher.hpp"
#include "rules/model/settings.hpp"
#include "rules/model/time.hpp"

namespace tocsin::config {

// "90s", "4h", "1h30m", "2d", "1w", "250ms", "0": each unit at most once, from large to small, as
// in Prometheus. At most 100 years.
std::optional<Span> parse_duration(std::string_view text);
std::string duration_text(Span span);  // the one spelling that we write

// `a="b", c!~"d.*"`, in braces or not; names that are no identifiers in quotes. Empty and `error`
// set when it is none.
std::vector<Matcher> parse_matchers(std::string_view text, std::string& error);
using tocsin::matcher_text;

// The candidate that was probably meant; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
// ", did you mean 'x'?" or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

std::string sha256_hex(std::string_view bytes);

}  // namespace tocsin::config
