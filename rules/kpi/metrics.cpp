#include "rules/kpi/metrics.hpp"

#include <numeric>

namespace tocsin {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;
using Type = MetricFamily::Type;

std::uint64_t counter(const Totals& t, Metric m, std::size_t a = 0, std::size_t b = 0,
                      std::size_t c = 0) {
  const auto it = t.counters.find({m, static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b),
                                   static_cast<std::uint8_t>(c)});
  return it == t.counters.end() ? 0 : it->second;
}
std::string priority(std::size_t p) {
  return std::string(name(static_cast<Priority>(p)));
}
template <Named E>
std::string word(std::size_t i) {
  return std::string(name(static_cast<E>(i)));
}
std::string channel_name(const Snapshot& s, std::size_t i) {
  return i < s.globals.channels.size() ? s.globals.channels[i] : "other";
}

MetricFamily family(Type type, std::string name, std::string help) {
  MetricFamily f;
  f.type = type, f.name = std::move(name), f.help = std::move(help);
  return f;
}

// A counter with one label whose values are those of an enumeration.
template <Named E>
MetricFamily by_enum(const Totals& t, Metric m, std::string name, std::string help,
                     std::string label) {
  MetricFamily f = family(Type::counter, std::move(name), std::move(help));
  for (std::size_t i = 0; i < EnumTable<E>::count; ++i)
    f.samples.push_back({{{label, word<E>(i)}}, counter(t, m, i)});
  return f;
}

void events(std::vector<MetricFamily>& out, const Snapshot& s) {
  MetricFamily received = family(Type::counter, "tocsin_events_received_total",
                                 "Events received, whatever became of them.");
  for (std::size_t i = 0; i < sources_max; ++i) {
    if (i >= s.globals.sources.size() && s.totals.received[i] == 0) continue;
    const std::string source = i < s.globals.sources.size() ? s.globals.sources[i] : "other";
    const std::string transport(source == syslog_source ? syslog_source : "http");
    received.samples.push_back(
        {{{"source", source}, {"transport", transport}}, s.totals.received[i]});
  }
  out.push_back(std::move(received));
  MetricFamily d = family(Type::counter, "tocsin_event_dispositions_total",
                          "What became of each event; exactly one per event.");
  for (std::size_t i = 0; i < EnumTable<Disposition>::count; ++i)
    d.samples.push_back({{{"disposition", word<Disposition>(i)}}, s.totals.dispositions[i]});
  out.push_back(std::move(d));
  MetricFamily held = family(Type::gauge, "tocsin_events_held", "Events inside their hold-down.");
  held.samples.push_back({{}, s.totals.held});
  out.push_back(std::move(held));
  const auto sum = [](const auto& a) {
    return std::accumulate(a.begin(), a.end(), std::uint64_t{0});
  };
  MetricFamily lost =
      family(Type::gauge, "tocsin_events_unaccounted", "Events without a disposition; must be 0.");
  lost.samples.push_back({{}, sum(s.totals.received) - sum(s.totals.dispositions) - s.totals.held});
  out.push_back(std::move(lost));
}

