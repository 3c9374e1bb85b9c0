// Any bytes as the payload of a frame: they fold, or are refused; the printer never leaves the
// buffer.
#include <cstdint>
#include <string_view>

#include "rules/dump.hpp"
#include "rules/fold.hpp"
#include "rules/story.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)tocsin::to_text(bytes);
  (void)tocsin::read_entry(bytes);
  tocsin::PayloadReader reader(bytes);
  tocsin::FactView fact;
  while (reader.next(fact))
    if (!tocsin::with_fact(fact, [](const auto&) {})) break;
  tocsin::State state;
  if (tocsin::fold_frame(state, 1, bytes)) (void)state.canonical();
  return 0;
}
