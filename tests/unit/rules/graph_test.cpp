// The graph against its obvious twin: every walk of at most three steps, on random graphs with
// circles, pairs that appear twice, and dependencies on oneself.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "rules/model/graph.hpp"

using namespace tocsin;

namespace {

using Edge = DependencyGraph::Edge;

std::uint32_t next(std::uint64_t& seed, std::uint32_t below) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return static_cast<std::uint32_t>(seed >> 33) % below;
}

// Every walk, without any cleverness: what it comes to, and whether some walk is hard throughout.
void walk(const std::vector<Edge>& edges, bool upwards, std::uint32_t at, bool hard, int steps,
          std::map<std::uint32_t, bool>& found) {
  if (steps == 0) return;
  for (const Edge& e : edges) {
    if ((upwards ? e.ci : e.needs) != at) continue;
    const std::uint32_t to = upwards ? e.needs : e.ci;
    const bool still = hard && e.hard;
    found[to] = found[to] || still;
    walk(edges, upwards, to, still, steps - 1, found);
  }
}

std::map<std::uint32_t, bool> twin(const std::vector<Edge>& edges, bool upwards,
                                   std::uint32_t from) {
  std::map<std::uint32_t, bool> found;
  walk(edges, upwards, from, true, dependency_depth, found);
  found.erase(from);
  return found;
}

std::map<std::uint32_t, bool> as_map(const std::vector<Reached>& reached) {
  std::map<std::uint32_t, bool> out;
  for (const Reached& r : reached) REQUIRE(out.emplace(r.ci, r.hard).second);
  return out;
}

}  // namespace

TEST_CASE("what is reached in three steps is what every walk comes to, on 100,000 random graphs") {
  std::uint64_t seed = 20260616;
  for (int round = 0; round < 100'000; ++round) {
    const std::uint32_t cis = 1 + next(seed, 9);
    std::vector<Edge> edges(next(seed, 16));
    for (Edge& e : edges) e = {next(seed, cis), next(seed, cis), next(seed, 3) > 0};
    const DependencyGraph graph(cis, edges);
    const std::uint32_t from = next(seed, cis);
    if (as_map(graph.upstreams(from)) != twin(edges, true, from) ||
        as_map(graph.dependents(from)) != twin(edges, false, from)) {
      CAPTURE(round);
      FAIL("another set of CIs");
    }
  }
}

TEST_CASE("the nearest come first") {
  const DependencyGraph chain(5, {{0, 1, true}, {1, 2, true}, {2, 3, true}, {3, 4, true}});
  CHECK(chain.upstreams(0) == std::vector<Reached>{{1, true}, {2, true}, {3, true}});
  CHECK(chain.dependents(4) == std::vector<Reached>{{3, true}, {2, true}, {1, true}});
}

TEST_CASE("a longer hard way counts more than a short soft one") {
  const DependencyGraph graph(3, {{0, 2, false}, {0, 1, true}, {1, 2, true}});
  CHECK(as_map(graph.upstreams(0)) == std::map<std::uint32_t, bool>{{1, true}, {2, true}});
}

TEST_CASE("a circle of hard dependencies is found, one of soft ones is none") {
  CHECK(DependencyGraph(3, {{0, 1, true}, {1, 2, true}}).some_cycle().empty());
  CHECK(DependencyGraph(2, {{0, 1, true}, {1, 0, false}}).some_cycle().empty());
  const auto cycle =
      DependencyGraph(5, {{0, 1, true}, {1, 2, true}, {2, 3, true}, {3, 1, true}}).some_cycle();
  CHECK(cycle == std::vector<std::uint32_t>{1, 2, 3});
}

TEST_CASE("a CI that the graph does not know has no neighbours") {
  CHECK(DependencyGraph().upstreams(7).empty());
  CHECK(DependencyGraph(2, {}).dependents(7).empty());
}
