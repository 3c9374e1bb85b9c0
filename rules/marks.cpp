#include "rules/marks.hpp"

#include "rules/process/format.hpp"

namespace tocsin {
namespace {

constexpr std::string_view exposure = "data_exposure";

IncidentRow row_of(const Deciding& d, IncidentNumber n) {
  return d.state.incidents().at(d.state.incident_slot(n));
}

// Both are for good: that somebody knows more, or another configuration, takes back neither.
bool restrict_and_expose(const Deciding& d, IncidentNumber n, const Prepared& alert,
                         const Verdict& v) {
  const bool restricted = d.settings.restricted(v.subcategory),
             exposed = confirms_exposure(alert, v);
  if (!restricted && !exposed) return false;
  const IncidentRow row = row_of(d, n);
  const std::string subcategory(v.subcategory), name(shorten(v.name, 128));
  need_format(d, format_with_decisions);
  if (restricted && !row.restricted) d.out.add(IncidentRestricted{n, subcategory});
  if (!exposed || row.exposed) return false;
  d.out.add(ExposureConfirmed{n, name});
  return true;
}

}  // namespace

bool confirms_exposure(const Prepared& alert, const Verdict& v) {
  if (v.subcategory != exposure) return false;
  return alert.text.label("confirmed") == "true" || alert.text.annotation("confirmed") == "true";
}

void mark_new(const Deciding& d, IncidentNumber n, const Prepared& alert, const Verdict& v) {
  restrict_and_expose(d, n, alert, v);
  const KnownError* known = known_error_of(d.settings, alert.text);
  if (!known) return;
  need_format(d, format_with_decisions);
  d.out.add(KnownErrorMatched{n, known->automated, known->id, known->workaround});
}

// What no workaround helps against is as urgent as it would be alone.
bool mark_joined(const Deciding& d, IncidentNumber n, const Prepared& alert, const Verdict& v) {
  const bool exposed = restrict_and_expose(d, n, alert, v);
  if (exposed || !row_of(d, n).eased) return exposed;
  const KnownError* known = known_error_of(d.settings, alert.text);
  return !known || !known->automated;
}

}  // namespace tocsin