void incidents(std::vector<MetricFamily>& out, const Totals& t) {
  MetricFamily opened = family(Type::counter, "tocsin_incidents_opened_total", "Incidents opened.");
  for (std::size_t p = 0; p < 5; ++p)
    for (std::size_t c = 0; c < category_count; ++c)
      opened.samples.push_back(
          {{{"priority", priority(p)},
            {"category", std::string(category_name(static_cast<std::uint8_t>(c)))}},
           counter(t, Metric::incidents_opened, p, c)});
  out.push_back(std::move(opened));
  out.push_back(by_enum<Origin>(t, Metric::incidents_opened_by_origin,
                                "tocsin_incidents_opened_by_origin_total",
                                "Incidents opened, by where they came from.", "origin"));
  out.push_back(by_enum<CiMatch>(t, Metric::incidents_ci_match, "tocsin_incidents_ci_match_total",
                                 "How the CI of an incident was found.", "match"));
  MetricFamily resolved = family(Type::counter, "tocsin_incidents_resolved_total",
                                 "Incidents resolved; one that was reopened counts again.");
  for (std::size_t p = 0; p < 5; ++p)
    for (std::size_t c = 0; c < EnumTable<ClosureClass>::count; ++c)
      for (std::size_t by = 0; by < 2; ++by)
        resolved.samples.push_back({{{"priority", priority(p)},
                                     {"class", word<ClosureClass>(c)},
                                     {"by", by ? "human" : "auto"}},
                                    counter(t, Metric::incidents_resolved, p, c, by)});
  out.push_back(std::move(resolved));
  MetricFamily closed = family(Type::counter, "tocsin_incidents_closed_total", "Incidents closed.");
  for (std::size_t p = 0; p < 5; ++p)
    for (std::size_t c = 0; c < EnumTable<ClosureCode>::count; ++c)
      closed.samples.push_back({{{"priority", priority(p)}, {"code", word<ClosureCode>(c)}},
                                counter(t, Metric::incidents_closed, p, c)});
  out.push_back(std::move(closed));
  MetricFamily reopened =
      family(Type::counter, "tocsin_incidents_reopened_total", "Incidents that came back.");
  for (std::size_t p = 0; p < 5; ++p)
    for (std::size_t by = 0; by < EnumTable<ReopenTrigger>::count; ++by)
      reopened.samples.push_back({{{"priority", priority(p)}, {"trigger", word<ReopenTrigger>(by)}},
                                  counter(t, Metric::incidents_reopened, p, by)});
  out.push_back(std::move(reopened));
  out.push_back(by_enum<Priority>(t, Metric::incidents_recurrent,
                                  "tocsin_incidents_recurrent_total",
                                  "Incidents whose alert had caused one before.", "priority"));
  MetricFamily reviews = family(Type::counter, "tocsin_category_reviews_total",
                                "At closing: whether a person found the category as opened.");
  for (std::size_t level = 0; level < 2; ++level)
    for (std::size_t r = 0; r < EnumTable<CategoryReview>::count; ++r)
      reviews.samples.push_back({{{"level", level == 0 ? "category" : "subcategory"},
                                  {"result", word<CategoryReview>(r)}},
                                 counter(t, Metric::category_reviews, level, r)});
  out.push_back(std::move(reviews));
}

void pages(std::vector<MetricFamily>& out, const Snapshot& s) {
  MetricFamily ended = family(Type::counter, "tocsin_pages_total", "Pages, by how they ended.");
  const std::size_t channels = std::min(s.globals.channels.size() + 1, channel_labels_max + 1);
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t p = 0; p < 5; ++p)
      for (std::size_t e = 0; e < EnumTable<PageEnd>::count; ++e)
        ended.samples.push_back({{{"channel", channel_name(s, c)},
                                  {"priority", priority(p)},
                                  {"outcome", word<PageEnd>(e)}},
                                 counter(s.totals, Metric::pages, c, p, e)});
  out.push_back(std::move(ended));
  out.push_back(by_enum<AttemptOutcome>(s.totals, Metric::attempts, "tocsin_page_attempts_total",
                                        "Attempts to deliver, by outcome.", "outcome"));
  MetricFamily drilled = family(Type::counter, "tocsin_drill_pages_total",
                                "Pages of drills, by how they ended; in no other figure.");
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t e = 0; e < EnumTable<PageEnd>::count; ++e)
      drilled.samples.push_back({{{"channel", channel_name(s, c)}, {"outcome", word<PageEnd>(e)}},
                                 counter(s.totals, Metric::drill_pages, c, e)});
  out.push_back(std::move(drilled));
  MetricFamily steps = family(Type::counter, "tocsin_escalations_total", "Escalation steps taken.");
  for (std::size_t level = 0; level < 10; ++level)
    for (WhyPage why : {WhyPage::step_due, WhyPage::repeat_due, WhyPage::policy_exhausted,
                        WhyPage::nobody_to_page})
      steps.samples.push_back({{{"kind", "functional"},
                                {"level", std::to_string(level)},
                                {"trigger", std::string(name(why))}},
                               counter(s.totals, Metric::escalations, level, index(why))});
  out.push_back(std::move(steps));
  MetricFamily changes =
      family(Type::counter, "tocsin_priority_changes_total", "Changes of priority.");
  changes.samples.push_back(
      {{{"source", "auto"}, {"direction", "up"}}, counter(s.totals, Metric::priority_changes, 0)});
  changes.samples.push_back({{{"source", "auto"}, {"direction", "down"}},
                             counter(s.totals, Metric::priority_changes, 1)});
  for (const std::uint8_t down : {0, 1})
    changes.samples.push_back({{{"source", "manual"}, {"direction", down ? "down" : "up"}},
                               counter(s.totals, Metric::priority_changes, down, 1)});
  out.push_back(std::move(changes));
}

