#include "daemon/api/quotas.hpp"

#include <algorithm>

namespace tocsin::api {

bool Quotas::admit(const std::string& integration, const Quota& quota, std::size_t alerts,
                   bool urgent, Instant now) {
  if (quota.alerts_per_second == 0) return true;
  const std::lock_guard lock(mutex_);
  Bucket& bucket = buckets_[integration];
  fill(bucket, quota, now);
  const std::int64_t most = 1000 * static_cast<std::int64_t>(quota.burst);
  const std::int64_t cost = 1000 * static_cast<std::int64_t>(alerts);
  // More than a whole burst at once is taken by a full bucket: it could never be sent otherwise.
  if (urgent || bucket.thousandths >= std::min(cost, most)) {
    const std::int64_t left = bucket.thousandths - cost;
    bucket.thousandths = urgent ? std::max(left, std::min(bucket.thousandths, -most)) : left;
    return true;
  }
  bucket.refused += alerts;
  if (bucket.refused_last == never || bucket.refused_last + quiet <= now)
    bucket.refused_since = now;
  bucket.refused_last = now;
  return false;
}

void Quotas::give_back(const std::string& integration, std::size_t alerts) {
  const std::lock_guard lock(mutex_);
  const auto it = buckets_.find(integration);
  if (it == buckets_.end()) return;
  Bucket& bucket = it->second;
  bucket.thousandths = std::min(bucket.thousandths + 1000 * static_cast<std::int64_t>(alerts),
                                1000 * static_cast<std::int64_t>(bucket.quota.burst));
}

void Quotas::untell(const std::string& integration) {
  const std::lock_guard lock(mutex_);
  if (const auto it = buckets_.find(integration); it != buckets_.end())
    it->second.told = !it->second.told;
}

void Quotas::fill(Bucket& bucket, const Quota& quota, Instant now) {
  const std::int64_t most = 1000 * static_cast<std::int64_t>(quota.burst);
  if (bucket.quota != quota) bucket.quota = quota, bucket.thousandths = most;
  // A thousandth for each millisecond and alert a second; more than from empty to full is no use.
  const std::int64_t rate = quota.alerts_per_second;
  const std::int64_t passed =
      std::min((now - bucket.filled_at).ms, (most - bucket.thousandths) / rate + 1);
  bucket.thousandths = std::min(bucket.thousandths + passed * rate, most);
  bucket.filled_at = now;
}

std::vector<Quotas::News> Quotas::look(Instant now) {
  std::vector<News> out;
  const std::lock_guard lock(mutex_);
  for (auto& [integration, bucket] : buckets_) {
    if (bucket.refused_last == never) continue;
    const bool over = bucket.refused_last + quiet <= now;
    if (bucket.told && over) {
      bucket.told = false;
      out.push_back({integration, ""});
    } else if (!bucket.told && !over && bucket.refused_since + lasting <= bucket.refused_last) {
      bucket.told = true;
      out.push_back({integration, "integration " + integration + " sends more than its quota of " +
                                      std::to_string(bucket.quota.alerts_per_second) +
                                      " alerts a second; what is above it is refused"});
    }
  }
  return out;
}

std::map<std::string, std::uint64_t> Quotas::refused() const {
  std::map<std::string, std::uint64_t> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [integration, bucket] : buckets_) out[integration] = bucket.refused;
  return out;
}

}  // namespace tocsin::api
