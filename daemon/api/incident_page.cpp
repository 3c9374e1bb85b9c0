// One incident and its story, for somebody who was just woken.
#include "daemon/api/incident_page.hpp"

#include "connectors/text/rfc3339.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t entries_max = 200;  // the newest

}  // namespace

std::string time_words(const Globals& globals, Instant at) {
  return people_text(globals.wall(at));
}

IncidentView view_of(const Engine& engine, const Snapshot& snapshot, const FoundIncident& found,
                     const Sight& sight) {
  const IncidentRow& row = found.row;
  const IncidentWords words = sight.words(row);
  const Globals& g = snapshot.globals;
  IncidentView v;
  v.number = to_text(row.number), v.priority = name(row.priority), v.title = words.title;
  v.state = state_word(row.state);
  if (sight.hides(row)) return v;
  if (row.unresolved() && row.acknowledged_at != never)
    v.notice = "Acknowledged by " + std::string(words.owner) + " at " +
               time_words(g, row.acknowledged_at) + ".";
  if (row.on_hold()) v.notice += " On hold until " + time_words(g, row.hold_until) + ".";
  if (row.major == MajorState::candidate)
    v.notice += " To be decided whether it is a major incident" +
                (row.major_due < when_uninhibited ? ", until " + time_words(g, row.major_due)
                                                  : std::string()) +
                ".";
  if (!row.unresolved() && row.resolved_at != never)
    v.notice = "Resolved by " + std::string(words.resolved_by) + " at " +
               time_words(g, row.resolved_at) + ".";
  v.facts = {
      {"CI", std::string(words.ci)},
      {"Service", std::string(words.service)},
      {"Since", people_text(row.occurred_at)},
      {"On hold for", row.on_hold() ? std::string(words.hold_note) : std::string()},
      {"Major incident", row.is_major() ? std::string(words.business_impact) : std::string()},
      {"Group", std::string(words.group)},
      {"Known error", std::string(words.known_error)},
      {"Workaround", std::string(words.workaround)},
      {"Summary", words.summary == words.title ? "" : std::string(words.summary)}};
  if (!row.drill)
    v.facts.emplace_back("Alerts firing",
                         std::to_string(row.alerts_firing) + " of " +
                             std::to_string(row.alerts_total) +
                             (row.monitoring_silent ? "; monitoring is silent" : ""));
  v.runbook = words.runbook;
  const std::uint32_t first = row.timeline > entries_max ? row.timeline - entries_max + 1 : 1;
  for (const auto& [entry, story] : find_timeline(engine, snapshot, row.number, first, entries_max))
    v.story.insert(v.story.begin(), {time_words(g, story.at), story.text});
  return v;
}

std::optional<std::string> incident_page(const Engine& engine, const Snapshot& snapshot,
                                         IncidentNumber number, const Actor& who) {
  const auto found = find_incident(engine, snapshot, number);
  if (!found) return {};
  const auto settings = engine.settings();
  IncidentView view = view_of(engine, snapshot, *found, Sight(who, snapshot, *settings));
  view.list = "../";
  return incident_html(view);
}

}  // namespace tocsin::api
