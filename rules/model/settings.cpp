#include "rules/model/settings.hpp"

#include <algorithm>
#include <tuple>

namespace tocsin {
namespace {

// Binary search in a vector sorted by `key`.
template <class Row>
const Row* find_sorted(const std::vector<Row>& rows, std::string Row::*key,
                       std::string_view wanted) {
  const auto it = std::lower_bound(rows.begin(), rows.end(), wanted,
                                   [key](const Row& r, std::string_view w) { return r.*key < w; });
  return it != rows.end() && (*it).*key == wanted ? &*it : nullptr;
}

}  // namespace

const Ci* Settings::ci(std::string_view id) const {
  return find_sorted(cis, &Ci::id, id);
}

const Pool* Settings::pool(std::string_view id) const {
  return find_sorted(pools, &Pool::id, id);
}

const Calendar* Settings::calendar(std::string_view id) const {
  const auto it = calendars.find(id);
  return it == calendars.end() ? nullptr : it->second.get();
}

const Person* Settings::person(std::string_view id) const {
  return find_sorted(people, &Person::id, id);
}

const Group* Settings::group(std::string_view id) const {
  return find_sorted(groups, &Group::id, id);
}

bool Settings::restricted(std::string_view subcategory) const {
  return std::binary_search(restricted_subcategories.begin(), restricted_subcategories.end(),
                            subcategory, std::less<>());
}

Span Settings::promise(std::string_view source) const {
  const auto it = promises.find(source);
  return it == promises.end() ? Span{} : it->second;
}

const SyslogRule* Settings::syslog_rule(std::string_view id) const {
  const auto it = std::find_if(syslog_rules.begin(), syslog_rules.end(),
                               [id](const SyslogRule& rule) { return rule.id == id; });
  return it == syslog_rules.end() ? nullptr : &*it;
}

const Heartbeat* Settings::heartbeat(std::string_view wanted) const {
  return find_sorted(heartbeats, &Heartbeat::name, wanted);
}

const Channel* Settings::channel(std::string_view wanted) const {
  return find_sorted(channels, &Channel::name, wanted);
}

std::shared_ptr<const Zone> Settings::zone_of(std::string_view who) const {
  const Person* known = person(who);
  const auto it = zones.find(known && !known->time_zone.empty() ? known->time_zone : time_zone);
  return it == zones.end() ? nullptr : it->second;
}

std::string_view Settings::calendar_of(const Agreement& agreed, std::string_view service) const {
  if (agreed.calendar != hours_of_service) return agreed.calendar;
  const Ci* known = ci(service);
  return known && !known->hours.empty() ? std::string_view(known->hours) : always_open;
}

bool same_agreements(const Settings& a, const Settings& b) {
  return std::equal(std::begin(a.sla), std::end(a.sla), std::begin(b.sla));
}

bool same_priorities(const Settings& a, const Settings& b) {
  const auto of_ci = [](const Ci& c) {
    return std::tie(c.id, c.ci_class, c.criticality, c.users, c.environment, c.supports,
                    c.depends_on, c.soft_depends_on, c.pool, c.hours);
  };
  const auto of_pool = [](const Pool& p) { return std::tie(p.id, p.supports, p.min_members); };
  const auto same_calendar = [](const auto& x, const auto& y) {
    const Calendar &c = *x.second, &d = *y.second;
    const bool same_zone = (c.zone ? c.zone->name : "") == (d.zone ? d.zone->name : "");
    return c.id == d.id && same_zone && c.dates == d.dates &&
           std::equal(std::begin(c.week), std::end(c.week), std::begin(d.week));
  };
  const auto of_period = [](const CriticalPeriod& p) {
    return std::tie(p.id, p.calendar, p.services);
  };
  const auto equal = [](const auto& x, const auto& y, auto&& part) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [&](const auto& p, const auto& q) { return part(p) == part(q); });
  };
  return a.levels == b.levels &&
         std::equal(&a.matrix[0][0], &a.matrix[0][0] + sizeof a.matrix, &b.matrix[0][0]) &&
         a.unknown_ci_impact == b.unknown_ci_impact && equal(a.cis, b.cis, of_ci) &&
         equal(a.pools, b.pools, of_pool) &&
         std::equal(a.calendars.begin(), a.calendars.end(), b.calendars.begin(), b.calendars.end(),
                    same_calendar) &&
         equal(a.critical_periods, b.critical_periods, of_period);
}

}  // namespace tocsin
