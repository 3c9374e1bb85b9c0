#include "daemon/api/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <array>
#include <sstream>
#include <tuple>

#include "connectors/in/syslog/rules.hpp"
#include "daemon/api/metric_families.hpp"
#include "rules/kpi/metrics.hpp"

namespace tocsin::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

std::vector<ClientMetric::Label> labels_of(const LabelPairs& labels) {
  std::vector<ClientMetric::Label> out;
  for (const auto& [name, value] : labels) out.push_back({name, value});
  return out;
}

ClientMetric histogram(const MetricHistogram& from) {
  ClientMetric metric;
  metric.label = labels_of(from.labels);
  const auto divisor = static_cast<double>(from.divisor);
  for (std::size_t i = 0; i < from.bounds.size() && i < from.cumulative.size(); ++i)
    metric.histogram.bucket.push_back(
        {from.cumulative[i], static_cast<double>(from.bounds[i]) / divisor});
  metric.histogram.sample_count = from.cumulative.empty() ? 0 : from.cumulative.back();
  metric.histogram.sample_sum = static_cast<double>(from.sum) / divisor;
  return metric;
}

prometheus::MetricFamily family_of(const tocsin::MetricFamily& from) {
  prometheus::MetricFamily out;
  out.name = from.name;
  out.help = from.help;
  switch (from.type) {
    case tocsin::MetricFamily::Type::counter:
      out.type = MetricType::Counter;
      break;
    case tocsin::MetricFamily::Type::gauge:
      out.type = MetricType::Gauge;
      break;
    case tocsin::MetricFamily::Type::histogram:
      out.type = MetricType::Histogram;
      break;
  }
  for (const MetricSample& s : from.samples)
    add_sample(out, s.labels, static_cast<double>(s.value));
  for (const MetricHistogram& h : from.histograms) out.metric.push_back(histogram(h));
  return out;
}

// Backlog by age: how long unresolved incidents have been open.
void add_backlog(Families& out, const Snapshot& snapshot) {
  static constexpr std::array<std::pair<const char*, std::int64_t>, 5> ages{
      {{"0-1d", 1}, {"1-3d", 3}, {"3-7d", 7}, {"7-30d", 30}, {"30d+", INT64_MAX / 86'400'000}}};
  std::array<std::array<std::uint64_t, 5>, ages.size()> counts{};
  snapshot.incidents.each([&](std::uint32_t, const IncidentRow& row) {
    if (!row.unresolved() || row.drill) return;
    std::size_t age = 0;
    while (age + 1 < ages.size() &&
           (snapshot.globals.at - row.opened_at).ms >= ages[age].second * 86'400'000)
      ++age;
    ++counts[age][index(row.priority)];
  });
  auto family = gauge_family("tocsin_backlog_age", "Unresolved incidents by their age.");
  for (std::size_t a = 0; a < ages.size(); ++a)
    for (std::size_t p = 0; p < EnumTable<Priority>::count; ++p)
      add_sample(
          family,
          {{"age", ages[a].first}, {"priority", std::string(name(static_cast<Priority>(p)))}},
          static_cast<double>(counts[a][p]));
  out.push_back(std::move(family));
}

void add_engine(Families& out, const Engine& engine, const MetricPorts& ports) {
  const Engine::Health health = engine.health();
  add_gauge(out, "tocsin_ready", "1 when the daemon serves.", health.ready);
  add_gauge(out, "tocsin_accepting", "1 when alerts are taken.", health.accepting);
  add_gauge(out, "tocsin_history_loss_unconfirmed",
            "1 when acknowledged history was lost and nobody confirmed it.", health.history_lost);
  add_gauge(out, "tocsin_paging_paused",
            "1 while nobody is paged because the store was restored and nobody has resumed paging.",
            health.paused);
  if (const Wall good = engine.backup().good_at; good != Wall{})
    add_gauge(out, "tocsin_backup_last_success_timestamp_seconds",
              "When this process last made a backup.", static_cast<double>(good.ms) / 1000);
  add_gauge(out, "tocsin_inbox_commands", "Commands and alerts that wait for a turn.",
            static_cast<double>(health.inbox));
  add_gauge(out, "tocsin_log_durable_sequence", "Last frame of the log that is on disk.",
            static_cast<double>(health.durable));
  add_gauge(out, "tocsin_log_checkpoint_sequence",
            "Frame that the installed checkpoint stands for.",
            static_cast<double>(health.checkpoint));
  add_gauge(out, "tocsin_epoch", "Starts and take-overs of this store.",
            static_cast<double>(health.epoch));
  add_gauge(out, "tocsin_config_last_reload_successful", "1 when the newest reload was good.",
            ports.reload_ok());
  add_gauge(out, "tocsin_config_last_reload_success_timestamp_seconds",
            "When a configuration was last loaded.",
            static_cast<double>(ports.reloaded_at().ms) / 1000);
  add_counter(out, "tocsin_attempts_unanswered_total",
              "Attempts that the sender settled at their deadline; a bug.",
              static_cast<double>(ports.delivery->backstop.load()));
}

