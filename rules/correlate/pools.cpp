#include "rules/correlate/pools.hpp"

namespace tocsin {

std::optional<int> pool_spare(const State& state, const Settings& settings, std::string_view ci,
                              std::string_view also) {
  const Ci* of = ci.empty() ? nullptr : settings.ci(ci);
  const Pool* pool = of && !of->pool.empty() ? settings.pool(of->pool) : nullptr;
  if (!pool) return {};
  int up = 0;
  for (const std::uint32_t member : pool->members) {
    const std::string& id = settings.cis[member].id;
    const CiNow* now = state.ci_now(id);
    up += id != also && !(now && now->serious > 0);
  }
  return up - static_cast<int>(pool->min_members);
}

}  // namespace tocsin
