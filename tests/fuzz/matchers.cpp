// Any bytes as the matchers of a rule or a silence: what is understood is written and packed so
// that it is read back; any bytes as packed matchers unpack or are refused.
#include <cstdint>
#include <string>
#include <string_view>

#include "config/text.hpp"
#include "rules/model/silence.hpp"
#include "tests/fuzz/expect.hpp"

namespace {

using namespace tocsin;
using fuzz::expect;

bool same(const std::vector<Matcher>& a, const std::vector<Matcher>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Matcher& x, const Matcher& y) {
    return x.label == y.label && x.op == y.op && x.value == y.value;
  });
}

void written_is_read(const std::vector<Matcher>& found) {
  std::string text, error;
  for (const Matcher& m : found) text += (text.empty() ? "" : ", ") + matcher_text(m);
  expect(same(found, config::parse_matchers("{" + text + "}", error)), "matchers are read back");
}

void packed_is_unpacked(std::string_view packed) {
  std::string why;
  const auto found = unpack_matchers(packed, why);
  if (!found) return expect(!why.empty(), "refused matchers have a reason");
  const std::string canonical = pack_matchers(*found);
  const auto again = unpack_matchers(canonical, why);
  expect(again && pack_matchers(*again) == canonical, "packed matchers unpack");
  (void)matchers_text(canonical);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 2048) return 0;  // names and values that pack in 16 bits
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  packed_is_unpacked(text);
  std::string error;
  const auto found = config::parse_matchers(text, error);
  expect(found.empty() == !error.empty(), "matchers or a reason");
  if (found.empty()) return 0;
  written_is_read(found);
  packed_is_unpacked(pack_matchers(found));
  return 0;
}