template <std::size_t N>
MetricHistogram histogram(const Totals& t, Metric buckets, Metric sum, std::size_t a,
                          const std::array<std::int64_t, N>& bounds, std::int64_t divisor,
                          Labels labels) {
  MetricHistogram h;
  h.labels = std::move(labels), h.bounds.assign(bounds.begin(), bounds.end()), h.divisor = divisor;
  std::uint64_t running = 0;
  for (std::size_t i = 0; i <= N; ++i) h.cumulative.push_back(running += counter(t, buckets, a, i));
  h.sum = counter(t, sum, a);
  return h;
}

void durations(std::vector<MetricFamily>& out, const Snapshot& s) {
  MetricFamily ack =
      family(Type::histogram, "tocsin_time_to_acknowledge_seconds", "From opened to acknowledged.");
  MetricFamily restore =
      family(Type::histogram, "tocsin_time_to_restore_seconds", "From occurred to restored.");
  for (std::size_t p = 0; p < 5; ++p) {
    ack.histograms.push_back(histogram(s.totals, Metric::acknowledge_seconds,
                                       Metric::acknowledge_sum, p, acknowledge_buckets, 1,
                                       {{"priority", priority(p)}}));
    restore.histograms.push_back(histogram(s.totals, Metric::restore_seconds, Metric::restore_sum,
                                           p, restore_buckets, 1, {{"priority", priority(p)}}));
  }
  MetricFamily delivery = family(Type::histogram, "tocsin_page_delivery_seconds",
                                 "From requested to accepted by the channel.");
  for (std::size_t c = 0; c < s.globals.channels.size(); ++c)
    delivery.histograms.push_back(histogram(s.totals, Metric::delivery_seconds,
                                            Metric::delivery_sum, c, delivery_buckets_ms, 1000,
                                            {{"channel", channel_name(s, c)}}));
  out.push_back(std::move(ack));
  out.push_back(std::move(restore));
  out.push_back(std::move(delivery));
}

// Counted from the rows of the same snapshot, so that no gauge can drift.
void gauges(std::vector<MetricFamily>& out, const Snapshot& s) {
  std::uint64_t open[5][4] = {}, unanswered[5] = {}, oldest[5] = {};
  s.incidents.each([&](std::uint32_t, const IncidentRow& r) {
    if (r.state > IncidentState::resolved || r.drill) return;
    const std::size_t p = index(r.priority);
    ++open[p][index(r.state)];
    if (!r.unresolved()) return;
    unanswered[p] += r.acknowledged_at == never && !r.parent;  // who answers that one, answers it
    oldest[p] =
        std::max(oldest[p], static_cast<std::uint64_t>((s.globals.at - r.opened_at).ms / 1000));
  });
  MetricFamily incidents_open =
      family(Type::gauge, "tocsin_incidents_open", "Incidents that are not closed.");
  MetricFamily unacknowledged = family(Type::gauge, "tocsin_unacknowledged",
                                       "Unresolved incidents that nobody has answered.");
  MetricFamily oldest_open =
      family(Type::gauge, "tocsin_oldest_open_seconds", "Age of the oldest unresolved incident.");
  for (std::size_t p = 0; p < 5; ++p) {
    for (std::size_t state = 0; state < 4; ++state)
      incidents_open.samples.push_back(
          {{{"priority", priority(p)},
            {"state", std::string(state_word(static_cast<IncidentState>(state)))}},
           open[p][state]});
    unacknowledged.samples.push_back({{{"priority", priority(p)}}, unanswered[p]});
    oldest_open.samples.push_back({{{"priority", priority(p)}}, oldest[p]});
  }
  out.push_back(std::move(incidents_open));
  out.push_back(std::move(unacknowledged));
  out.push_back(std::move(oldest_open));
}

// What people ask for (BND-5, 4) and how much of it waits, and what they report.
void requests(std::vector<MetricFamily>& out, const Snapshot& s) {
  MetricFamily opened =
      family(Type::counter, "tocsin_requests_opened_total", "Service requests opened.");
  opened.samples.push_back({{}, counter(s.totals, Metric::requests_opened)});
  std::uint64_t states[EnumTable<RequestState>::count] = {};
  s.requests.each([&](std::uint32_t, const RequestRow& r) { ++states[index(r.state)]; });
  MetricFamily kept = family(Type::gauge, "tocsin_requests", "Service requests that are kept.");
  for (std::size_t i = 0; i < std::size(states); ++i)
    kept.samples.push_back({{{"state", word<RequestState>(i)}}, states[i]});
  MetricFamily reports =
      family(Type::counter, "tocsin_reports_total", "Reports of people that something is broken.");
  for (const std::uint8_t opened_it : {0, 1})
    reports.samples.push_back({{{"outcome", opened_it ? "opened" : "joined"}},
                               counter(s.totals, Metric::incidents_reported, opened_it)});
  out.push_back(std::move(opened));
  out.push_back(std::move(kept));
  out.push_back(std::move(reports));
}

