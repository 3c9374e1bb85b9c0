#include "rules/model/settings.hpp"

#include <algorithm>

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

Span Settings::promise(std::string_view source) const {
  const auto it = promises.find(source);
  return it == promises.end() ? Span{} : it->second;
}

const SyslogRule* Settings::syslog_rule(std::string_view id) const {
  const auto it = std::find_if(syslog_rules.begin(), syslog_rules.end(),
                               [id](const SyslogRule& rule) { return rule.id == id; });
  return it == syslog_rules.end() ? nullptr : &*it;
}

const Channel* Settings::channel(std::string_view wanted) const {
  return find_sorted(channels, &Channel::name, wanted);
}

std::shared_ptr<const Zone> Settings::zone_of(std::string_view who) const {
  const Person* known = person(who);
  const auto it = zones.find(known && !known->time_zone.empty() ? known->time_zone : time_zone);
  return it == zones.end() ? nullptr : it->second;
}

}  // namespace tocsin
