#pragma once
// A silence or a maintenance window as a body of JSON, in our words or in Alertmanager's.
// Boost.JSON is compiled in silence_in.cpp. Pure; limits are the core's own
// (rules/model/silence.hpp) and 64 KiB of body.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/exchange.hpp"
#include "rules/model/settings.hpp"
#include "rules/model/time.hpp"

namespace tocsin::api {

struct SilenceBody {
  std::string id;  // UUID of the one that is changed; empty: a new one
  std::vector<Matcher> matchers;
  std::optional<Wall> starts_at, ends_at;
  std::optional<Span> lasts;  // `for`, ours only
  std::string created_by, comment;
  // Of a window only.
  std::vector<std::string> cis;
  bool dependents = false;
  std::string owner, reason, change;
  // What does not fit, by member. One named "" is about the body itself.
  ErrorFields wrong;
};

enum class SilenceDialect : std::uint8_t { own, alertmanager, window };
// Ours: matchers are texts, {"matchers": "ci=\"db-7\", alertname=~\"Disk.*\""}, or a list of them.
// Alertmanager's: a list of {name, value, isRegex, isEqual}. What neither knows is a mistake in
// ours and skipped in theirs. A window is ours, with `match` for matchers.
SilenceBody parse_silence(std::string_view body, SilenceDialect dialect);

}  // namespace tocsin::api
