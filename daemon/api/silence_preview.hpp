#pragma once
// What a silence would hide, were it active at the instant of the snapshot. Looks at every alert,
// so it belongs on the reading thread. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/api/json_out.hpp"
#include "daemon/api/sight.hpp"
#include "rules/model/settings.hpp"
#include "rules/model/state.hpp"

namespace tocsin::api {

struct SilencePreview {
  std::size_t alerts = 0;       // firing, stale or inside their hold-down, that fit
  std::size_t alerts_seen = 0;  // of so many
  std::size_t cis = 0;          // that they are about
  // Unresolved incidents with an alert that fits, the newest first. held: nothing fires in it that
  // this or another silence does not cover, so nobody is paged for it.
  struct Touched {
    std::uint32_t slot;
    IncidentNumber number;
    bool held;
  };
  std::vector<Touched> incidents;
  std::size_t held() const;
};

// Of what the reader may see.
SilencePreview preview(const Snapshot& snapshot, const std::vector<Matcher>& matchers,
                       const Sight& sight);

// The counts, and of the incidents the first hundred.
void write_preview(JsonWriter& json, const SilencePreview& found, const Snapshot& snapshot);

// Ids of the silences that cover these labels at the instant of the snapshot, sorted.
std::vector<std::string> silenced_by(const Snapshot& snapshot, AlertText text);
bool is_silenced(const Snapshot& snapshot, AlertText text);

}  // namespace tocsin::api
