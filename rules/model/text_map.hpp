#pragma once
// A hash table by text. It may be looked up; its order never reaches an output.

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace tocsin {

// Debian's Abseil has a string_view of its own, so text keys bring their own hash and equality.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const;
};
struct TextEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};
template <class Value>
using TextMap = absl::flat_hash_map<std::string, Value, TextHash, TextEqual>;

}  // namespace tocsin
