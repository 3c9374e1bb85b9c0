#pragma once
// Which CI depends on which, compiled once per configuration and then only read. Nodes are places
// in Settings::cis. Owner: the settings; any thread. Memory: 8 bytes an edge and direction, 8 a
// node. Cycles are harmless: a search meets each CI once.

#include <cstdint>
#include <span>
#include <vector>

namespace tocsin {

inline constexpr std::uint8_t dependency_depth = 3;  // BND-7 e, PRI-2

// A CI that a search came to. `hard`: over hard dependencies alone, maybe a longer way round.
struct Reached {
  std::uint32_t ci = 0;
  bool hard = false;
  bool operator==(const Reached&) const = default;
};

class DependencyGraph {
 public:
  struct Edge {
    std::uint32_t ci, needs;  // `ci` depends on `needs`
    bool hard;
  };

  DependencyGraph() = default;
  // Edges may repeat; the hard one counts. One to itself says nothing.
  DependencyGraph(std::uint32_t cis, std::vector<Edge> edges);

  // What depends on `ci`, and what it depends on, up to dependency_depth steps away, the nearest
  // first; without itself. Grows with what is reached, not with the inventory.
  std::vector<Reached> dependents(std::uint32_t ci) const { return reach(dependents_, ci); }
  std::vector<Reached> upstreams(std::uint32_t ci) const { return reach(upstreams_, ci); }

  // One step over hard dependencies, in the order of the inventory, until use() is false.
  template <class Use>
  void each_need(std::uint32_t ci, Use&& use) const {
    each_hard(upstreams_, ci, use);
  }
  template <class Use>
  void each_dependent(std::uint32_t ci, Use&& use) const {
    each_hard(dependents_, ci, use);
  }

  // One circle of hard dependencies, if there is any: reported, since it is hardly meant.
  std::vector<std::uint32_t> some_cycle() const;
  std::size_t edges() const { return upstreams_.ends.size(); }

 private:
  struct End {
    std::uint32_t ci : 31;
    std::uint32_t hard : 1;
  };
  struct Side {
    std::vector<std::uint32_t> first;  // by node, and one more
    std::vector<End> ends;
    std::span<const End> of(std::uint32_t ci) const {
      if (ci + 1 >= first.size()) return {};
      return std::span(ends).subspan(first[ci], first[ci + 1] - first[ci]);
    }
  };
  template <class Use>
  static void each_hard(const Side& side, std::uint32_t ci, Use& use) {
    for (const End end : side.of(ci))
      if (end.hard && !use(std::uint32_t{end.ci})) return;
  }
  static Side sorted(std::uint32_t cis, const std::vector<Edge>& edges, bool upwards);
  static std::vector<Reached> reach(const Side& side, std::uint32_t from);

  Side upstreams_, dependents_;
};

}  // namespace tocsin
