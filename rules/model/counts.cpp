#include "rules/model/counts.hpp"

namespace tocsin {

const CountBucket* CountBuckets::find(const Fingerprint& key) const {
  const auto it = buckets_.find(key);
  return it == buckets_.end() ? nullptr : &it->second;
}

std::optional<std::pair<Instant, Fingerprint>> CountBuckets::first_over() const {
  if (by_over_.empty()) return {};
  return *by_over_.begin();
}

void CountBuckets::count(const Fingerprint& key, Instant at, std::size_t keep, Instant over) {
  const auto [it, fresh] = buckets_.try_emplace(key);
  CountBucket& bucket = it->second;
  if (!fresh) by_over_.erase({bucket.over, key});
  bucket.at.push_back(at);
  if (bucket.at.size() > keep)
    bucket.at.erase(bucket.at.begin(), bucket.at.end() - static_cast<std::ptrdiff_t>(keep));
  bucket.over = over;
  by_over_.insert({over, key});
}

void CountBuckets::erase(const Fingerprint& key) {
  const auto it = buckets_.find(key);
  if (it == buckets_.end()) return;
  by_over_.erase({it->second.over, key});
  buckets_.erase(it);
}

void CountBuckets::load(const Fingerprint& key, CountBucket bucket) {
  by_over_.insert({bucket.over, key});
  buckets_[key] = std::move(bucket);
}

}  // namespace tocsin
