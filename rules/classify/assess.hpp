#pragma once
// How bad it is and how soon: impact, urgency and the priority that follows from both (PRI-2 to
// PRI-5). Pure; grows with what depends on the CI, not with the inventory.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/settings.hpp"

namespace tocsin {

// What a priority depends on.
struct Concern {
  std::string_view ci;  // empty, or one that is not in the inventory: unknown
  std::string_view symptom = "S99";
  Severity severity = Severity::error;  // the highest of what fires
  std::optional<int> pool_spare;        // of the CI's pool: members up beyond those it needs
  Wall at{};                            // service hours are asked for then
  bool exposed = false;                 // data was, and that is confirmed
  std::string_view eased_by = {};       // a known error with an automated workaround
};

struct Assessment {
  std::uint8_t impact = 3, urgency = 3;
  Priority priority = Priority::P3;
  std::string reason;  // one sentence: both inputs, and where they came from
};
Assessment assess(const Concern& concern, const Settings& settings);

// The services that suffer with a CI, over hard dependencies or as its pool fails, and how many
// people use what depends on it.
struct Suffering {
  std::vector<const Ci*> services;
  std::uint64_t users = 0;
};
Suffering suffering_with(std::string_view ci, const Settings& settings);

// The keys of the configuration that the answer rests on, besides the matrix: "cis.svc-pay".
std::vector<std::string> keys_of(const Concern& concern, const Settings& settings);

// When the answer may be another one although nothing happens: the next boundary, after `at`, of
// the service hours and critical periods that count. None: never.
std::optional<Wall> reassess_at(std::string_view ci, Wall at, const Settings& settings);

}  // namespace tocsin
