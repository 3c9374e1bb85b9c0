#include "rules/counting.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "rules/process/format.hpp"

namespace tocsin {
namespace {

// Of the rule and the values that it counts by; nobody outside can make two of them meet.
Fingerprint bucket_of(const Deciding& d, const Rule& rule, AlertText text) {
  std::string bytes;
  ByteWriter w(bytes);
  w("secret", d.state.globals().secret), w("rule", std::string_view(rule.id));
  for (const auto& label : rule.count->by)
    w("label", std::string_view(label)), w("value", text.label(label));
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.high64, h.low64};
}

// The instants that are inside (now - within, now].
std::size_t counted(const CountBucket& bucket, Instant now, Span within) {
  const auto inside = std::upper_bound(bucket.at.begin(), bucket.at.end(), now - within);
  return static_cast<std::size_t>(bucket.at.end() - inside);
}

// Two of those that are over go for one that comes; when all are needed, the one that is not needed
// longest.
void make_room(const Deciding& d) {
  for (int i = 0; i < 2; ++i) {
    const auto first = d.state.counts().first_over();
    if (!first || (first->first > d.now && d.state.counts().size() < count_buckets_max)) return;
    d.out.add(CountForgotten{first->second});
  }
}

}  // namespace

bool counts_below(const Deciding& d, const ReceiveAlert& c) {
  const Prepared& alert = *c.alert;
  if (alert.rule < 0 || static_cast<std::size_t>(alert.rule) >= d.settings.rules.size())
    return false;
  const Rule& rule = d.settings.rules[static_cast<std::size_t>(alert.rule)];
  if (!rule.count) return false;
  const Fingerprint key = bucket_of(d, rule, alert.text);
  const CountBucket* known = d.state.counts().find(key);
  const std::size_t n = 1 + (known ? counted(*known, d.now, rule.count->within) : 0);
  const bool below = n < rule.count->at_least;
  need_format(d, format_with_decisions);
  if (!known) make_room(d);
  d.out.add(EventCounted{key, c.source, below, rule.count->at_least, d.now + rule.count->within,
                         rule.id});
  if (below) d.out.answer.disposition = Disposition::counted_below_threshold;
  return below;
}

}  // namespace tocsin
