#include "rules/model/graph.hpp"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <tuple>

namespace tocsin {

DependencyGraph::DependencyGraph(std::uint32_t cis, std::vector<Edge> edges) {
  std::erase_if(edges, [](const Edge& e) { return e.ci == e.needs; });
  const auto key = [](const Edge& e) { return std::tuple(e.ci, e.needs, !e.hard); };
  std::sort(edges.begin(), edges.end(),
            [&](const Edge& a, const Edge& b) { return key(a) < key(b); });
  const auto same = [](const Edge& a, const Edge& b) { return a.ci == b.ci && a.needs == b.needs; };
  edges.erase(std::unique(edges.begin(), edges.end(), same), edges.end());
  upstreams_ = sorted(cis, edges, true);
  dependents_ = sorted(cis, edges, false);
}

// The edges by the node where they begin, each node's in the order of where they lead.
DependencyGraph::Side DependencyGraph::sorted(std::uint32_t cis, const std::vector<Edge>& edges,
                                              bool upwards) {
  Side side;
  side.first.resize(cis + 1);
  for (const Edge& e : edges) ++side.first[(upwards ? e.ci : e.needs) + 1];
  for (std::uint32_t i = 0; i < cis; ++i) side.first[i + 1] += side.first[i];
  side.ends.resize(edges.size());
  std::vector<std::uint32_t> at(side.first.begin(), side.first.end() - 1);
  for (const Edge& e : edges)
    side.ends[at[upwards ? e.ci : e.needs]++] = {upwards ? e.needs : e.ci, e.hard};
  return side;
}

// Breadth first, over hard ways and over others in step: a CI that was come to over a soft one is
// gone on from again when a hard way, which is worth more, comes later.
std::vector<Reached> DependencyGraph::reach(const Side& side, std::uint32_t from) {
  std::vector<Reached> out;
  absl::flat_hash_map<std::uint32_t, std::uint32_t> place{{from, UINT32_MAX}};  // in `out`
  std::vector<Reached> now{{from, true}}, next;
  for (std::uint8_t depth = 0; depth < dependency_depth && !now.empty(); ++depth) {
    next.clear();
    for (const Reached& at : now)
      for (const End end : side.of(at.ci)) {
        const bool hard = at.hard && end.hard;
        const auto [it, fresh] = place.try_emplace(end.ci, static_cast<std::uint32_t>(out.size()));
        if (it->second == UINT32_MAX) continue;  // back where it began
        if (fresh)
          out.push_back({end.ci, hard});
        else if (!hard || out[it->second].hard)
          continue;
        else
          out[it->second].hard = true;
        next.push_back({end.ci, hard});
      }
    now.swap(next);
  }
  return out;
}

// Depth first without recursion, so that a long chain is no deep stack.
std::vector<std::uint32_t> DependencyGraph::some_cycle() const {
  enum : std::uint8_t { unseen, open, done };
  const auto nodes = static_cast<std::uint32_t>(upstreams_.first.size());
  std::vector<std::uint8_t> mark(nodes, unseen);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> path;  // node, next edge
  for (std::uint32_t root = 0; root + 1 < nodes; ++root) {
    if (mark[root] != unseen) continue;
    path.assign(1, {root, 0});
    mark[root] = open;
    while (!path.empty()) {
      auto& [node, edge] = path.back();
      const auto ends = upstreams_.of(node);
      if (edge == ends.size()) {
        mark[node] = done;
        path.pop_back();
        continue;
      }
      const End end = ends[edge++];
      if (!end.hard || mark[end.ci] == done) continue;
      if (mark[end.ci] == unseen) {
        mark[end.ci] = open;
        path.emplace_back(end.ci, 0);
        continue;
      }
      std::vector<std::uint32_t> cycle;
      auto it = std::find_if(path.begin(), path.end(),
                             [&](const auto& step) { return step.first == end.ci; });
      for (; it != path.end(); ++it) cycle.push_back(it->first);
      return cycle;
    }
  }
  return {};
}

}  // namespace tocsin
