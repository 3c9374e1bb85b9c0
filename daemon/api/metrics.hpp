#pragma once
// /metrics: the durable totals from a held snapshot, beside them what this process knows of itself
// and the alertmanager_* names that existing dashboards read. Text format 0.0.4, written by
// prometheus-cpp, whose headers are seen in metrics*.cpp only. Runs on the reading thread.

#include <functional>
#include <string>

#include "daemon/api/delivery_stats.hpp"
#include "daemon/api/heartbeat.hpp"
#include "daemon/api/links.hpp"
#include "daemon/api/quotas.hpp"
#include "daemon/api/reading.hpp"
#include "daemon/api/syslog_in.hpp"
#include "daemon/engine/auditor.hpp"
#include "daemon/net/mapper.hpp"
#include "daemon/net/runner.hpp"
#include "daemon/net/server.hpp"

namespace tocsin::api {

// Of the web configuration.
struct WebStats {
  std::uint64_t failures = 0;    // what changed and could not be used
  std::int64_t not_after_s = 0;  // of the certificate in use, Unix time; 0: no TLS
};

// Of the syslog listeners; `lines` is null when there are none.
struct SyslogNumbers {
  SyslogStats sockets;
  const SyslogInStats* lines = nullptr;
};

struct MetricPorts {
  std::string version;
  const DeliveryStats* delivery = nullptr;
  const IntakeStats* intake = nullptr;
  const Quotas* quotas = nullptr;
  const LinkStats* links = nullptr;
  std::function<ServerStats()> server;
  std::function<bool()> reload_ok;    // the newest reload was good
  std::function<Wall()> reloaded_at;  // the newest good one
  std::function<WebStats()> web;
  std::function<std::shared_ptr<const Auditor::Look>()> audit;
  const Heartbeat* heartbeat = nullptr;
  const Mapper* mapper = nullptr;
  const Runner* runner = nullptr;
  std::function<SyslogNumbers()> syslog;
};

std::string metrics_text(const Snapshot& snapshot, const Engine& engine, const MetricPorts& ports);

}  // namespace tocsin::api
