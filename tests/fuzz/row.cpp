// Any bytes as a row of a checkpoint: it loads, or is refused. The first byte chooses the table.
#include <cstdint>
#include <string>
#include <string_view>

#include "rules/model/row_codec.hpp"
#include "rules/story.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  constexpr char tables[] = {'a', 'i', 'p', 'g', 't', 'c', 's'};
  const std::string key(1, tables[data[0] % sizeof tables]);
  const std::string_view value(reinterpret_cast<const char*>(data) + 1, size - 1);
  tocsin::State state;
  std::uint32_t slot = 0;
  if (tocsin::RowCodec::load(state, key, value, slot)) (void)state.canonical();
  (void)tocsin::read_archived(value);
  return 0;
}