// What waits (6.4), and major incidents (8).
void course(std::vector<MetricFamily>& out, const Snapshot& s) {
  out.push_back(by_enum<HoldReason>(s.totals, Metric::holds, "tocsin_holds_total",
                                    "Incidents put on hold.", "reason"));
  out.push_back(by_enum<HoldReason>(s.totals, Metric::hold_seconds, "tocsin_hold_seconds_total",
                                    "How long incidents were on hold, when that ended.", "reason"));
  static constexpr const char* origins[] = {"auto", "manual", "timeout"};
  MetricFamily major =
      family(Type::counter, "tocsin_major_incidents_total", "Major incidents declared.");
  for (std::size_t i = 0; i < std::size(origins); ++i)
    major.samples.push_back(
        {{{"origin", origins[i]}}, counter(s.totals, Metric::major_incidents, i)});
  MetricFamily candidates = family(Type::counter, "tocsin_major_candidates_total",
                                   "Candidates for a major incident, by what became of them.");
  const auto outcome = [&](const char* word, MajorDecision decision, std::size_t by_daemon) {
    candidates.samples.push_back(
        {{{"outcome", word}},
         counter(s.totals, Metric::major_candidates, index(decision), by_daemon)});
  };
  outcome("accepted", MajorDecision::accepted, 0), outcome("timeout", MajorDecision::accepted, 1);
  outcome("rejected", MajorDecision::rejected, 0),
      outcome("withdrawn", MajorDecision::withdrawn, 1);
  candidates.samples.back().value +=
      counter(s.totals, Metric::major_candidates, index(MajorDecision::withdrawn));
  std::uint64_t open = 0;
  s.incidents.each(
      [&](std::uint32_t, const IncidentRow& r) { open += r.is_major() && r.unresolved(); });
  MetricFamily major_open =
      family(Type::gauge, "tocsin_major_open", "Major incidents that are not resolved.");
  major_open.samples.push_back({{}, open});
  MetricFamily declare = family(Type::histogram, "tocsin_major_declare_seconds",
                                "From opened to declared a major incident.");
  declare.histograms.push_back(histogram(s.totals, Metric::major_declare_seconds,
                                         Metric::major_declare_sum, 0, acknowledge_buckets, 1, {}));
  for (MetricFamily* f : {&major, &candidates, &major_open, &declare}) out.push_back(std::move(*f));
}

// What was promised (6.1), and what became of it.
void agreements(std::vector<MetricFamily>& out, const Snapshot& s) {
  MetricFamily completed =
      family(Type::counter, "tocsin_sla_completed_total",
             "Clocks of incidents that were closed, by the priority that counts.");
  MetricFamily breaches =
      family(Type::counter, "tocsin_sla_breaches_total", "Clocks that ran out, when they did.");
  MetricFamily warnings = family(Type::counter, "tocsin_sla_warnings_total",
                                 "Percentages of clocks that were passed.");
  for (std::size_t clock = 0; clock < EnumTable<ClockKind>::count; ++clock)
    for (std::size_t p = 0; p < 5; ++p) {
      const Labels labels{{"clock", word<ClockKind>(clock)}, {"priority", priority(p)}};
      const auto with = [&](const char* label, std::string value) {
        Labels all = labels;
        all.emplace_back(label, std::move(value));
        return all;
      };
      for (const std::size_t breached : {0, 1})
        completed.samples.push_back({with("result", breached ? "breached" : "met"),
                                     counter(s.totals, Metric::sla_completed, clock, p, breached)});
      for (std::size_t why = 0; why < EnumTable<WhyBreached>::count; ++why)
        breaches.samples.push_back({with("reason", word<WhyBreached>(why)),
                                    counter(s.totals, Metric::sla_breaches, clock, p, why)});
      if (static_cast<ClockKind>(clock) == ClockKind::response) continue;  // nobody is warned of it
      for (const std::size_t percent : {50, 75, 90})
        warnings.samples.push_back({with("threshold", std::to_string(percent)),
                                    counter(s.totals, Metric::sla_warnings, clock, p, percent)});
    }
  out.push_back(std::move(completed));
  out.push_back(std::move(breaches));
  out.push_back(std::move(warnings));
  out.push_back(by_enum<Priority>(s.totals, Metric::downgrades_after_breach,
                                  "tocsin_downgrades_after_breach_total",
                                  "Incidents lowered after a clock of theirs had run out.",
                                  "priority"));
  static constexpr const char* zones[] = {"ok", "risk", "overdue"};
  std::uint64_t running[EnumTable<ClockKind>::count][5][3] = {};
  s.incidents.each([&](std::uint32_t, const IncidentRow& r) {
    for (std::size_t clock = 0; clock < EnumTable<ClockKind>::count; ++clock)
      if (const ClockRow& c = r.clock(static_cast<ClockKind>(clock)); r.unresolved() && c.runs())
        ++running[clock][index(c.priority)][c.passed == 100 ? 2 : c.passed >= 75 ? 1 : 0];
  });
  MetricFamily now = family(Type::gauge, "tocsin_sla_running",
                            "Clocks that run: below 75 %, from there on, and beyond their time.");
  for (std::size_t clock = 0; clock < EnumTable<ClockKind>::count; ++clock)
    for (std::size_t p = 0; p < 5; ++p)
      for (std::size_t zone = 0; zone < 3; ++zone)
        now.samples.push_back({{{"clock", word<ClockKind>(clock)},
                                {"priority", priority(p)},
                                {"zone", zones[zone]}},
                               running[clock][p][zone]});
  out.push_back(std::move(now));
}

