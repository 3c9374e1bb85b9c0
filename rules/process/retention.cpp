#include "rules/process/retention.hpp"

#include <algorithm>

#include "rules/model/planted.hpp"
#include "rules/process/format.hpp"

namespace tocsin {
void forget_incidents(const Deciding& d, const ForgetIncidents& c) {
  const Span keep = d.settings.keep_incidents;
  if (keep == Span{}) return;
  const std::size_t count = std::min(c.incidents.size(), forgotten_incidents_max);
  for (std::size_t i = 0; i < count; ++i) {
    const ClosedIncident& closed = c.incidents[i];
    if (!closed.number || closed.number >= d.state.globals().next_incident) continue;
    if (d.state.incident_slot(closed.number) != no_slot) continue;
    if (closed.over_at + keep > d.now && !planted("young_incident_forgotten")) continue;
    // From here on the version before this one cannot read the log.
    need_format(d, format_with_forgetting);
    d.out.add(IncidentForgotten{closed.number, closed.timeline});
  }
}

}  // namespace tocsin
