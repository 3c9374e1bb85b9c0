#include <algorithm>

#include "daemon/api/health.hpp"
#include "daemon/api/html.hpp"
#include "daemon/api/rfc3339.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t rows_max = 500;

void cell(std::string& out, std::string_view text) {
  out += "<td>";
  out += escape(text);
  out += "</td>";
}

void row(std::string& out, const IncidentRow& incident, const Globals& globals, Wall now) {
  const IncidentWords words = incident.words();
  out += "<tr>";
  const std::string number = to_text(incident.number);
  out += "<td><a href=\"incidents/" + number + "\">" + number + "</a></td>";
  out += "<td class=\"";
  out += name(incident.priority);
  out += "\">";
  out += name(incident.priority);
  out += "</td>";
  cell(out, state_word(incident.state));
  cell(out, short_age(now - globals.wall(incident.opened_at)));
  cell(out, words.ci);
  cell(out, words.title);
  cell(out, words.group);
  cell(out, words.owner.empty() ? std::string_view("nobody yet") : words.owner);
  cell(out, std::to_string(incident.alerts_firing) +
                (incident.monitoring_silent ? " (monitoring is silent)" : ""));
  out += "</tr>\n";
}

}  // namespace

std::string home_page(const Snapshot& snapshot, const std::string& instance, Wall now) {
  std::vector<IncidentRow> open;
  snapshot.incidents.each([&](std::uint32_t, const IncidentRow& incident) {
    if (incident.unresolved()) open.push_back(incident);
  });
  std::sort(open.begin(), open.end(), [](const IncidentRow& a, const IncidentRow& b) {
    return std::pair(a.priority, a.number) < std::pair(b.priority, b.number);
  });
  const std::string title =
      std::to_string(open.size()) + " open incident" + (open.size() == 1 ? "" : "s");
  std::string out = html_head(title + " - " + instance);
  out += "<h1>" + title + "</h1><p>" + escape(instance) + ", " + rfc3339(now) + "</p>\n";
  if (!open.empty()) {
    out +=
        "<table><tr><th>Number</th><th>Priority</th><th>State</th><th>Age</th><th>CI</th>"
        "<th>Title</th><th>Group</th><th>Owner</th><th>Alerts firing</th></tr>\n";
    for (std::size_t i = 0; i < open.size() && i < rows_max; ++i)
      row(out, open[i], snapshot.globals, now);
    out += "</table>\n";
  }
  if (open.size() > rows_max)
    out += "<p>The first " + std::to_string(rows_max) + " are shown.</p>\n";
  return out + "</body></html>\n";
}

}  // namespace tocsin::api
