// Where an alert belongs (BND-7), against its obvious twin: a walk over all incidents, all members
// of the pool and every hard way of three steps, in random companies at random times.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "rules/correlate/correlate.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

using Edge = DependencyGraph::Edge;

std::uint32_t next(std::uint64_t& seed, std::uint32_t below) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return static_cast<std::uint32_t>(seed >> 33) % below;
}

constexpr std::uint32_t cis = 9;
const std::vector<std::pair<const char*, const char*>> kinds = {
    {"storage", "capacity"}, {"database", "availability"}, {"network", "latency"}};

struct Company {
  std::shared_ptr<Settings> settings = small_settings();
  std::vector<Edge> edges;

  explicit Company(std::uint64_t& seed) {
    for (const auto& [category, subcategory] : kinds)
      settings->tree.categories[category] = {subcategory};
    settings->pools = {{.id = "p0"}, {.id = "p1"}};
    for (std::uint32_t i = 0; i < cis; ++i) {
      Ci ci;
      ci.id = "ci-" + std::to_string(i), ci.group = "blue";
      if (const std::uint32_t pool = next(seed, 4); pool < 2) {
        ci.pool = "p" + std::to_string(pool);
        settings->pools[pool].members.push_back(i);
      }
      settings->ci_by_name[ci.id] = i;
      settings->cis.push_back(ci);
    }
    for (std::uint32_t i = next(seed, 20); i > 0; --i)
      edges.push_back({next(seed, cis), next(seed, cis), next(seed, 2) > 0});
    settings->dependencies = {cis, edges};
  }
};

// Oldest first.
std::vector<IncidentRow> all_of(const State& state, std::string_view ci) {
  std::vector<IncidentRow> out;
  state.incidents().each([&](std::uint32_t, const IncidentRow& row) {
    if (row.words().ci == ci && !row.self && !row.drill) out.push_back(row);
  });
  std::sort(out.begin(), out.end(),
            [](const IncidentRow& a, const IncidentRow& b) { return a.number < b.number; });
  return out;
}

bool fires(const State& state, std::string_view ci) {
  bool found = false;
  state.alerts().each([&](std::uint32_t, const AlertRow& a) {
    found |= (a.state == AlertState::firing || a.state == AlertState::stale) && a.incident &&
             a.ci() == ci;
  });
  return found;
}

// Hard steps from `from` to each, at most three.
std::map<std::uint32_t, int> hard_ways(const std::vector<Edge>& edges, std::uint32_t from) {
  std::map<std::uint32_t, int> steps{{from, 0}};
  for (int step = 1; step <= 3; ++step)
    for (const Edge& e : edges)
      if (e.hard && steps.contains(e.ci) && steps[e.ci] == step - 1) steps.emplace(e.needs, step);
  steps.erase(from);
  return steps;
}

struct Twin {
  const Desk& desk;
  const Company& company;

  IncidentNumber first(std::string_view ci, auto&& take) const {
    for (const IncidentRow& row : all_of(desk.state, ci))
      if (row.unresolved() && take(row)) return row.number;
    return {};
  }
  bool reopens(const IncidentRow& row) const {
    return row.state == IncidentState::resolved &&
           desk.now - row.resolved_at <= company.settings->reopen_window;
  }
  IncidentNumber pool(std::uint32_t place) const {
    IncidentNumber oldest;
    const std::string& pool = company.settings->cis[place].pool;
    for (const Ci& ci : company.settings->cis)
      if (!pool.empty() && ci.pool == pool)
        if (const auto n = first(ci.id, [](const IncidentRow&) { return true; });
            n && (!oldest || n < oldest))
          oldest = n;
    return oldest;
  }
  // Those that may be joined upstream, of the nearest CIs that have one.
  std::vector<IncidentNumber> upstream(std::uint32_t place) const {
    std::vector<IncidentNumber> out;
    int best = 4;
    for (const auto& [needed, steps] : hard_ways(company.edges, place)) {
      const std::string& id = company.settings->cis[needed].id;
      const auto n = first(id, [&](const IncidentRow& row) {
        return fires(desk.state, id) ||
               desk.now - row.opened_at <= company.settings->upstream_open_window;
      });
      if (!n || steps > best) continue;
      if (steps < best) out.clear();
      best = steps;
      out.push_back(n);
    }
    return out;
  }
  // What it may be: one answer, but for CIs that are equally near.
  std::vector<Join> answers(IncidentNumber own, std::uint32_t place,
                            std::string_view subcategory) const {
    const std::string& id = company.settings->cis[place].id;
    IncidentRow before{};
    if (own) before = desk.incident(own.value);
    if (own && before.unresolved()) return {{own, JoinReason::same_fingerprint, false}};
    const auto same = [&](const IncidentRow& row) {
      return row.words().subcategory == subcategory;
    };
    if (const auto n = first(id, same)) return {{n, JoinReason::same_ci_and_subcategory, false}};
    if (const auto n = pool(place)) return {{n, JoinReason::same_pool, false}};
    const auto young = [&](const IncidentRow& row) {
      return desk.now - row.opened_at <= company.settings->same_ci_window;
    };
    if (const auto n = first(id, young)) return {{n, JoinReason::same_ci_recently, false}};
    std::vector<Join> out;
    for (const IncidentNumber n : upstream(place)) out.push_back({n, JoinReason::upstream, false});
    if (!out.empty()) return out;
    if (own && reopens(before)) return {{own, JoinReason::reopened_same_fingerprint, true}};
    for (const IncidentRow& row : all_of(desk.state, id))
      if (reopens(row) && same(row))
        out = {{row.number, JoinReason::reopened_same_ci_and_subcategory, true}};  // the youngest
    return out.empty() ? std::vector<Join>{{}} : out;
  }
};