void add_store_memory(Families& out, const StoreMemory& m) {
  auto kept = gauge_family("tocsin_store_memory_bytes", "Memory that the store keeps for itself.");
  auto limit = gauge_family("tocsin_store_memory_limit_bytes", "Up to which it fills.");
  for (const auto& [part, bytes, max] : {std::tuple{"cache", m.cache, m.cache_max},
                                         std::tuple{"buffers", m.buffers, m.buffers_max}}) {
    add_sample(kept, {{"part", part}}, static_cast<double>(bytes));
    add_sample(limit, {{"part", part}}, static_cast<double>(max));
  }
  out.push_back(std::move(kept));
  out.push_back(std::move(limit));
}

void add_quotas(Families& out, const Quotas& quotas) {
  auto family = counter_family("tocsin_quota_refused_alerts_total",
                               "Alerts answered 503 because their integration exceeded its quota.");
  for (const auto& [integration, refused] : quotas.refused())
    add_sample(family, {{"source", integration}}, static_cast<double>(refused));
  out.push_back(std::move(family));
}

void add_links(Families& out, const LinkStats& s) {
  auto family = counter_family("tocsin_link_requests_total", "Uses of the links in pages.");
  for (const auto& [result, value] :
       {std::pair{"shown", s.shown.load()}, std::pair{"acknowledged", s.acknowledged.load()},
        std::pair{"already", s.already.load()}, std::pair{"expired", s.expired.load()},
        std::pair{"unknown", s.unknown.load()}, std::pair{"limited", s.limited.load()}})
    add_sample(family, {{"result", result}}, static_cast<double>(value));
  out.push_back(std::move(family));
}

void add_info(Families& out, const Snapshot& snapshot, const MetricPorts& ports) {
  auto build = gauge_family("tocsin_build_info", "Version of the program.");
  add_sample(build, {{"version", ports.version}}, 1);
  out.push_back(std::move(build));
  auto policy = gauge_family("tocsin_policy_info", "Hash of the configuration in force.");
  add_sample(policy, {{"policy_version", snapshot.globals.config_hash.substr(0, 16)}}, 1);
  out.push_back(std::move(policy));
}

void add_server(Families& out, const ServerStats& s) {
  const auto count = [&](const char* name, const char* help, std::uint64_t value) {
    add_counter(out, name, help, static_cast<double>(value));
  };
  count("tocsin_http_connections_total", "HTTP connections accepted.", s.accepted);
  count("tocsin_http_connections_refused_total", "HTTP connections over the limit.", s.refused);
  count("tocsin_http_accept_failures_total", "Connections the kernel could not hand over.",
        s.accept_failures);
  count("tocsin_http_requests_total", "HTTP requests.", s.requests);
  auto refused = counter_family("tocsin_http_requests_refused_total", "HTTP requests not handled.");
  for (const auto& [reason, value] :
       {std::pair{"malformed", s.malformed}, std::pair{"too_large", s.too_large},
        std::pair{"too_slow", s.too_slow}, std::pair{"shed", s.shed}})
    add_sample(refused, {{"reason", reason}}, static_cast<double>(value));
  out.push_back(std::move(refused));
  count("tocsin_http_replies_lost_total", "Requests that no handler answered in time; a bug.",
        s.replies_dropped + s.replies_late);
  count("tocsin_tls_handshakes_failed_total", "Connections that did not come to speak TLS.",
        s.handshakes_failed);
  add_gauge(out, "tocsin_http_connections_open", "Open HTTP connections.", s.open);
}

void add_audit(Families& out, const MetricPorts& ports) {
  if (!ports.audit) return;
  const auto look = ports.audit();
  const Audit audit = look ? look->audit : Audit{};
  add_gauge(out, "tocsin_laws_intact",
            "1 when the auditor found all laws to hold at its last look.", look && audit.intact());
  add_gauge(out, "tocsin_untold_incidents",
            "Incidents that must page and of which nobody will be told; a bug.",
            audit.untold_incidents);
  add_gauge(out, "tocsin_oldest_undelivered_page_seconds", "Age of the oldest page still owed.",
            static_cast<double>(audit.oldest_undelivered.ms) / 1000);
  add_gauge(out, "tocsin_deadline_lateness_seconds",
            "By how much the deadline that waits longest for its turn is late.",
            static_cast<double>(audit.lateness.ms) / 1000);
}

// Those that are expected of others.
void add_heartbeats(Families& out, const Snapshot& snapshot) {
  std::array<std::size_t, EnumTable<HeartbeatState>::count> counts{};
  snapshot.heartbeats.each(
      [&](std::uint32_t, const HeartbeatRow& row) { ++counts[index(row.state)]; });
  auto family = gauge_family("tocsin_heartbeats", "Heartbeats that are expected, by their state.");
  for (std::size_t i = 0; i < counts.size(); ++i)
    add_sample(family, {{"state", std::string(name(static_cast<HeartbeatState>(i)))}},
               static_cast<double>(counts[i]));
  out.push_back(std::move(family));
}

