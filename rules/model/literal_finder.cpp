#include "rules/model/literal_finder.hpp"

#include <algorithm>

namespace tocsin {

void LiteralFinder::add(std::string_view text, std::uint32_t id) {
  std::uint32_t node = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    std::uint32_t& next = node ? edges_[edge(node, byte)] : root_[byte];
    if (!next) {
      next = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
    }
    node = next;
  }
  added_.emplace_back(node, id);
}

// By depth, so that a node's suffix is done before the node. A node has a larger number than its
// parent, but not than its suffix, hence the order of its own.
void LiteralFinder::build() {
  std::sort(added_.begin(), added_.end());
  ids_.reserve(added_.size());
  for (std::size_t i = 0; i < added_.size();) {
    Node& node = nodes_[added_[i].first];
    node.ids_begin = static_cast<std::uint32_t>(ids_.size());
    const std::uint32_t at = added_[i].first;
    for (; i < added_.size() && added_[i].first == at; ++i) ids_.push_back(added_[i].second);
    node.ids_end = static_cast<std::uint32_t>(ids_.size());
  }
  added_ = {};

  struct Edge {
    std::uint32_t parent, child;
    unsigned char c;
  };
  std::vector<Edge> edges;
  edges.reserve(edges_.size());
  for (const auto& [key, child] : edges_)  // sorted below: the order of the table does not matter
    edges.push_back({static_cast<std::uint32_t>(key >> 8), child, static_cast<unsigned char>(key)});
  std::sort(edges.begin(), edges.end(),
            [](const Edge& a, const Edge& b) { return a.child < b.child; });
  std::vector<std::uint32_t> depth(nodes_.size(), 1);
  depth[0] = 0;
  for (const Edge& e : edges) depth[e.child] = depth[e.parent] + 1;
  std::stable_sort(edges.begin(), edges.end(),
                   [&](const Edge& a, const Edge& b) { return depth[a.child] < depth[b.child]; });
  for (const Edge& e : edges) {
    Node& node = nodes_[e.child];
    node.fail = step(nodes_[e.parent].fail, e.c);
    const Node& suffix = nodes_[node.fail];
    node.shorter = suffix.ids_begin < suffix.ids_end ? node.fail : suffix.shorter;
  }
}

}  // namespace tocsin
