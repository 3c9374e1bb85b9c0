// The open incidents as a list: what is worst first, bounded, a page at a time.
#include <algorithm>

#include "daemon/api/health.hpp"
#include "daemon/api/html.hpp"
#include "daemon/api/rfc3339.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t rows_max = 100;  // of one page

ListView::Row row_of(const IncidentRow& incident, const Sight& sight, const Globals& globals,
                     Wall now) {
  const IncidentWords words = sight.words(incident);
  ListView::Row row;
  row.number = to_text(incident.number), row.priority = name(incident.priority);
  row.state = state_word(incident.state);
  row.age = short_age(now - globals.wall(incident.opened_at));
  row.ci = words.ci, row.title = words.title, row.group = words.group;
  const bool answered = incident.acknowledged_at != never;
  row.owner = answered && sight.hides(incident)       ? "somebody has it"
              : answered                              ? std::string(words.owner)
              : incident.escalate_due == when_resumed ? "nobody, paging is paused"
              : incident.held_until != never          ? "nobody, it is silenced"
                                                      : "nobody has answered";
  row.alerts = std::to_string(incident.alerts_firing) + " firing" +
               (incident.monitoring_silent ? ", monitoring is silent" : "");
  return row;
}

}  // namespace

std::string home_page(const Snapshot& snapshot, const Sight& sight, const std::string& instance,
                      Wall now, std::uint64_t page) {
  std::vector<IncidentRow> open;
  snapshot.incidents.each([&](std::uint32_t, const IncidentRow& incident) {
    if (incident.unresolved() && !incident.drill) open.push_back(incident);
  });
  std::sort(open.begin(), open.end(), [](const IncidentRow& a, const IncidentRow& b) {
    return std::pair(a.priority, a.number) < std::pair(b.priority, b.number);
  });
  ListView view;
  view.title = std::to_string(open.size()) + " open incident" + (open.size() == 1 ? "" : "s");
  if (snapshot.globals.paused) view.title += ", paging is paused";
  view.instance = instance, view.time = rfc3339(now);
  const std::size_t pages = open.size() / rows_max + 1;
  const std::size_t first =
      static_cast<std::size_t>(std::min<std::uint64_t>(page, pages)) * rows_max;
  for (std::size_t i = first; i < open.size() && i < first + rows_max; ++i)
    view.rows.push_back(row_of(open[i], sight, snapshot.globals, now));
  if (first + rows_max < open.size()) view.next = "?page=" + std::to_string(page + 1);
  return list_html(view);
}

}  // namespace tocsin::api
