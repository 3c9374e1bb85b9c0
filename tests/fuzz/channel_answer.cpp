// Any bytes as what a channel's other side answers: the outcome is read without believing more than
// its table says, and a delay that it asks for is bounded.
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/registry.hpp"
#include "daemon/net/outbound.hpp"
#include "tests/fuzz/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  using fuzz::expect;
  if (size < 2) return 0;
  const int status = data[0] << 2 | data[1];
  const std::string body(reinterpret_cast<const char*>(data) + 2, size - 2);
  for (const ChannelKind& kind : channel_kinds()) {
    if (!kind.read) continue;
    const ChannelAnswer answer = kind.read(status, body);
    const bool success = kind.name == "exec" ? status == 0 : status / 100 == 2;
    expect(answer.outcome != AttemptOutcome::accepted || success, "a failure is not delivery");
    expect(answer.detail.size() <= 1024, "what is kept of an answer is short");
  }
  const std::size_t half = body.size() / 2;
  const auto delay = retry_after_ms(body.substr(0, half), body.substr(half), 1'800'000'000);
  expect(!delay || (*delay >= 0 && *delay <= 7LL * 24 * 3600 * 1000), "a delay is at most a week");
  return 0;
}
