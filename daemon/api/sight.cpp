#include "daemon/api/sight.hpp"

#include <algorithm>
#include <utility>

#include "daemon/api/records.hpp"
#include "rules/classify/classify.hpp"
#include "rules/model/planted.hpp"
#include "rules/prepare.hpp"

namespace tocsin::api {

bool may_read_restricted(const Actor& who, const Settings& settings) {
  if (may(who, Permission::incident_read_restricted)) return true;
  if (who.person.empty() || !who.may(Role::engineer)) return false;
  return std::any_of(settings.restricted_readers.begin(), settings.restricted_readers.end(),
                     [&](const std::string& id) {
                       const Group* group = settings.group(id);
                       return group && (group->lead == who.person ||
                                        std::find(group->members.begin(), group->members.end(),
                                                  who.person) != group->members.end());
                     });
}

Sight::Sight(const Actor& who, const Snapshot& snapshot, const Settings& settings)
    : snapshot_(snapshot),
      settings_(settings),
      all_(may_read_restricted(who, settings) || planted("everybody_reads_restricted")) {}

HttpResponse is_restricted(const IncidentRow& row) {
  return own_error(403, "forbidden",
                   to_text(row.number) + " is restricted: it takes " +
                       std::string(permission_word(Permission::incident_read_restricted)));
}

bool Sight::hides(const AlertRow& row) const {
  if (all_) return false;
  if (!std::exchange(walked_, true))
    snapshot_.incidents.each([&](std::uint32_t, const IncidentRow& incident) {
      live_.emplace(incident.number.value, incident.restricted);
    });
  if (const auto it = live_.find(row.incident.value); it != live_.end()) return it->second;
  const Prepared alert = prepare_stored(row.text(), row.fingerprint(), settings_,
                                        source_name(snapshot_.globals, row.source));
  return settings_.restricted(classify(alert, settings_).subcategory);
}

IncidentWords Sight::words(const IncidentRow& row) const {
  if (!hides(row)) return row.words();
  IncidentWords out;
  out.title = restricted_title;
  return out;
}

}  // namespace tocsin::api
