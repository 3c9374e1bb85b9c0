#pragma once
// What keeps alerts and incidents of a snapshot quiet, as our own API and Alertmanager's say it:
// the kind, who made it and why, and when it ends. What inhibits is found in one walk over the
// alerts, made when it is first asked for. One reading thread.

#include <absl/container/flat_hash_map.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/api/json_out.hpp"
#include "rules/model/state.hpp"

namespace tocsin::api {

class Muting {
 public:
  // Both must outlive it.
  Muting(const Snapshot& snapshot, const Settings& settings) : s_(snapshot), settings_(settings) {}

  // "muted_by": an object, or null. A window before a silence, a silence before an inhibition.
  void write(JsonWriter& json, const AlertRow& alert) const;
  void write(JsonWriter& json, const IncidentRow& incident) const;
  // Alertmanager's fingerprints of sources that keep it quiet, one a rule.
  std::vector<std::string> inhibited_by(AlertText text) const;

 private:
  struct Source {
    std::uint64_t serial = 0;
    std::uint32_t slot = 0;
  };
  const Source* source(std::uint64_t key) const;
  void write_silence(JsonWriter& json, const SilenceRow& row, Wall ends_at) const;
  void write_rule(JsonWriter& json, const InhibitRule& rule) const;

  const Snapshot& s_;
  const Settings& settings_;
  mutable bool walked_ = false;
  mutable absl::flat_hash_map<std::uint64_t, Source> sources_;  // the oldest of each key
};

}  // namespace tocsin::api
