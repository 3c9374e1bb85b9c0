#include "rules/model/inhibit.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "rules/model/codec.hpp"
#include "rules/model/matcher.hpp"

namespace tocsin {
namespace {

std::uint64_t hash_of(std::string_view bytes) {
  const std::uint64_t hash = XXH3_64bits(bytes.data(), bytes.size());
  return hash ? hash : 1;
}

std::uint64_t key_of(const InhibitRule& rule, AlertText text, bool both) {
  std::string bytes;
  ByteWriter w(bytes);
  w("rule", rule.hash), w("both", both);
  for (const std::string& label : rule.equal) w("value", text.label(label));
  return hash_of(bytes);
}

std::vector<std::uint32_t> fitting(const SilenceIndex* index, AlertText text) {
  std::vector<std::uint32_t> out;
  if (index) index->each_fit(text, [&](std::uint32_t rule) { out.push_back(rule); });
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> index_inhibition(Settings& s) {
  std::vector<std::pair<std::string, std::string>> wrong;
  s.inhibit_sources = s.inhibit_targets = nullptr;
  s.inhibit_hash = 0;
  if (s.inhibit.empty()) return wrong;
  auto sources = std::make_shared<SilenceIndex>(), targets = std::make_shared<SilenceIndex>();
  std::string all;
  for (std::uint32_t place = 0; place < s.inhibit.size(); ++place) {
    InhibitRule& rule = s.inhibit[place];
    const std::string source = pack_matchers(rule.source), target = pack_matchers(rule.target);
    std::string bytes, why;
    ByteWriter w(bytes);
    w("source", std::string_view(source)), w("target", std::string_view(target));
    for (const std::string& label : rule.equal) w("label", std::string_view(label));
    rule.hash = hash_of(bytes);
    all += bytes;
    if (!unpack_matchers(source, why) || !unpack_matchers(target, why))
      wrong.emplace_back(rule.id, why);
    if (std::max(sources->together(source), targets->together(target)) >= SilenceLimits::together)
      wrong.emplace_back(rule.id,
                         "256 rules rest on the same exact label or on none: an alert would have "
                         "to ask them all");
    sources->add(SilenceId(place + 1), place, source);
    targets->add(SilenceId(place + 1), place, target);
  }
  s.inhibit_sources = std::move(sources), s.inhibit_targets = std::move(targets);
  s.inhibit_hash = hash_of(all);
  return wrong;
}

std::vector<std::uint64_t> source_keys(const Settings& settings, AlertText text) {
  std::vector<std::uint64_t> out;
  for (const std::uint32_t place : fitting(settings.inhibit_sources.get(), text)) {
    const InhibitRule& rule = settings.inhibit[place];
    out.push_back(key_of(rule, text, matches_all(rule.target, text)));
    if (out.size() == source_keys_max) break;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<TargetKeys> target_keys(const Settings& settings, AlertText text) {
  std::vector<TargetKeys> out;
  for (const std::uint32_t place : fitting(settings.inhibit_targets.get(), text)) {
    const InhibitRule& rule = settings.inhibit[place];
    TargetKeys keys{place, key_of(rule, text, false)};
    if (!matches_all(rule.source, text)) keys.of_both = key_of(rule, text, true);
    out.push_back(keys);
  }
  return out;
}

std::optional<Inhibited> inhibited(const State& state, const Settings& settings, AlertText text) {
  for (const TargetKeys& keys : target_keys(settings, text)) {
    if (state.sources(keys.of_sources)) return Inhibited{keys.rule, keys.of_sources};
    if (keys.of_both && state.sources(*keys.of_both)) return Inhibited{keys.rule, *keys.of_both};
  }
  return {};
}

std::string source_words(AlertText text, std::string_view ci) {
  return std::string(text.label("alertname")) + (ci.empty() ? "" : " on " + std::string(ci));
}

}  // namespace tocsin
