#pragma once
// What a replay found, for a terminal, for a pull request, for a program. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/replay/compare.hpp"

namespace tocsin::cli {

struct ReplayReport {
  const Record& record;
  const Outcome &before, &after;
  const Difference& difference;
  std::string before_name, after_name;  // "in force", "new.yaml"
  Span asked{};
  std::uint32_t limit = 0;  // of lines in each list; 0: all
};

std::string replay_text(const ReplayReport& report);
std::string replay_markdown(const ReplayReport& report);
std::string replay_json(const ReplayReport& report);

// ---- shared by the three ----

// What a replay cannot know, and what that means for its figures.
std::vector<std::string> replay_unknowns(const ReplayReport& report);
// "2 -> 1", "P3 -> P2, group blue -> red": what became of the incidents of a knot.
std::string what_changed(const ReplayReport& report, const Knot& knot);
// Who is told more or less often: "page ann by pager 1 -> 0"; empty: as before.
std::string told_words(const Knot& knot);
const OutcomeIncident& shown_incident(const ReplayReport& report, const Knot& knot);
std::string recorded_words(const Knot& knot);         // "INC0000012, INC0000013"; empty: none
std::string alert_words(const RecordedEvent& event);  // "DiskFull on db-7"
std::size_t shown(const ReplayReport& report, std::size_t size);

// Rows of three: what, before, after.
std::vector<std::vector<std::string>> replay_figures(const ReplayReport& report);
std::string replay_span(const ReplayReport& report);
std::string replay_verdict(const ReplayReport& report);  // one sentence

}  // namespace tocsin::cli