void something_happens(Desk& desk, std::uint64_t& seed) {
  const auto& [category, subcategory] = kinds[next(seed, 3)];
  const std::string ci = "ci-" + std::to_string(next(seed, cis));
  switch (next(seed, 9)) {
    case 0:
      desk.pass(minutes(next(seed, 40)));
      break;
    case 1:
      desk.pass(minutes(60 * next(seed, 13)));
      break;
    case 2:
    case 3: {
      ResolveIncident command;
      command.incident = IncidentNumber(1 + next(seed, 12)), command.force = true;
      command.by = {"ann", ~0u};
      command.code = ClosureCode::fixed_permanent, command.cause = CauseCode::hardware;
      desk.give(command);
      break;
    }
    default:
      desk.alert(subcategory, ci, "error", desk.state.globals().wall(desk.now), next(seed, 3) == 0,
                 {{"category", category}, {"subcategory", subcategory}});
  }
}

}  // namespace

TEST_CASE("an alert joins what a walk over everything says, 100,000 times") {
  std::uint64_t seed = 20261130;
  std::map<JoinReason, int> seen;
  for (int world = 0; world < 100; ++world) {
    const Company company(seed);
    Desk desk(company.settings);
    const Twin twin{desk, company};
    for (int step = 0; step < 40; ++step) {
      something_happens(desk, seed);
      std::string frame;
      Facts out(desk.state, fold_function(), frame);
      const Deciding d{desk.state, *desk.settings, desk.sightings, desk.now, out};
      std::vector<IncidentNumber> numbers{{}};
      desk.state.incidents().each([&](std::uint32_t, const IncidentRow& row) {
        if (!row.self && !row.drill) numbers.push_back(row.number);
      });
      for (int ask = 0; ask < 25; ++ask) {
        const std::uint32_t place = next(seed, cis);
        const std::string_view subcategory = kinds[next(seed, 3)].second;
        const IncidentNumber own = numbers[next(seed, static_cast<std::uint32_t>(numbers.size()))];
        const Join found = find_join(d, own, company.settings->cis[place].id, subcategory);
        const auto wanted = twin.answers(own, place, subcategory);
        ++seen[found.why];
        if (std::none_of(wanted.begin(), wanted.end(), [&](const Join& j) {
              return j.incident == found.incident && j.why == found.why && j.reopen == found.reopen;
            })) {
          CAPTURE(world, step, ask, found.incident.value, static_cast<int>(found.why),
                  wanted[0].incident.value, static_cast<int>(wanted[0].why));
          FAIL("another incident");
        }
      }
    }
  }
  for (const JoinReason why :
       {JoinReason::opened_it, JoinReason::same_fingerprint, JoinReason::same_ci_and_subcategory,
        JoinReason::same_pool, JoinReason::same_ci_recently, JoinReason::upstream,
        JoinReason::reopened_same_fingerprint, JoinReason::reopened_same_ci_and_subcategory}) {
    CAPTURE(static_cast<int>(why));
    CHECK(seen[why] > 50);
  }
}
