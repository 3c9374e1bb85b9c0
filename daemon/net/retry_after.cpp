#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "daemon/net/outbound.hpp"

namespace tocsin {
namespace {

constexpr std::int64_t longest_s = 7 * 24 * 3600;  // what nobody means is cut to a week

}  // namespace

std::optional<std::int64_t> retry_after_ms(const std::string& value, const std::string& date,
                                           std::int64_t now) {
  if (value.empty()) return std::nullopt;
  if (value.find_first_not_of("0123456789") == std::string::npos) {
    std::int64_t seconds = longest_s;
    std::from_chars(value.data(), value.data() + value.size(),
                    seconds);  // too long a number: stays
    return std::min(seconds, longest_s) * 1000;
  }
  const std::time_t until = curl_getdate(value.c_str(), nullptr);
  if (until == -1) return std::nullopt;
  const std::time_t theirs = date.empty() ? -1 : curl_getdate(date.c_str(), nullptr);
  const std::int64_t from = theirs == -1 ? now : theirs;
  return std::clamp<std::int64_t>(until - from, 0, longest_s) * 1000;
}

}  // namespace tocsin
