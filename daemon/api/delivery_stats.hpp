#pragma once
// What this process has sent and heard since it started, for the alertmanager_* names of dashboards
// (Alertmanager's own counters start at zero as well). The lasting counts are the durable totals.
// Written by any thread.

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "rules/model/enums.hpp"

namespace tocsin::api {

inline constexpr std::array<std::int64_t, 5> notification_buckets_ms{1000, 5000, 10000, 15000,
                                                                     20000};

// Channel kinds that are built in, and one place for whatever else there may be.
inline constexpr std::array<std::string_view, 8> stat_kinds{
    "terminal", "mailbox", "webhook", "smtp", "slack", "syslog", "exec", "other"};
std::size_t stat_kind(std::string_view channel_kind);

struct DeliveryStats {
  using Count = std::atomic<std::uint64_t>;
  struct Kind {
    std::array<Count, EnumTable<AttemptOutcome>::count> outcomes{};
    std::array<Count, notification_buckets_ms.size() + 1> latency{};
    Count latency_ms{};
  };
  std::array<Kind, stat_kinds.size()> kinds;
  Count backstop{};  // attempts that nobody answered by their deadline

  void attempt(std::string_view channel_kind, AttemptOutcome outcome, std::int64_t took_ms);
};

struct IntakeStats {
  std::atomic<std::uint64_t> firing{}, resolved{}, invalid{};  // over the Alertmanager API
  std::atomic<std::uint64_t> truncated{};  // alerts that senders of groups say they left out
};

}  // namespace tocsin::api
