#pragma once
// The durable totals under the names of process.md 12.3, with every small label set present from
// the start, so that the first increment is visible to increase() (KPI-2).

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rules/model/state.hpp"

namespace tocsin {

struct MetricSample {
  std::vector<std::pair<std::string, std::string>> labels;
  std::uint64_t value = 0;
};
// Cumulative counts per upper bound; the last is +Inf. Bounds and sum in `divisor`ths of the unit.
struct MetricHistogram {
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<std::int64_t> bounds;
  std::vector<std::uint64_t> cumulative;
  std::uint64_t sum = 0;
  std::int64_t divisor = 1;
};
struct MetricFamily {
  enum class Type { counter, gauge, histogram } type = Type::counter;
  std::string name;  // with its _total or _seconds
  std::string help;
  std::vector<MetricSample> samples;
  std::vector<MetricHistogram> histograms;
};

// Counters and histograms from the totals, gauges recounted from the rows.
std::vector<MetricFamily> export_totals(const Snapshot& snapshot);

}  // namespace tocsin
