#include "rules/audit.hpp"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <numeric>

namespace tocsin {
namespace {

template <class Numbers>
std::uint64_t sum(const Numbers& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0});
}

std::uint64_t counted(const Totals& totals, Metric metric) {
  std::uint64_t out = 0;
  for (auto it = totals.counters.lower_bound({metric});
       it != totals.counters.end() && it->first.metric == metric; ++it)
    out += it->second;
  return out;
}

// Deadlines that their turn must take. Pages that wait for a free slot of their channel have none
// of that kind: the channel sets their pace.
class Lateness {
 public:
  explicit Lateness(Instant now) : now_(now) {}
  void of(Instant due) {
    if (due < now_) latest_ = std::max(latest_, now_ - due);
  }
  Span latest() const { return latest_; }

 private:
  const Instant now_;
  Span latest_{};
};

// 4. Conservation.
void conservation(const Snapshot& s, Audit& out) {
  std::uint64_t held = 0;
  s.alerts.each([&](std::uint32_t, const AlertRow& row) {
    held += row.state == AlertState::held && !(row.flags & AlertRow::muted);
  });
  const std::uint64_t received = sum(s.totals.received);
  const std::uint64_t accounted = sum(s.totals.dispositions) + held;
  out.events_unaccounted = received > accounted ? received - accounted : accounted - received;
  if (out.events_unaccounted)
    out.broken.push_back("conservation: " + std::to_string(out.events_unaccounted) +
                         " events have no disposition, or more than one");
}

// 3. Told.
bool will_be_told(const IncidentRow& row, Instant now) {
  for (const Instant due : {row.escalate_due, row.verify_due, row.prompt_due, row.family_due})
    if (due != never && due >= now - lateness_max) return true;
  return false;
}

void told(const Snapshot& s, const Settings& settings, Instant now, Audit& out) {
  absl::flat_hash_set<std::uint32_t> paging;    // incidents with a page that is under way
  absl::flat_hash_set<std::uint32_t> speaking;  // for their children, or about to let them go
  s.incidents.each([&](std::uint32_t, const IncidentRow& row) {
    if (row.unresolved() || will_be_told(row, now)) speaking.insert(row.number.value);
  });
  s.pages.each([&](std::uint32_t, const PageRow& page) {
    if (!page.delivered && page.kind == PageKind::page) paging.insert(page.incident.value);
  });
  IncidentNumber first;
  s.incidents.each([&](std::uint32_t, const IncidentRow& row) {
    if (!row.unresolved() || row.acknowledged_at != never || row.drill ||
        !settings.policies[index(row.priority)].must_page || will_be_told(row, now) ||
        paging.contains(row.number.value) || speaking.contains(row.parent.value))
      return;
    ++out.untold_incidents;
    if (!first || row.number < first) first = row.number;
  });
  if (out.untold_incidents)
    out.broken.push_back("told: " + std::to_string(out.untold_incidents) +
                         " incidents are unanswered, and nobody will be told; the first is " +
                         to_text(first));
}

// What is owed, and what is late.
void owed(const Snapshot& s, Instant now, Audit& out) {
  absl::flat_hash_set<std::uint32_t> drills;
  Lateness late(now);
  s.incidents.each([&](std::uint32_t, const IncidentRow& row) {
    if (row.drill) drills.insert(row.number.value);
    for (const Instant due :
         {row.escalate_due, row.verify_due, row.prompt_due, row.close_due, row.family_due})
      late.of(due);
  });
  s.alerts.each([&](std::uint32_t, const AlertRow& row) { late.of(alert_due(row, s.globals)); });
  s.silences.each([&](std::uint32_t, const SilenceRow& row) { late.of(row.due()); });
  s.requests.each([&](std::uint32_t, const RequestRow& row) { late.of(row.forget_due); });
  s.heartbeats.each([&](std::uint32_t, const HeartbeatRow& row) { late.of(row.due); });
  s.pages.each([&](std::uint32_t, const PageRow& page) {
    if (page.delivered) return;
    if (page.state == PageState::in_flight) late.of(page.due);
    if (!drills.contains(page.incident.value))
      out.oldest_undelivered = std::max(out.oldest_undelivered, now - page.requested_at);
  });
  const auto& channels = s.globals.channel_health;
  out.no_channel_takes = out.oldest_undelivered > owed_too_long && !channels.empty() &&
                         std::all_of(channels.begin(), channels.end(), [](const auto& channel) {
                           return channel.second.failures > 0;
                         });
  out.lateness = late.latest();
  if (out.lateness > lateness_max)
    out.broken.push_back("bounds: a deadline is " + std::to_string(out.lateness.ms / 1000) +
                         " s late");
}

// 12. Totals equal a recount: whatever was opened and not closed is there, and nothing else.
void totals(const Snapshot& s, Audit& out) {
  std::uint64_t live = 0;
  s.incidents.each([&](std::uint32_t, const IncidentRow& row) {
    live += !row.drill && row.state < IncidentState::closed;
  });
  const std::uint64_t opened = counted(s.totals, Metric::incidents_opened);
  const std::uint64_t closed = counted(s.totals, Metric::incidents_closed);
  if (opened != closed + live)
    out.broken.push_back("totals: " + std::to_string(opened) + " incidents were opened, " +
                         std::to_string(closed) + " closed, and " + std::to_string(live) +
                         " are live");
}

// 2. Held, and 13. Bounds: nothing is shown before it is durable, no table outgrows its limit.
void limits(const Snapshot& s, std::uint64_t durable, Audit& out) {
  if (s.globals.seq > durable)
    out.broken.push_back("held: a reader is shown frame " + std::to_string(s.globals.seq) +
                         " and the disk has " + std::to_string(durable));
  if (s.globals.channel_health.size() > channel_health_max)
    out.broken.push_back("bounds: more channels are watched than there may be");
}

}  // namespace

Audit audit(const Snapshot& snapshot, const Settings& settings, std::uint64_t durable,
            Instant now) {
  Audit out;
  limits(snapshot, durable, out);
  told(snapshot, settings, now, out);
  conservation(snapshot, out);
  totals(snapshot, out);
  owed(snapshot, now, out);
  return out;
}

}  // namespace tocsin
