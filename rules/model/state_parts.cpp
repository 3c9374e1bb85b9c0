#include <algorithm>

#include "rules/model/state.hpp"

namespace tocsin {

// ---- storms ----

void StormWatch::count(Instant at, std::uint32_t n) {
  const std::int64_t now = at.ms / 1000;
  if (now < 0) return;
  for (std::int64_t s = std::max(second + 1, now - window_s + 1); s <= now; ++s)
    began[s % window_s] = 0;
  second = std::max(second, now);
  if (now > second - window_s) began[now % window_s] += n;
}
std::uint32_t StormWatch::within(Instant at, std::int64_t seconds) const {
  const std::int64_t now = at.ms / 1000;
  std::uint32_t sum = 0;
  for (std::int64_t s =
           std::max({now - std::min(seconds, window_s), second - window_s, std::int64_t{-1}}) + 1;
       s <= std::min(now, second); ++s)
    sum += began[s % window_s];
  return sum;
}

// ---- fingerprint index ----

std::uint32_t FingerprintIndex::find(const Fingerprint& f) const {
  const auto& map = shard_[shard_of(f)];
  const auto it = map.find(f);
  return it == map.end() ? no_slot : it->second;
}
void FingerprintIndex::set(const Fingerprint& f, std::uint32_t slot) {
  shard_[shard_of(f)][f] = slot;
}
void FingerprintIndex::erase(const Fingerprint& f) {
  shard_[shard_of(f)].erase(f);
}
void FingerprintIndex::reserve(std::size_t n) {
  for (auto& map : shard_) map.reserve(n / shards + 8);
}
void FingerprintIndex::prefetch(const Fingerprint& f) const {
  shard_[shard_of(f)].prefetch(f);
}

// ---- what rules have counted ----

CountBuckets& State::change_counts() {
  if (counts_shared_) counts_ = std::make_shared<CountBuckets>(*counts_);
  counts_shared_ = false, counts_dirty_ = true;
  return *counts_;
}

}  // namespace tocsin
