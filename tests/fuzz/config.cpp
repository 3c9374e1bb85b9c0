// Any bytes as a configuration: it loads, or says what is wrong; what loads reads back as the same.
#include <cstdint>
#include <string>

#include "config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16384) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto first = tocsin::load_text(text, "fuzz.yaml");
  if (!first.settings || !first.errors.empty()) return 0;
  const auto again = tocsin::load_stored(first.settings->text);
  if (!again.settings || again.settings->hash != first.settings->hash) __builtin_trap();
  return 0;
}
