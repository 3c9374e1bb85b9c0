#pragma once
// What rules with a count have counted: for each rule and the values that it counts by, the last
// times at which an event came. Changed by fold alone; a snapshot shares it until then.

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "rules/model/ids.hpp"
#include "rules/model/time.hpp"

namespace tocsin {

// Chosen: 4,096 of 20 instants are a megabyte. A new one beyond takes the place of the one whose
// window is over first: whoever comes often keeps theirs.
inline constexpr std::size_t count_buckets_max = 4096;

struct CountBucket {
  std::vector<Instant> at;  // ascending; as many as the rule asks for
  Instant over{};           // nothing of it counts any more from then on
};

class CountBuckets {
 public:
  const CountBucket* find(const Fingerprint& key) const;
  std::size_t size() const { return buckets_.size(); }
  // The one that is over first; nothing when there is none.
  std::optional<std::pair<Instant, Fingerprint>> first_over() const;

  // One more event; of the older ones the last are kept, `keep` in all.
  void count(const Fingerprint& key, Instant at, std::size_t keep, Instant over);
  void erase(const Fingerprint& key);

  // use(key, bucket) for all of them by key.
  template <class Use>
  void each(Use&& use) const {
    for (const auto& [key, bucket] : buckets_) use(key, bucket);
  }
  void load(const Fingerprint& key, CountBucket bucket);

 private:
  absl::btree_map<Fingerprint, CountBucket> buckets_;
  absl::btree_set<std::pair<Instant, Fingerprint>> by_over_;
};

}  // namespace tocsin