// Very much at once, and what comes and goes.
void storms(std::vector<MetricFamily>& out, const Snapshot& s) {
  MetricFamily active = family(Type::gauge, "tocsin_storm_active", "1 while a storm is on.");
  active.samples.push_back({{}, s.globals.storm.on});
  MetricFamily storms = family(Type::counter, "tocsin_storms_total", "Storms that began.");
  storms.samples.push_back({{}, counter(s.totals, Metric::storms)});
  MetricFamily flapping =
      family(Type::counter, "tocsin_alerts_flapping_total", "Alerts that began to flap.");
  flapping.samples.push_back({{}, counter(s.totals, Metric::alerts_flapping)});
  out.push_back(std::move(active));
  out.push_back(std::move(storms));
  out.push_back(by_enum<WhyRelated>(s.totals, Metric::incidents_related,
                                    "tocsin_incidents_related_total",
                                    "Incidents that became the child of another.", "why"));
  out.push_back(std::move(flapping));
}

void machinery(std::vector<MetricFamily>& out, const Snapshot& s) {
  const auto single = [&](std::string name, std::string help, Metric m) {
    MetricFamily f = family(Type::counter, std::move(name), std::move(help));
    f.samples.push_back({{}, counter(s.totals, m)});
    out.push_back(std::move(f));
  };
  single("tocsin_alerts_stale_total", "Alerts that were not heard again in time.",
         Metric::alerts_stale);
  single("tocsin_drills_total", "Drills started.", Metric::drills);
  single("tocsin_links_acknowledged_total", "Incidents acknowledged by the link of a page.",
         Metric::links_acknowledged);
  MetricFamily took = family(Type::gauge, "tocsin_channel_last_success_timestamp_seconds",
                             "When a channel last took a page.");
  MetricFamily failures = family(Type::gauge, "tocsin_channel_failures",
                                 "Attempts in a row that a channel did not take.");
  for (const auto& [name, health] : s.globals.channel_health) {
    failures.samples.push_back({{{"channel", name}}, health.failures});
    if (health.accepted_at != never)
      took.samples.push_back(
          {{{"channel", name}},
           static_cast<std::uint64_t>(s.globals.wall(health.accepted_at).ms / 1000)});
  }
  out.push_back(std::move(took));
  out.push_back(std::move(failures));
  single("tocsin_clock_steps_total", "Steps of the wall clock.", Metric::clock_steps);
  single("tocsin_history_lost_total", "Declared losses of acknowledged history.",
         Metric::history_lost);
  single("tocsin_page_leases_expired_total", "Attempts that the sender never answered; a bug.",
         Metric::leases_expired);
}

}  // namespace

std::vector<MetricFamily> export_totals(const Snapshot& s) {
  std::vector<MetricFamily> out;
  events(out, s);
  incidents(out, s.totals);
  pages(out, s);
  durations(out, s);
  gauges(out, s);
  agreements(out, s);
  storms(out, s);
  requests(out, s);
  course(out, s);
  machinery(out, s);
  return out;
}

}  // namespace tocsin
