#pragma once
// The percent-encoded parts of a URL. Pure; malformed escapes stay as they are, like in net/url of
// Go.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin::api {

std::string percent_decode(std::string_view text, bool plus_is_space);
std::string percent_encode(std::string_view text);  // all but unreserved characters

class Query {
 public:
  static constexpr std::size_t pairs_max = 100;  // what comes after is not looked at

  Query() = default;
  explicit Query(std::string_view raw);

  const std::string* find(std::string_view name) const;  // the first of that name
  std::string get(std::string_view name, std::string_view fallback = {}) const;
  std::vector<std::string> all(std::string_view name) const;
  // The fallback when absent; nothing when it is no such thing.
  std::optional<std::uint64_t> number(std::string_view name, std::uint64_t fallback) const;
  std::optional<bool> boolean(std::string_view name, bool fallback) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace tocsin::api
