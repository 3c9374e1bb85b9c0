// Any bytes as the body of a write: an object with known members, or a sentence about what is
// wrong. The first byte says which body.
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/api/json_in.hpp"
#include "daemon/api/silence_in.hpp"
#include "rules/model/silence.hpp"
#include "tests/fuzz/expect.hpp"

namespace {

using namespace tocsin;
using namespace tocsin::api;
using fuzz::expect;

void silence(std::string_view body, SilenceDialect dialect) {
  const SilenceBody s = parse_silence(body, dialect);
  for (const auto& [member, why] : s.wrong) expect(!why.empty(), "what is wrong is said");
  if (!s.wrong.empty()) return;
  expect(s.matchers.size() <= body.size(), "a matcher is more than a byte");
  for (const Matcher& m : s.matchers)
    expect(
        m.label.size() <= SilenceLimits::name_bytes && m.value.size() <= SilenceLimits::value_bytes,
        "matchers are within the limits");
  if (dialect == SilenceDialect::own && s.lasts) expect(s.lasts->ms > 0, "a silence lasts");
}

void object(std::string_view body) {
  std::string why;
  const auto read = JsonObject::parse(body, why);
  if (!read) return expect(!why.empty(), "a refused body has a reason");
  expect(read->text("text").size() <= body.size() * 3, "a text is not longer than its body");
  (void)read->boolean("force");
  (void)read->unknown({"text", "force"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 3 == 0) silence(body, SilenceDialect::own);
  if (data[0] % 3 == 1) silence(body, SilenceDialect::alertmanager);
  if (data[0] % 3 == 2) object(body);
  return 0;
}
