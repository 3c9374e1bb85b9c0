// Any bytes on a terminal: no control character is left, and what is cut has the width asked for.
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/text/quote.hpp"
#include "daemon/cli/printable.hpp"
#include "tests/fuzz/expect.hpp"

namespace {

bool tame(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (c < 0x20 || c == 0x7F || (c == 0xC2 && next >= 0x80 && next < 0xA0)) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  using fuzz::expect;
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t width = data[0] + 1u;
  const std::string shown = cli::printable(text);
  expect(tame(shown), "no text moves a cursor");
  const std::string cut = cli::clipped(shown, width);
  expect(cli::columns_of(cut) <= width, "a cut text has the width");
  expect(tame(tocsin::printable(text, width)), "no text breaks a sentence");
  return 0;
}
