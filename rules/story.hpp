#pragma once
// The timeline of an incident as people read it. An entry is the fact itself (docs/store.md); the
// words are made here, so they may get better without touching what was recorded.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/model/codec.hpp"
#include "rules/model/rows.hpp"

namespace tocsin {

struct TimelineEntry {
  Instant at{};       // wall time needs the offset in force: Globals::wall()
  std::string kind;   // REC-6: created, event_linked, page_sent, acknowledged ...
  std::string actor;  // daemon, a person's id, or a source
  std::string text;   // one sentence, with its reason
  std::vector<std::pair<std::string, std::string>> fields;  // everything in the fact
};
// Nothing when the bytes are damaged or of a newer version.
std::optional<TimelineEntry> read_entry(std::string_view value);

// The words of the parts, for whoever says more about them.
std::string story_words(JoinReason why);  // "same CI and same subcategory"
std::string span_words(Span span);        // "90 s", "15 min", "4 h"
std::string wall_words(Wall at);          // "2026-06-09 02:00:05 UTC"

// A closed incident, as it stands in the archive.
struct ArchivedIncident {
  IncidentRow row;
  std::shared_ptr<const Blob> words;  // keeps row.words() valid
};
std::optional<ArchivedIncident> read_archived(std::string_view value);
inline std::string incident_archive_key(IncidentNumber n) {
  return row_key(closed_prefix, n.value);
}

}  // namespace tocsin
