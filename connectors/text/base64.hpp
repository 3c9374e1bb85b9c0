#pragma once
// Base64 (RFC 4648) for signatures and mail. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace tocsin {

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);  // padding may be missing

}  // namespace tocsin
