#pragma once
// Durable counters: integers only, changed by fold alone, one row of the checkpoint. An export
// shows the stored value, so a restart neither resets nor doubles anything (KPI-3).

#include <absl/container/btree_map.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "rules/model/enums.hpp"

namespace tocsin {

inline constexpr std::size_t channel_labels_max = 10;
inline constexpr std::size_t sources_max = 32;  // slots of integrations; the last collects the rest

// Names of process.md 12.3; labels are small integers whose meaning kpi/metrics.cpp knows.
TOCSIN_ENUM(Metric, incidents_opened, incidents_opened_by_origin, incidents_ci_match,
            incidents_resolved, incidents_closed, incidents_reopened, incidents_recurrent,
            escalations, pages, attempts, priority_changes, acknowledge_seconds, acknowledge_sum,
            restore_seconds, restore_sum, delivery_seconds, delivery_sum, clock_steps, history_lost,
            alerts_stale, leases_expired, drills, drill_pages, links_acknowledged, storms,
            incidents_related, alerts_flapping, requests_opened, incidents_reported, holds,
            hold_seconds, major_incidents, major_candidates, major_declare_seconds,
            major_declare_sum, category_reviews, sla_completed, sla_breaches, sla_warnings,
            downgrades_after_breach);

struct CounterKey {
  Metric metric{};
  std::uint8_t a = 0, b = 0, c = 0;
  std::uint32_t packed() const {
    return std::uint32_t{static_cast<std::uint8_t>(metric)} << 24 | std::uint32_t{a} << 16 |
           std::uint32_t{b} << 8 | c;
  }
  bool operator==(const CounterKey& o) const { return packed() == o.packed(); }
  auto operator<=>(const CounterKey& o) const { return packed() <=> o.packed(); }
};

struct Totals {
  std::array<std::uint64_t, sources_max> received{};
  std::array<std::uint64_t, EnumTable<Disposition>::count> dispositions{};
  std::uint64_t held = 0;  // events inside a hold-down: received, no disposition yet
  absl::btree_map<CounterKey, std::uint64_t> counters;  // copied into every snapshot

  void add(Metric m, std::uint8_t a = 0, std::uint8_t b = 0, std::uint8_t c = 0,
           std::uint64_t by = 1) {
    counters[{m, a, b, c}] += by;
  }
  bool operator==(const Totals&) const = default;
};

// Index of one of the fifteen categories of process.md 4.1, in its order; the last is `unknown`,
// and stands for every other word.
std::uint8_t category_index(std::string_view category);
inline constexpr std::size_t category_count = 15;
std::string_view category_name(std::uint8_t index);

// Upper bounds in seconds (KPI-7); a value above the last goes to the bucket after it.
inline constexpr std::array<std::int64_t, 12> acknowledge_buckets{
    30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000, 86400};
inline constexpr std::array<std::int64_t, 13> restore_buckets{
    300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800, 432000, 864000};
inline constexpr std::array<std::int64_t, 7> delivery_buckets_ms{500,   1000,  2000, 5000,
                                                                 10000, 30000, 60000};

}  // namespace tocsin
