#include "rules/prepare.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "rules/classify/rules.hpp"
#include "rules/correlate/ci.hpp"
#include "rules/correlate/group.hpp"
#include "rules/model/silence.hpp"

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

// What the rules are told of an alert besides its text. A CI that nobody declared may say in which
// environment it is.
Subject subject_of(AlertText text, const Ci* ci, std::string_view source, Severity severity) {
  Subject out;
  out.text = text, out.source = source, out.severity = severity;
  if (ci) out.ci_class = ci->ci_class;
  out.environment = !ci                       ? text.label("environment")
                    : ci->environment.empty() ? std::string_view("prod")
                                              : std::string_view(ci->environment);
  return out;
}

// What the configuration says of a heartbeat that is missed stands with it: no rule is asked.
bool of_heartbeat(Prepared& p, AlertText text, const Settings& settings, std::string_view source) {
  if (settings.heartbeats.empty() || source != heartbeat_source) return false;
  const Heartbeat* missed = settings.heartbeat(text.label("heartbeat"));
  if (!missed) return false;
  p.heartbeat = static_cast<std::int32_t>(missed - settings.heartbeats.data());
  return true;
}

void classify_into(Prepared& p, AlertText text, const Settings& settings, std::string_view source) {
  p.text = text;
  p.severity = severity_of(text, settings);
  const CiFound found = find_ci(text, settings);
  p.ci = found.id;
  p.ci_match = found.match;
  if (!settings.group_by.empty() && !found.ci) p.group = group_of(text, found.match, settings);
  if (p.group) p.ci = *p.group, p.ci_match = CiMatch::group;
  if (of_heartbeat(p, text, settings, source)) return;
  p.rule = first_rule(subject_of(text, found.ci, source, p.severity), settings);
  if (p.rule < 0) return;
  const Rule& rule = settings.rules[static_cast<std::size_t>(p.rule)];
  if (rule.severity) p.severity = *rule.severity;
  if (rule.event_class) p.event_class = *rule.event_class;
}

// It keeps a heartbeat alive, and that comes before all rules (BND-5, 1).
bool is_sign_of_life(AlertText text, const Settings& settings, std::string_view source) {
  if (!settings.heartbeat_index || source == heartbeat_source) return false;
  bool any = false;
  settings.heartbeat_index->each_fit(text, [&](std::uint32_t) { any = true; });
  return any;
}

}  // namespace

Prepared prepare(const AlertBatch& batch, const IncomingAlert& alert, const Settings& settings,
                 const Fingerprint& secret, std::uint8_t source, Wall received_at, Span promise,
                 std::string_view source_name) {
  Prepared p;
  p.event_class = p.sent_as = alert.event_class;
  classify_into(p, batch.text(alert), settings, source_name);
  if (is_sign_of_life(p.text, settings, source_name)) {
    p.event_class = EventClass::heartbeat;
    p.rule = -1;
  }
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

Prepared prepare_stored(AlertText text, Fingerprint f, const Settings& settings,
                        std::string_view source_name) {
  Prepared p;
  classify_into(p, text, settings, source_name);
  p.fingerprint = f;
  return p;
}

}  // namespace tocsin
