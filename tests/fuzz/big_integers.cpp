// Any bytes as the document of a jq program: numbers get quotes once, and nothing else changes.
#include <cstdint>
#include <string>

#include "daemon/helper/jq_program.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  std::string quoted = tocsin::helper::with_big_integers_quoted(text);
  for (std::string* one : {&text, &quoted}) std::erase(*one, '"');
  if (text != quoted) __builtin_trap();
  return 0;
}
