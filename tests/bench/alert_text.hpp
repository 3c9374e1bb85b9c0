#pragma once
// The alerts of the benchmark: number i is the same alert on every machine and in every run, so
// that a phase can repeat or end what another phase began. About 770 bytes of JSON each.

#include <cstdint>
#include <string>

namespace tocsin::bench {

// How many in a hundred alerts are critical. Set before the first is made.
inline std::uint64_t critical_percent = 1;

enum class Phase { fresh, repeat, resolve };

struct AlertTimes {
  std::int64_t starts_at = 0;  // seconds since 1970; part of what makes a repeat a repeat
  std::int64_t now = 0;
};

// A JSON array of the alerts first .. first + count - 1, as Prometheus sends them. A repeat moves
// endsAt and the measured value and nothing else; `turn` tells one repeat from another.
std::string batch_json(std::uint64_t first, std::uint64_t count, Phase phase,
                       const AlertTimes& times, unsigned turn);

// One of them: `ends_at` in the past ends it, in the future it fires until then.
void append_alert(std::string& out, std::uint64_t number, std::int64_t starts_at,
                  std::int64_t ends_at, unsigned turn);

bool is_critical(std::uint64_t number);
// Its alertname, instance and device, which no other alert has together.
std::string identity_of(std::uint64_t number);

}  // namespace tocsin::bench
