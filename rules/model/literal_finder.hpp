#pragma once
// Which of many literal texts stand in a value, found in one pass over it, however many there are
// (Aho and Corasick). Made once, then only read, by any thread.

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin {

class LiteralFinder {
 public:
  // `id` is reported for values that contain `text`, which is not empty. The same text may be added
  // for several ids.
  void add(std::string_view text, std::uint32_t id);
  // After the last add().
  void build();
  bool empty() const { return nodes_.size() == 1; }
  std::size_t nodes() const { return nodes_.size(); }

  // use(id) for every text that stands somewhere in `value`; as often as it stands there.
  template <class Use>
  void find(std::string_view value, Use&& use) const {
    std::uint32_t node = 0;
    for (const char c : value) {
      node = step(node, static_cast<unsigned char>(c));
      for (std::uint32_t at = node; at; at = nodes_[at].shorter)
        for (std::uint32_t i = nodes_[at].ids_begin; i < nodes_[at].ids_end; ++i) use(ids_[i]);
    }
  }

 private:
  struct Node {
    std::uint32_t fail = 0;     // of the longest proper suffix that is in the tree
    std::uint32_t shorter = 0;  // the nearest node on the way of `fail` at which a text ends
    std::uint32_t ids_begin = 0, ids_end = 0;
  };
  static std::uint64_t edge(std::uint32_t node, unsigned char c) {
    return std::uint64_t{node} << 8 | c;
  }
  std::uint32_t step(std::uint32_t node, unsigned char c) const {
    while (node) {
      const auto it = edges_.find(edge(node, c));
      if (it != edges_.end()) return it->second;
      node = nodes_[node].fail;
    }
    return root_[c];
  }

  std::vector<Node> nodes_{1};
  absl::flat_hash_map<std::uint64_t, std::uint32_t> edges_;  // but those of the root
  std::uint32_t root_[256] = {};
  std::vector<std::pair<std::uint32_t, std::uint32_t>> added_;  // node and id, until build()
  std::vector<std::uint32_t> ids_;
};

}  // namespace tocsin
