#include <array>
#include <cstdlib>

#include "daemon/api/am_api.hpp"
#include "daemon/api/metric_families.hpp"

namespace tocsin::api {
namespace {

void add_alerts(Families& out, const Snapshot& snapshot) {
  std::array<std::uint64_t, EnumTable<AlertState>::count> by_state{};
  snapshot.alerts.each([&](std::uint32_t, const AlertRow& row) { ++by_state[index(row.state)]; });
  // Those of held incidents: to ask every alert for its silences is too much for every scrape.
  std::uint64_t suppressed = 0;
  snapshot.incidents.each([&](std::uint32_t, const IncidentRow& row) {
    if (row.held_until != never) suppressed += row.alerts_firing;
  });
  auto ours = gauge_family("tocsin_alerts", "Alerts in memory by their state.");
  for (std::size_t i = 0; i < by_state.size(); ++i)
    add_sample(ours, {{"state", std::string(name(static_cast<AlertState>(i)))}},
               static_cast<double>(by_state[i]));
  out.push_back(std::move(ours));
  auto theirs = gauge_family("alertmanager_alerts", "How many alerts by state.");
  const auto count = [&](AlertState s) { return static_cast<double>(by_state[index(s)]); };
  const auto muted = static_cast<double>(suppressed);
  add_sample(theirs, {{"state", "active"}},
             count(AlertState::firing) + count(AlertState::stale) - muted);
  add_sample(theirs, {{"state", "suppressed"}}, muted);
  add_sample(theirs, {{"state", "unprocessed"}}, count(AlertState::held));
  out.push_back(std::move(theirs));
}

void add_silences(Families& out, const Snapshot& snapshot) {
  std::array<std::uint64_t, EnumTable<SilenceState>::count> by_state{};
  snapshot.silences.each([&](std::uint32_t, const SilenceRow& row) {
    if (row.kind == SuppressionKind::silence) ++by_state[index(row.state)];
  });
  std::uint64_t held = 0;
  snapshot.incidents.each(
      [&](std::uint32_t, const IncidentRow& row) { held += row.held_until != never; });
  auto theirs = gauge_family("alertmanager_silences", "How many silences by state.");
  for (std::size_t i = 0; i < by_state.size(); ++i)
    add_sample(theirs, {{"state", std::string(name(static_cast<SilenceState>(i)))}},
               static_cast<double>(by_state[i]));
  out.push_back(std::move(theirs));
  add_gauge(out, "tocsin_incidents_held",
            "Incidents for which nobody is paged, since all that fires in them is silenced.",
            static_cast<double>(held));
}

void add_received(Families& out, const IntakeStats& intake) {
  auto received = counter_family("alertmanager_alerts_received_total",
                                 "Alerts received over the Alertmanager API by this process.");
  add_sample(received, {{"status", "firing"}, {"version", "v2"}},
             static_cast<double>(intake.firing.load()));
  add_sample(received, {{"status", "resolved"}, {"version", "v2"}},
             static_cast<double>(intake.resolved.load()));
  out.push_back(std::move(received));
  auto invalid = counter_family("alertmanager_alerts_invalid_total",
                                "Invalid alerts received over the Alertmanager API.");
  add_sample(invalid, {{"version", "v2"}}, static_cast<double>(intake.invalid.load()));
  out.push_back(std::move(invalid));
}

prometheus::ClientMetric latency(const DeliveryStats::Kind& kind, const std::string& integration) {
  prometheus::ClientMetric metric;
  metric.label.push_back({"integration", integration});
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < notification_buckets_ms.size(); ++i) {
    sum += kind.latency[i].load();
    metric.histogram.bucket.push_back(
        {sum, static_cast<double>(notification_buckets_ms[i]) / 1000});
  }
  metric.histogram.sample_count = sum + kind.latency.back().load();
  metric.histogram.sample_sum = static_cast<double>(kind.latency_ms.load()) / 1000;
  return metric;
}

void add_notifications(Families& out, const DeliveryStats& delivery) {
  auto sent = counter_family("alertmanager_notifications_total", "Attempted notifications.");
  auto failed = counter_family("alertmanager_notifications_failed_total", "Failed notifications.");
  prometheus::MetricFamily took{"alertmanager_notification_latency_seconds",
                                "How long attempts took.",
                                prometheus::MetricType::Histogram,
                                {}};
  for (std::size_t i = 0; i < stat_kinds.size(); ++i) {
    const DeliveryStats::Kind& kind = delivery.kinds[i];
    const std::string integration(stat_kinds[i]);
    const auto count = [&](AttemptOutcome o) {
      return static_cast<double>(kind.outcomes[index(o)].load());
    };
    double all = 0;
    for (const auto& n : kind.outcomes) all += static_cast<double>(n.load());
    add_sample(sent, {{"integration", integration}}, all);
    add_sample(failed, {{"integration", integration}, {"reason", "clientError"}},
               count(AttemptOutcome::refused));
    add_sample(failed, {{"integration", integration}, {"reason", "contextDeadlineExceeded"}},
               count(AttemptOutcome::unknown));
    add_sample(failed, {{"integration", integration}, {"reason", "other"}},
               count(AttemptOutcome::not_sent));
    took.metric.push_back(latency(kind, integration));
  }
  out.push_back(std::move(sent));
  out.push_back(std::move(failed));
  out.push_back(std::move(took));
}

}  // namespace

void add_alertmanager_metrics(Families& out, const Snapshot& snapshot, const MetricPorts& ports) {
  auto build =
      gauge_family("alertmanager_build_info", "The Alertmanager whose API this behaves like.");
  add_sample(build, {{"version", std::string(am_version)}, {"revision", "tocsin " + ports.version}},
             1);
  out.push_back(std::move(build));
  add_alerts(out, snapshot);
  add_silences(out, snapshot);
  add_received(out, *ports.intake);
  add_notifications(out, *ports.delivery);
  add_gauge(out, "alertmanager_config_last_reload_successful",
            "Whether the newest reload was good.", ports.reload_ok());
  // As many bits of the hash as a floating-point number holds exactly.
  const std::string bits = snapshot.globals.config_hash.substr(0, 12);
  add_gauge(out, "alertmanager_config_hash", "Hash of the configuration in force.",
            static_cast<double>(std::strtoull(bits.c_str(), nullptr, 16)));
  add_gauge(out, "alertmanager_cluster_members", "This one.", 1);
  add_gauge(out, "alertmanager_cluster_failed_peers", "There are no peers.", 0);
}

}  // namespace tocsin::api
