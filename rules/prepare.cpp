#include "rules/prepare.hpp"

#define XXH_INLINE_ALL
#include <absl/container/flat_hash_map.h>
#include <xxhash.h>

#include <algorithm>
#include <set>

#include "rules/correlate/ci.hpp"
#include "rules/model/matcher.hpp"
#include "rules/model/state.hpp"

namespace tocsin {
namespace {

Fingerprint fingerprint(AlertText text, const Fingerprint& secret, std::uint8_t source) {
  const std::uint64_t seed = secret.high ^ (secret.low << 1 | secret.low >> 63) ^
                             (std::uint64_t{source} + 1) * 0x9E3779B97F4A7C15u;
  const auto bytes = text.label_bytes();
  const XXH128_hash_t h = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {h.high64, h.low64};
}

Severity severity_of(AlertText text, const Settings& settings) {
  auto word = text.label("severity");
  if (word.empty()) word = text.annotation("severity");
  if (word.empty()) return settings.severity_default;
  char lower[32];
  if (word.size() > sizeof lower) return settings.severity_default;
  for (std::size_t i = 0; i < word.size(); ++i)
    lower[i] = word[i] >= 'A' && word[i] <= 'Z' ? static_cast<char>(word[i] + 32) : word[i];
  const std::string_view key(lower, word.size());
  if (const auto own = parse<Severity>(key)) return *own;
  const auto it = settings.severity_aliases.find(key);
  return it == settings.severity_aliases.end() ? settings.severity_default : it->second;
}

std::int32_t first_match(AlertText text, const Settings& settings) {
  for (std::size_t i = 0; i < settings.rules.size(); ++i) {
    bool all = true;
    for (const Matcher& m : settings.rules[i].match) {
      all = matches(m, text);
      if (!all) break;
    }
    if (all) return static_cast<std::int32_t>(i);
  }
  return -1;
}

// Rules look at few labels, and alerts share their values: the verdict is remembered per
// combination. first_match() is the twin that says what it must be.
class RuleMemo {
 public:
  std::int32_t match(AlertText text, const Settings& settings) {
    if (hash_ != settings.hash || hash_.empty()) reset(settings);
    if (hash_.empty()) return first_match(text, settings);
    key_.clear();
    for (const auto& label : labels_) {
      const auto value = text.label(label);
      key_.append(value).push_back('\xff');  // never inside UTF-8
    }
    if (const auto it = known_.find(std::string_view(key_)); it != known_.end()) return it->second;
    if (known_.size() >= entries_max) known_.clear();
    return known_[key_] = first_match(text, settings);
  }

 private:
  static constexpr std::size_t entries_max = 8192;
  void reset(const Settings& settings) {
    known_.clear();
    hash_ = settings.hash;
    std::set<std::string> labels;
    for (const Rule& rule : settings.rules)
      for (const Matcher& m : rule.match) labels.insert(m.label);
    labels_.assign(labels.begin(), labels.end());
  }
  std::string hash_, key_;
  std::vector<std::string> labels_;
  TextMap<std::int32_t> known_;
};

void classify_into(Prepared& p, AlertText text, const Settings& settings) {
  thread_local RuleMemo memo;
  p.text = text;
  p.severity = severity_of(text, settings);
  p.rule = memo.match(text, settings);
  if (p.rule >= 0) {
    const Rule& rule = settings.rules[static_cast<std::size_t>(p.rule)];
    if (rule.severity) p.severity = *rule.severity;
    if (rule.event_class) p.event_class = *rule.event_class;
  }
  const CiFound found = find_ci(text, settings);
  p.ci = found.id;
  p.ci_match = found.match;
}

}  // namespace

Prepared prepare(const AlertBatch& batch, const IncomingAlert& alert, const Settings& settings,
                 const Fingerprint& secret, std::uint8_t source, Wall received_at, Span promise) {
  Prepared p;
  p.event_class = alert.event_class;
  classify_into(p, batch.text(alert), settings);
  p.fingerprint = fingerprint(p.text, secret, source);
  p.starts_at = alert.starts_at;
  p.time_suspect =
      alert.starts_at.ms != 0 && (alert.starts_at < received_at - settings.event_age_max ||
                                  alert.starts_at > received_at + settings.clock_skew_max);
  p.resolved = alert.resolved;
  if (p.resolved)
    p.until = alert.ends_at.ms ? alert.ends_at : received_at;
  else if (alert.ends_at > received_at)
    p.until = std::max(alert.ends_at, received_at + promise);
  else
    p.until = received_at + std::max(settings.resolve_timeout, promise);
  return p;
}

Prepared prepare_stored(AlertText text, Fingerprint f, const Settings& settings) {
  Prepared p;
  classify_into(p, text, settings);
  p.fingerprint = f;
  return p;
}

}  // namespace tocsin
