#include "tests/bench/alert_text.hpp"

#include <array>
#include <ctime>
#include <string_view>

namespace tocsin::bench {
namespace {

constexpr std::uint64_t ci_count = 8000;
constexpr std::int64_t lease_s = 4 * 3600;  // no alert of a run ends by itself

// 40 names over 10 clusters and 20 services: 8,000 groups in an Alertmanager that groups by the
// three.
constexpr std::array<const char*, 40> names{"HostHighCpuLoad",
                                            "HostOutOfMemory",
                                            "HostDiskRunningFull",
                                            "HostDiskWillFillIn24h",
                                            "HostInterfaceDown",
                                            "HostClockSkew",
                                            "HostOomKillDetected",
                                            "HostRaidDegraded",
                                            "HostSystemdUnitFailed",
                                            "HostTemperatureHigh",
                                            "InstanceDown",
                                            "TargetMissing",
                                            "PostgresqlDown",
                                            "PostgresReplicationLag",
                                            "PostgresTooManyConnections",
                                            "PostgresDeadlocks",
                                            "MysqlSlowQueries",
                                            "RedisDown",
                                            "RedisOutOfMemory",
                                            "KafkaQueueLag",
                                            "RabbitQueueBacklog",
                                            "HttpErrorRateHigh",
                                            "HttpLatencyHigh",
                                            "Http5xxBurst",
                                            "ApdexLow",
                                            "ErrorBudgetBurn",
                                            "KubernetesNodeNotReady",
                                            "KubernetesPodCrashLoop",
                                            "KubernetesJobFailed",
                                            "KubernetesQuotaExceeded",
                                            "CertificateExpiresSoon",
                                            "BackupFailed",
                                            "BackupMissing",
                                            "BgpSessionDown",
                                            "OspfNeighborLost",
                                            "PacketLossHigh",
                                            "DnsLookupFailing",
                                            "UpsOnBattery",
                                            "BatchJobNotCompleted",
                                            "PaymentProviderSlow"};
constexpr std::array<const char*, 24> words{"saturated",
                                            "unexpectedly",
                                            "for longer than usual",
                                            "after the last rollout",
                                            "since night",
                                            "on the replica",
                                            "in the second zone",
                                            "under peak traffic",
                                            "while a backup runs",
                                            "with growing backlog",
                                            "despite two retries",
                                            "behind the proxy",
                                            "near its limit",
                                            "outside the window",
                                            "for all tenants",
                                            "on one shard",
                                            "after a failover",
                                            "with packet loss",
                                            "before the nightly job",
                                            "on the primary",
                                            "as forecast",
                                            "without a known cause",
                                            "for the third time",
                                            "across the cluster"};

// Spreads numbers: what an alert says must not follow a pattern that a cache could learn.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

std::string padded(std::uint64_t n, std::size_t width) {
  std::string out = std::to_string(n);
  return out.size() < width ? std::string(width - out.size(), '0') + out : out;
}

std::string rfc3339(std::int64_t seconds) {
  std::tm tm{};
  const std::time_t t = seconds;
  gmtime_r(&t, &tm);
  char out[32];
  const std::size_t size = std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
  return std::string(out, size);
}

const char* severity(std::uint64_t i) {
  const std::uint64_t percent = mixed(i) % 100;
  return percent < critical_percent ? "critical" : percent < 3 ? "error" : "warning";
}

void append_labels(std::string& out, std::uint64_t i) {
  const std::uint64_t ci = i % ci_count, kind = i / ci_count;
  out.append("\"labels\":{\"alertname\":\"").append(names[kind % names.size()]);
  out.append("\",\"cluster\":\"prod-eu-central-").append(std::to_string(ci % 10));
  out.append("\",\"device\":\"/dev/mapper/vg0-data").append(padded(kind / names.size(), 2));
  out.append("\",\"environment\":\"production\",\"instance\":\"node-").append(padded(ci, 5));
  out.append(":9100\",\"job\":\"node-exporter\",\"namespace\":\"tenant-");
  out.append(std::to_string(ci % 37)).append("\",\"service\":\"svc-");
  out.append(padded(ci / 10 % 20, 2)).append("\",\"severity\":\"").append(severity(i));
  out.append("\",\"team\":\"platform-").append(std::to_string(ci % 7)).append("\"}");
}

void append_annotations(std::string& out, std::uint64_t i, std::uint64_t value) {
  const std::uint64_t ci = i % ci_count;
  const char* name = names[i / ci_count % names.size()];
  std::uint64_t dice = mixed(i ^ 0xA5A5u);
  out.append("\"annotations\":{\"description\":\"").append(name).append(" on node-");
  out.append(padded(ci, 5)).append(": measured ").append(std::to_string(value / 100));
  out.append(".").append(padded(value % 100, 2)).append(" percent");
  for (int k = 0; k < 7; ++k, dice /= words.size())
    out.append(", ").append(words[dice % words.size()]);
  out.append(".\",\"runbook_url\":\"https://runbooks.example.org/").append(name);
  out.append("\",\"summary\":\"").append(name).append(" (instance node-").append(padded(ci, 5));
  out.append(")\"}");
}

}  // namespace

void append_alert(std::string& out, std::uint64_t number, std::int64_t starts_at,
                  std::int64_t ends_at, unsigned turn) {
  out.append("{");
  append_annotations(out, number, mixed(number * 31 + turn) % 10'000);
  out.append(",\"endsAt\":\"").append(rfc3339(ends_at));
  out.append("\",\"startsAt\":\"").append(rfc3339(starts_at));
  out.append(
      "\",\"generatorURL\":\"https://prometheus.example.org/graph?g0.expr=node_load15%20%3E%20");
  out.append("8&g0.tab=1\",");
  append_labels(out, number);
  out.append("}");
}

bool is_critical(std::uint64_t number) {
  return std::string_view(severity(number)) == "critical";
}

std::string identity_of(std::uint64_t number) {
  const std::uint64_t kind = number / ci_count;
  return std::string(names[kind % names.size()]) + " node-" + padded(number % ci_count, 5) +
         ":9100 /dev/mapper/vg0-data" + padded(kind / names.size(), 2);
}

std::string batch_json(std::uint64_t first, std::uint64_t count, Phase phase,
                       const AlertTimes& times, unsigned turn) {
  const std::int64_t ends_at =
      phase == Phase::resolve ? times.now : times.now + lease_s + 60 * turn;
  std::string out = "[";
  out.reserve(count * 800);
  for (std::uint64_t i = first; i < first + count; ++i) {
    if (i != first) out.append(",");
    append_alert(out, i, times.starts_at, ends_at, turn);
  }
  return out.append("]");
}

}  // namespace tocsin::bench
