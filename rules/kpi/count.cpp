#include "rules/kpi/count.hpp"

#include <cstring>

namespace tocsin {
namespace {

std::size_t slot_of(std::uint8_t source) {
  return source < sources_max ? source : sources_max - 1;
}

void disposed(Totals& t, std::uint8_t source, Disposition d) {
  ++t.received[slot_of(source)];
  ++t.dispositions[index(d)];
}

// The first bucket whose bound is not below the value; one past the last for the rest.
template <std::size_t N>
std::uint8_t bucket(const std::array<std::int64_t, N>& bounds, std::int64_t value) {
  std::uint8_t i = 0;
  while (i < N && value > bounds[i]) ++i;
  return i;
}

std::uint8_t label(Priority p) {
  return static_cast<std::uint8_t>(p);
}

// Calls use(index, count) for each packed pair.
template <class Use>
bool pairs(Text packed, Use&& use) {
  if (packed.size() % 5) return false;
  for (std::size_t i = 0; i < packed.size(); i += 5) {
    std::uint32_t n;
    std::memcpy(&n, packed.data() + i + 1, sizeof n);
    if (!use(static_cast<std::uint8_t>(packed[i]), n)) return false;
  }
  return true;
}

}  // namespace

bool count_tallied(Totals& t, const Tallied& f) {
  return pairs(f.received,
               [&](std::uint8_t i, std::uint32_t n) {
                 if (i >= t.received.size()) return false;
                 t.received[i] += n;
                 return true;
               }) &&
         pairs(f.dispositions, [&](std::uint8_t i, std::uint32_t n) {
           if (i >= t.dispositions.size()) return false;
           t.dispositions[i] += n;
           return true;
         });
}

void count(Totals& t, const AlertOpened& f) {
  if (f.state == AlertState::tombstone) disposed(t, f.source, Disposition::orphan_resolve);
  if (f.state == AlertState::held) ++t.received[slot_of(f.source)], ++t.held;
}

void count(Totals& t, const AlertChanged& f, AlertState was) {
  if (f.state == AlertState::held && was != AlertState::held)
    ++t.received[slot_of(f.source)], ++t.held;
}

void count(Totals& t, const EventCounted& f) {
  if (f.below) disposed(t, f.source, Disposition::counted_below_threshold);
}

void count(Totals& t, const AlertResolved& f, AlertState was) {
  if (f.quiet_ms > 0) return;  // no event came
  disposed(t, f.source, f.disposition);
  if (was != AlertState::held) return;
  --t.held;  // the event that was held ends with the one that clears it
  ++t.dispositions[index(f.disposition)];
}

void count_suppressed(Totals& t) {
  --t.held;
  ++t.dispositions[index(Disposition::maintenance_suppressed)];
}

void count(Totals& t, const AlertLinked& f) {
  if (!f.was_held) return disposed(t, f.source, f.disposition);
  --t.held;
  ++t.dispositions[index(f.disposition)];
}

void count(Totals& t, const AlertRelinked& f) {
  disposed(t, f.source, f.disposition);
}

void count(Totals& t, const IncidentReported& f) {
  disposed(t, f.source, f.disposition);
  t.add(Metric::incidents_reported, f.why == JoinReason::opened_it ? 1 : 0);
}

void count(Totals& t, const IncidentOpened& f) {
  t.add(Metric::incidents_opened, label(f.priority), category_index(f.category));
  t.add(Metric::incidents_opened_by_origin, static_cast<std::uint8_t>(f.origin));
  t.add(Metric::incidents_ci_match, static_cast<std::uint8_t>(f.ci_match));
  if (f.recurrence_of) t.add(Metric::incidents_recurrent, label(f.priority));
}

void count(Totals& t, const IncidentReopened& f, const IncidentRow& incident) {
  t.add(Metric::incidents_reopened, label(incident.priority), static_cast<std::uint8_t>(f.trigger));
}

void count(Totals& t, const PriorityChanged& f) {
  t.add(Metric::priority_changes, f.priority < f.before ? 0 : 1);
}

void count_priority(Totals& t, Priority before, Priority after) {
  if (before != after) t.add(Metric::priority_changes, after < before ? 0 : 1, 1);
}

void count(Totals& t, const EscalationStepped& f) {
  t.add(Metric::escalations, static_cast<std::uint8_t>(f.step < 9 ? f.step : 9),
        static_cast<std::uint8_t>(f.why));
}

void count(Totals& t, const AttemptSettled& f, bool drill) {
  if (!drill) t.add(Metric::attempts, static_cast<std::uint8_t>(f.outcome));
  if (f.why == WhySettled::lease_expired) t.add(Metric::leases_expired);
}

void count_acknowledged(Totals& t, const IncidentAcknowledged& f, const IncidentRow& before,
                        Instant at) {
  if (before.drill) return;
  if (f.page) t.add(Metric::links_acknowledged);
  const std::int64_t s = (at - before.opened_at).ms / 1000;
  t.add(Metric::acknowledge_seconds, label(before.priority), bucket(acknowledge_buckets, s));
  t.add(Metric::acknowledge_sum, label(before.priority), 0, 0, static_cast<std::uint64_t>(s));
}

void count_resolved(Totals& t, const IncidentRow& i, Wall resolved_at) {
  const auto cls = closure_class(i.code);
  t.add(Metric::incidents_resolved, label(i.priority), static_cast<std::uint8_t>(cls),
        i.resolved_by_daemon ? 0 : 1);
  if (cls != ClosureClass::fixed && cls != ClosureClass::workaround && cls != ClosureClass::self)
    return;
  const Wall restored = i.restored_at.ms ? i.restored_at : resolved_at;
  const std::int64_t s = std::max<std::int64_t>(0, (restored - i.occurred_at).ms / 1000);
  t.add(Metric::restore_seconds, label(i.priority), bucket(restore_buckets, s));
  t.add(Metric::restore_sum, label(i.priority), 0, 0, static_cast<std::uint64_t>(s));
}

void count_lowered(Totals& t, const IncidentRow& before) {
  const ClockRow& broken =
      before.resolution.breached_at != never ? before.resolution : before.response;
  if (broken.breached_at != never)
    t.add(Metric::downgrades_after_breach, label(broken.breached_as));
}

void count(Totals& t, const ClockWarned& f) {
  t.add(Metric::sla_warnings, static_cast<std::uint8_t>(f.clock), label(f.priority), f.percent);
}

void count(Totals& t, const ClockBreached& f) {
  t.add(Metric::sla_breaches, static_cast<std::uint8_t>(f.clock), label(f.priority),
        static_cast<std::uint8_t>(f.why));
}

// SLA-11. What was no incident of its own was promised to nobody.
static void count_agreements(Totals& t, const IncidentRow& i) {
  const ClosureClass ended = closure_class(i.code);
  if (ended == ClosureClass::duplicate || ended == ClosureClass::invalid) return;
  for (const ClockKind kind : {ClockKind::response, ClockKind::resolution}) {
    const ClockRow& clock = i.clock(kind);
    if (!clock.exists()) continue;
    const bool breached = clock.breached_at != never;
    t.add(Metric::sla_completed, static_cast<std::uint8_t>(kind),
          label(breached ? clock.breached_as : clock.priority), breached);
  }
}

void count_hold_ended(Totals& t, const IncidentRow& i, Instant at) {
  t.add(Metric::hold_seconds, static_cast<std::uint8_t>(i.hold_reason), 0, 0,
        static_cast<std::uint64_t>((at - i.hold_since).ms / 1000));
}

// Origin: nobody decided in time, a person did about what a rule proposed, or people alone. What
// its manager says of one that is accepted already makes it no other one.
void count_decided(Totals& t, const MajorDecided& f, const IncidentRow& before, Instant at) {
  if (before.major == MajorState::candidate)
    t.add(Metric::major_candidates, static_cast<std::uint8_t>(f.decision), f.by_daemon ? 1 : 0);
  if (f.decision != MajorDecision::accepted || before.is_major()) return;
  const bool by_rule = f.criterion != MajorCriterion::manual;
  t.add(Metric::major_incidents, f.by_daemon ? 2 : by_rule ? 0 : 1);
  const std::int64_t s = (at - before.opened_at).ms / 1000;
  t.add(Metric::major_declare_seconds, 0, bucket(acknowledge_buckets, s));
  t.add(Metric::major_declare_sum, 0, 0, 0, static_cast<std::uint64_t>(s));
}

void count_closed(Totals& t, const IncidentRow& i, bool reviewed) {
  if (i.drill) return;
  t.add(Metric::incidents_closed, label(i.priority), static_cast<std::uint8_t>(i.code));
  count_agreements(t, i);
  if (!reviewed) return;
  const IncidentWords words = i.words();
  const auto [category, subcategory] = category_now(words);
  const auto review = [&](bool same) {
    return !i.category_confirmed ? CategoryReview::unconfirmed
           : same                ? CategoryReview::match
                                 : CategoryReview::mismatch;
  };
  const bool same = category == words.category;
  t.add(Metric::category_reviews, 0, static_cast<std::uint8_t>(review(same)));
  t.add(Metric::category_reviews, 1,
        static_cast<std::uint8_t>(review(same && subcategory == words.subcategory)));
}

void count_page_ended(Totals& t, const PageEnded& f, const PageRow& page, std::uint8_t channel,
                      bool drill, Instant at) {
  if (drill) return t.add(Metric::drill_pages, channel, static_cast<std::uint8_t>(f.end));
  t.add(Metric::pages, channel, label(page.priority), static_cast<std::uint8_t>(f.end));
  if (f.end != PageEnd::delivered) return;
  const std::int64_t ms = (at - page.requested_at).ms;
  t.add(Metric::delivery_seconds, channel, bucket(delivery_buckets_ms, ms));
  t.add(Metric::delivery_sum, channel, 0, 0, static_cast<std::uint64_t>(ms));
}

}  // namespace tocsin
