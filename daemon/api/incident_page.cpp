// What the link in a page opens: the incident and its story, for somebody who was just woken.
#include "daemon/api/health.hpp"
#include "daemon/api/html.hpp"
#include "daemon/api/incident_source.hpp"
#include "daemon/api/rfc3339.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t entries_max = 500;

void line(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += "<tr><th>" + escape(name) + "</th><td>" + escape(value) + "</td></tr>\n";
}

// Only what a browser may safely follow becomes a link.
void runbook(std::string& out, std::string_view url) {
  if (!url.starts_with("https://") && !url.starts_with("http://")) return line(out, "Runbook", url);
  out +=
      "<tr><th>Runbook</th><td><a href=\"" + escape(url) + "\">" + escape(url) + "</a></td></tr>\n";
}

}  // namespace

std::optional<std::string> incident_page(const Engine& engine, const Snapshot& snapshot,
                                         IncidentNumber number) {
  const auto found = find_incident(engine, snapshot, number);
  if (!found) return {};
  const IncidentRow& row = found->row;
  const IncidentWords words = row.words();
  const Globals& g = snapshot.globals;
  std::string out = html_head(to_text(number) + " " + std::string(words.title));
  out += "<h1><span class=\"" + std::string(name(row.priority)) + "\">" +
         std::string(name(row.priority)) + "</span> " + to_text(number) + "</h1><p>" +
         escape(words.title) + "</p><table>\n";
  line(out, "State", state_word(row.state));
  line(out, "Owner", words.owner.empty() ? std::string_view("nobody yet") : words.owner);
  line(out, "CI", words.ci);
  line(out, "Service", words.service);
  line(out, "Group", words.group);
  line(out, "Since", rfc3339(row.occurred_at));
  line(out, "Alerts firing",
       std::to_string(row.alerts_firing) + " of " + std::to_string(row.alerts_total) +
           (row.monitoring_silent ? "; monitoring is silent" : ""));
  runbook(out, words.runbook);
  out += "</table>\n<h2>What happened</h2><table>\n";
  const std::uint32_t first = row.timeline > entries_max ? row.timeline - entries_max + 1 : 1;
  for (const auto& [entry, story] : find_timeline(engine, snapshot, number, first, entries_max))
    line(out, rfc3339(g.wall(story.at)), story.text);
  return out + "</table><p><a href=\"../\">All open incidents</a></p></body></html>\n";
}

}  // namespace tocsin::api
