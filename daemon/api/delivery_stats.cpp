#include "daemon/api/delivery_stats.hpp"

#include <algorithm>

namespace tocsin::api {

std::size_t stat_kind(std::string_view channel_kind) {
  const auto it = std::find(stat_kinds.begin(), stat_kinds.end() - 1, channel_kind);
  return static_cast<std::size_t>(it - stat_kinds.begin());
}

void DeliveryStats::attempt(std::string_view channel_kind, AttemptOutcome outcome,
                            std::int64_t took_ms) {
  Kind& kind = kinds[stat_kind(channel_kind)];
  ++kind.outcomes[index(outcome)];
  std::size_t bucket = 0;
  while (bucket < notification_buckets_ms.size() && took_ms > notification_buckets_ms[bucket])
    ++bucket;
  ++kind.latency[bucket];
  kind.latency_ms += static_cast<std::uint64_t>(std::max<std::int64_t>(0, took_ms));
}

}  // namespace tocsin::api