void add_heartbeat(Families& out, const Heartbeat* heartbeat) {
  if (!heartbeat || !heartbeat->in_use()) return;
  const Heartbeat::Stats& s = heartbeat->stats();
  auto family = counter_family("tocsin_heartbeats_total", "Heartbeats to the dead-man service.");
  for (const auto& [result, value] :
       {std::pair{"sent", s.sent.load()}, std::pair{"failed", s.failed.load()},
        std::pair{"withheld", s.withheld.load()}})
    add_sample(family, {{"result", result}}, static_cast<double>(value));
  out.push_back(std::move(family));
  add_gauge(out, "tocsin_heartbeat_last_answer_timestamp_seconds",
            "When the dead-man service last took a heartbeat; 0: never since the start.",
            static_cast<double>(s.answered_at_s.load()));
}

void add_web(Families& out, const WebStats& web) {
  add_counter(out, "tocsin_web_config_failures_total",
              "Changed web configurations, certificates or keys that could not be used.",
              static_cast<double>(web.failures));
  if (web.not_after_s)
    add_gauge(out, "tocsin_tls_certificate_not_after_timestamp_seconds",
              "When the certificate in use ends.", static_cast<double>(web.not_after_s));
}

void add_mapper(Families& out, const Mapper& mapper) {
  const Mapper::Stats& stats = mapper.stats();
  auto documents = counter_family("tocsin_mapping_documents_total",
                                  "Documents for users' programs, by what became of them.");
  static constexpr std::array<const char*, 4> outcomes{"mapped", "failed", "timeout",
                                                       "unavailable"};
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    add_sample(documents, {{"outcome", outcomes[i]}}, static_cast<double>(stats.outcomes[i]));
  add_sample(documents, {{"outcome", "full"}}, static_cast<double>(stats.full));
  out.push_back(std::move(documents));
}

void add_helpers(Families& out, const Mapper& mapper, const Runner& runner) {
  auto restarts = counter_family("tocsin_helper_restarts_total",
                                 "Helper processes started in the place of one that ended.");
  add_sample(restarts, {{"helper", "map"}}, static_cast<double>(mapper.stats().restarts));
  add_sample(restarts, {{"helper", "run"}}, static_cast<double>(runner.restarts()));
  out.push_back(std::move(restarts));
  auto up = gauge_family("tocsin_helper_up", "0 when a helper process cannot be started.");
  add_sample(up, {{"helper", "map"}}, mapper.trouble().empty());
  add_sample(up, {{"helper", "run"}}, runner.trouble().empty());
  out.push_back(std::move(up));
}

}  // namespace

prometheus::MetricFamily counter_family(std::string name, std::string help) {
  return {std::move(name), std::move(help), MetricType::Counter, {}};
}

prometheus::MetricFamily gauge_family(std::string name, std::string help) {
  return {std::move(name), std::move(help), MetricType::Gauge, {}};
}

void add_sample(prometheus::MetricFamily& family, const LabelPairs& labels, double value) {
  ClientMetric metric;
  metric.label = labels_of(labels);
  metric.counter.value = metric.gauge.value = value;  // the type of the family says which is read
  family.metric.push_back(std::move(metric));
}

void add_counter(Families& out, std::string name, std::string help, double value) {
  out.push_back(counter_family(std::move(name), std::move(help)));
  add_sample(out.back(), {}, value);
}

void add_gauge(Families& out, std::string name, std::string help, double value) {
  out.push_back(gauge_family(std::move(name), std::move(help)));
  add_sample(out.back(), {}, value);
}

std::string metrics_text(const Snapshot& snapshot, const Engine& engine, const MetricPorts& ports) {
  Families families;
  for (const tocsin::MetricFamily& family : export_totals(snapshot))
    families.push_back(family_of(family));
  add_backlog(families, snapshot);
  add_info(families, snapshot, ports);
  add_engine(families, engine, ports);
  add_store_memory(families, engine.store_memory());
  add_counter(families, "tocsin_alerts_truncated_total",
              "Alerts that senders of groups said they left out, since this process started.",
              static_cast<double>(ports.intake->truncated.load()));
  add_quotas(families, *ports.quotas);
  add_links(families, *ports.links);
  add_server(families, ports.server());
  add_web(families, ports.web());
  if (ports.mapper) add_mapper(families, *ports.mapper);
  if (ports.mapper && ports.runner) add_helpers(families, *ports.mapper, *ports.runner);
  const auto settings = engine.settings();
  add_syslog_metrics(families, ports.syslog(),
                     settings->syslog ? settings->syslog->out_of_memory() : 0);
  add_audit(families, ports);
  add_heartbeats(families, snapshot);
  add_heartbeat(families, ports.heartbeat);
  add_process_metrics(families);
  add_alertmanager_metrics(families, snapshot, ports);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return std::move(out).str();
}

}  // namespace tocsin::api
