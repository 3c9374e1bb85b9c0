#include "rules/model/text_map.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tocsin {

std::size_t TextHash::operator()(std::string_view text) const {
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace tocsin
