#include "rules/oncall/mute.hpp"

#include <algorithm>
#include <set>

#include "rules/model/inhibit.hpp"
#include "rules/model/planted.hpp"
#include "rules/oncall/escalation.hpp"
#include "rules/oncall/hierarchy.hpp"
#include "rules/oncall/outbox.hpp"

namespace tocsin {
namespace {

constexpr std::uint32_t numbers_per_slice = 20'000;  // closed ones cost a look-up
constexpr std::uint32_t members_per_slice = 5000;
constexpr std::size_t facts_per_slice = 150;

IncidentRow row_of(const Deciding& d, IncidentNumber n) {
  return d.state.incidents().at(d.state.incident_slot(n));
}

bool nothing_mutes(const Deciding& d) {
  return d.state.silence_index().size() == 0 && d.settings.inhibit.empty();
}

constexpr std::string_view restricted_source = "a restricted alert";

// It waits for all of these already.
bool knows(const IncidentRow& row, const std::vector<std::uint64_t>& keys) {
  const auto known = unpack_keys(row.words().inhibited_keys);
  return std::includes(known.begin(), known.end(), keys.begin(), keys.end());
}

bool escalates(const IncidentRow& row) {
  return row.unresolved() && row.acknowledged_at == never && row.escalate_due != never &&
         row.verify_due == never && !row.prompted;
}

void inhibit(const Deciding& d, IncidentNumber n, const Cover& cover) {
  const InhibitRule& rule = d.settings.inhibit[cover.rule];
  std::string source;
  for (const std::uint64_t key : cover.keys) {
    const State::Sources* sources = d.state.sources(key);
    if (!sources) continue;
    const AlertRow& row = d.state.alerts().at(sources->begin()->second);
    const std::uint32_t of = d.state.incident_slot(row.incident);
    // What it is about is not for everybody who may read the incident that it inhibits.
    const bool restricted = of != no_slot && d.state.incidents().at(of).restricted;
    source = restricted ? std::string(restricted_source) : source_words(row.text(), row.ci());
    break;
  }
  d.out.add(PagingInhibited{n, cover.until, rule.id, rule.owner, rule.reason, source,
                            pack_keys(cover.keys)});
  cancel_pages(d, n);
}

void hold(const Deciding& d, IncidentNumber n, const Cover& cover) {
  if (!cover.keys.empty()) return inhibit(d, n, cover);
  const SilenceRow silence = d.state.silences().at(d.state.silence_slot(cover.by));
  const std::string by(silence.words().by), comment(silence.words().comment);
  d.out.add(PagingHeld{n, cover.by, cover.until, by, comment});
  cancel_pages(d, n);
}

void resume(const Deciding& d, IncidentNumber n, WhyResumed why) {
  const IncidentRow row = row_of(d, n);
  const Instant due = first_due(d.settings, row.priority, d.now);
  d.out.add(PagingResumed{n, why, static_cast<std::uint16_t>(row.cycle + 1), due});
  if (due <= d.now) take_step(d, n);
  tell_what_passed(d, n);
}

WhyResumed why_resumed(const IncidentRow& row) {
  return row.words().inhibited_keys.empty() ? WhyResumed::silence_over
                                            : WhyResumed::inhibition_over;
}

// An incident as the silences are now. Its deadline is moved or its escalation started only where
// that makes a difference.
void review(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = row_of(d, n);
  if (!escalates(row)) return;
  const auto cover = cover_of(d, n);
  const bool held = row.held_until != never;
  if (cover && (!held || cover->until != row.held_until ||
                pack_keys(cover->keys) != row.words().inhibited_keys))
    hold(d, n, *cover);
  if (!cover && held) resume(d, n, why_resumed(row));
}

}  // namespace

std::optional<Cover> cover_of(const Deciding& d, AlertText text) {
  std::optional<Cover> out;
  d.state.silence_index().each_fit(text, [&](std::uint32_t slot) {
    const SilenceRow& s = d.state.silences().at(slot);
    if (!s.covers(d.now)) return;
    const bool later = !out || s.ends_due > out->until;
    if (later || (s.ends_due == out->until && s.id < out->by)) out = Cover{s.ends_due, s.id, {}};
  });
  if (out || d.settings.inhibit.empty()) return out;
  if (const auto by = inhibited(d.state, d.settings, text))
    out = Cover{when_uninhibited, {}, {by->key}, by->rule};
  return out;
}

std::optional<Cover> cover_of(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = row_of(d, n);
  const std::uint32_t firing = row.alerts_firing;
  // What a person reported first is no matter of alerts alone.
  if (by_people(row.origin)) return {};
  if (nothing_mutes(d) || firing == 0 || firing > muted_members_max) return {};
  if (!d.state.children_of(n).empty()) return {};  // it speaks for others
  std::optional<Cover> out;
  std::set<std::uint64_t> keys;
  std::uint32_t rule = UINT32_MAX;
  bool all = true;
  d.state.each_member(n, [&](std::uint32_t slot) {
    const auto cover = cover_of(d, d.state.alerts().at(slot).text());
    all = cover && keys.size() <= inhibited_keys_max;
    if (!all) return false;
    if (!cover->keys.empty()) rule = std::min(rule, cover->rule);
    keys.insert(cover->keys.begin(), cover->keys.end());
    const bool sooner = !out || cover->until < out->until;
    if (sooner || (cover->until == out->until && cover->by < out->by)) out = cover;
    return true;
  });
  if (!all || !out) return {};
  out->keys.assign(keys.begin(), keys.end()), out->rule = rule;
  return out;
}

void escalate(const Deciding& d, IncidentNumber n) {
  if (const auto cover = cover_of(d, n)) return hold(d, n, *cover);
  const IncidentRow row = row_of(d, n);
  if (row.held_until != never) return resume(d, n, why_resumed(row));
  take_step(d, n);
}

void review_mute(const Deciding& d, IncidentNumber n, std::uint32_t alert_slot) {
  const IncidentRow row = row_of(d, n);
  if (!escalates(row)) return;
  const bool held = row.held_until != never;
  if (!held && nothing_mutes(d)) return;
  const auto own = cover_of(d, d.state.alerts().at(alert_slot).text());
  if (!own && held) return resume(d, n, WhyResumed::other_alert);
  if (!own || (held && own->until >= row.held_until && knows(row, own->keys))) return;
  if (const auto cover = cover_of(d, n)) return hold(d, n, *cover);
  if (held) resume(d, n, WhyResumed::other_alert);
}

namespace {

void sweep_from(const Deciding& d, std::uint32_t from) {
  const std::uint32_t end = d.state.globals().next_incident.value;
  const std::size_t facts_before = d.out.count();
  std::uint32_t n = from, members = 0;
  for (; n < end && n < from + numbers_per_slice && members < members_per_slice &&
         d.out.count() < facts_before + facts_per_slice;
       ++n) {
    if (d.state.incident_slot(IncidentNumber(n)) == no_slot) continue;
    members += row_of(d, IncidentNumber(n)).alerts_firing;
    review(d, IncidentNumber(n));
  }
  if (n < end)
    d.out.add(MutesAdvanced{IncidentNumber(n), d.now});
  else if (d.state.globals().mute_next)
    d.out.add(MutesAdvanced{IncidentNumber{}, never});
}

}  // namespace

void start_mute_sweep(const Deciding& d) {
  if (!planted("silence_expired_and_forgotten")) sweep_from(d, 1);
}

void mute_sweep_slice(const Deciding& d) {
  sweep_from(d, d.state.globals().mute_next.value);
}

}  // namespace tocsin
