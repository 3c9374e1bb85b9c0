#pragma once
// Helpers around prometheus-cpp's families. Internal to metrics*.cpp: its headers are heavy.

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

#include "daemon/api/metrics.hpp"

namespace tocsin::api {

using Families = std::vector<prometheus::MetricFamily>;
using LabelPairs = std::vector<std::pair<std::string, std::string>>;

prometheus::MetricFamily counter_family(std::string name, std::string help);
prometheus::MetricFamily gauge_family(std::string name, std::string help);
void add_sample(prometheus::MetricFamily& family, const LabelPairs& labels, double value);
void add_counter(Families& out, std::string name, std::string help, double value);
void add_gauge(Families& out, std::string name, std::string help, double value);

void add_process_metrics(Families& out);
void add_syslog_metrics(Families& out, const SyslogNumbers& numbers, std::uint64_t out_of_memory);
void add_alertmanager_metrics(Families& out, const Snapshot& snapshot, const MetricPorts& ports);

}  // namespace tocsin::api
