// Any bytes as the query of a URL and as a matcher of Alertmanager's API: what is understood is
// written back as the same, and a refusal has a reason.
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/api/am_filter.hpp"
#include "rules/model/matcher.hpp"
#include "tests/fuzz/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  using namespace tocsin::api;
  using fuzz::expect;
  if (size > 2000) return 0;  // written back it is at most twice as long, within the limit
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  expect(percent_decode(percent_encode(text), true) == text, "an encoded text is read back");
  const Query query(text);
  (void)query.number("after", 0);
  std::string why;
  const auto filter = AmFilter::parse(query, why);
  expect(filter || !why.empty(), "a refused filter has a reason");
  if (filter) (void)filter->wants_receiver(text);

  const auto matcher = parse_am_matcher(text, why);
  if (!matcher) return 0;
  const auto again = parse_am_matcher(matcher_text(*matcher), why);
  expect(again && again->label == matcher->label && again->op == matcher->op &&
             again->value == matcher->value,
         "a matcher is read back");
  return 0;
}
