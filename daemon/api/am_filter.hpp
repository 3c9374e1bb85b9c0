#pragma once
// The matchers and filters of Alertmanager's API, with its own words for what is wrong. Pure.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/query.hpp"
#include "rules/model/settings.hpp"

namespace tocsin::api {

// name=value, =~, !=, !~; the value bare or quoted, the name quoted when it is no plain one.
std::optional<Matcher> parse_am_matcher(std::string_view text, std::string& why);

struct AmFilter {
  bool active = true, unprocessed = true, silenced = true, inhibited = true;
  std::vector<Matcher> matchers;             // all must fit
  std::shared_ptr<const re2::RE2> receiver;  // anchored; nullptr: every one

  static std::optional<AmFilter> parse(const Query& query, std::string& why);
  bool wants_receiver(std::string_view name) const;
};

}  // namespace tocsin::api
