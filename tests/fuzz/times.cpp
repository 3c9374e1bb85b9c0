// Any bytes as a time or a duration: refused, or written in our one spelling and read back the
// same.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/text.hpp"
#include "connectors/text/base64.hpp"
#include "connectors/text/rfc3339.hpp"
#include "tests/fuzz/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  using fuzz::expect;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto at = parse_rfc3339(text)) {
    const auto again = parse_rfc3339(rfc3339_text(*at));
    // An offset may lead out of the years that have four digits: then it is the nearest that has.
    static const Wall first = *civil_time(0, 1, 1, 0, 0, 0);
    static const Wall last = *civil_time(9999, 12, 31, 23, 59, 59, 999);
    expect(again && *again == std::clamp(*at, first, last), "a time is read back");
    (void)people_text(*at);
    (void)mail_text(*at);
  }
  if (const auto span = config::parse_duration(text)) {
    const auto again = config::parse_duration(config::duration_text(*span));
    expect(again && again->ms == span->ms, "a duration is read back");
  }
  const auto bytes = from_base64(to_base64(text));
  expect(bytes && *bytes == text, "base64 is read back");
  if (const auto read = from_base64(text))
    expect(from_base64(to_base64(*read)) == read, "base64 means one thing");
  return 0;
}
