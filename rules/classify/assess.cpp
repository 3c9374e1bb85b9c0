#include "rules/classify/assess.hpp"

#include <algorithm>

#include "rules/classify/classify.hpp"

namespace tocsin {
namespace {

constexpr std::size_t many_services = 3;
constexpr int exposed_impact = 2;  // of whatever CI (PRI-3, 7)

// How many people are a level: process.md 5.2.
int level_of_users(std::uint64_t users) {
  return users >= 1000 ? 1 : users >= 100 ? 2 : users >= 10 ? 3 : 4;
}

bool is_production(const Ci& ci) {
  return ci.environment != "staging" && ci.environment != "test" && ci.environment != "dev";
}

// A level, the steps that led there, and what is said of them.
struct Sum {
  int level = 0;
  std::string words;
  void step(int by, std::string_view why) {
    level += by;
    words.append(", ")
        .append(why)
        .append(by > 0 ? " +" : " -")
        .append(std::to_string(std::abs(by)));
  }
  void at_least(int floor, std::string_view why) {
    if (level >= floor) return;
    level = floor;
    words.append(", ").append(why).append(" at least ").append(std::to_string(floor));
  }
  void at_most(int ceiling, std::string_view why) {
    if (level <= ceiling) return;
    level = ceiling;
    words.append(", ").append(why).append(" at most ").append(std::to_string(ceiling));
  }
  std::uint8_t clamped(int levels) const {
    return static_cast<std::uint8_t>(std::clamp(level, 1, levels));
  }
};

// The services that suffer, and the worst of them.
struct Affected {
  const Ci* worst = nullptr;
  bool hard = true;  // it is reached over hard dependencies
  std::size_t services = 0;
  std::uint64_t users = 0;

  void consider(const Ci& ci, bool by_hard) {
    const bool worse = !worst || ci.criticality < worst->criticality ||
                       (ci.criticality == worst->criticality && by_hard && !hard);
    if (worse) worst = &ci, hard = by_hard;
  }
  void service(const Ci& ci, bool by_hard) {
    consider(ci, by_hard);
    ++services;
    users += ci.users;
  }
};

// A CI counts by what depends on it, and by itself when it is a service, when somebody made it more
// critical than others, or when nothing depends on it.
Affected affected_by(const Ci& ci, const Settings& settings) {
  Affected out;
  const auto at = static_cast<std::uint32_t>(&ci - settings.cis.data());
  const bool is_service = ci.ci_class == service_class;
  if (is_service) out.service(ci, true);
  for (const Reached& reached : settings.dependencies.dependents(at))
    if (const Ci& other = settings.cis[reached.ci]; other.ci_class == service_class)
      out.service(other, reached.hard);
  if (const Pool* pool = settings.pool(ci.pool))
    for (const std::uint32_t service : pool->serves) out.consider(settings.cis[service], true);
  if (!is_service && (ci.criticality < Criticality::important || !out.worst))
    out.consider(ci, true);
  if (out.services == 0) out.users = ci.users;
  return out;
}

Sum impact_of(const Concern& c, const Ci& ci, const Affected& affected) {
  Sum sum{static_cast<int>(index(affected.worst->criticality)) + 1, {}};
  sum.words = " from criticality " + std::string(name(affected.worst->criticality)) + " of " +
              affected.worst->id;
  if (affected.worst != &ci) sum.words += ", which depends on it";
  if (!affected.hard) sum.step(1, "only softly");
  const bool pool_serves = c.pool_spare.value_or(-1) >= 0;
  if (pool_serves) sum.step(1, "its pool serves, spare " + std::to_string(*c.pool_spare));
  if (!pool_serves && affected.worst->criticality != Criticality::low &&
      level_of_users(affected.users) <= static_cast<int>(index(affected.worst->criticality)))
    sum.step(-1, std::to_string(affected.users) + " users");
  if (affected.services >= many_services)
    sum.step(-1, std::to_string(affected.services) + " services");
  if (is_forecast(c.symptom)) sum.step(1, "a forecast");
  if (!is_production(ci)) sum.at_least(ci.environment == "staging" ? 3 : 4, ci.environment);
  return sum;
}

// The hours in which people need it; null: at any time, or so much that hours do not count.
const Calendar* hours_that_count(const Affected& affected, const Settings& settings) {
  const Ci* worst = affected.worst;
  if (!worst || worst->hours.empty() || worst->criticality <= Criticality::business_critical)
    return nullptr;
  return settings.calendar(worst->hours);
}

// Those declared for the service that suffers most.
std::vector<const CriticalPeriod*> periods_of(const Affected& affected, const Settings& settings) {
  std::vector<const CriticalPeriod*> out;
  if (affected.worst)
    for (const CriticalPeriod& period : settings.critical_periods)
      if (period.services.empty() || std::find(period.services.begin(), period.services.end(),
                                               affected.worst->id) != period.services.end())
        out.push_back(&period);
  return out;
}

// Null: always open.
bool open_at(const Calendar* calendar, Wall at) {
  return !calendar || calendar->open_at(at);
}

Sum urgency_of(const Concern& c, const Ci* ci, const Affected& affected, const Settings& settings) {
  const Calendar* hours = hours_that_count(affected, settings);
  Sum sum{static_cast<int>(index(c.severity)) + 1, {}};
  sum.words = " from severity " + std::string(name(c.severity));
  if (c.pool_spare.value_or(0) >= 1) sum.step(1, "a spare in its pool");
  if (is_forecast(c.symptom)) sum.step(1, "a forecast");
  if (!open_at(hours, c.at)) sum.step(1, "outside its service hours");
  for (const CriticalPeriod* period : periods_of(affected, settings))
    if (open_at(settings.calendar(period->calendar), c.at)) {
      sum.step(-1, "critical period " + period->id);
      break;
    }
  if (!c.eased_by.empty())
    sum.step(1, "known error " + std::string(c.eased_by) + " has an automated workaround");
  if (ci && !is_production(*ci)) sum.step(1, ci->environment);
  return sum;
}

}  // namespace

Assessment assess(const Concern& concern, const Settings& settings) {
  const Ci* ci = concern.ci.empty() ? nullptr : settings.ci(concern.ci);
  Sum impact{settings.unknown_ci_impact, ", the CI is not in the inventory"};
  const Affected affected = ci ? affected_by(*ci, settings) : Affected{};
  if (ci) impact = impact_of(concern, *ci, affected);
  if (concern.exposed) impact.at_most(exposed_impact, "data was exposed");
  const Sum urgency = urgency_of(concern, ci, affected, settings);
  Assessment out;
  out.impact = impact.clamped(settings.levels), out.urgency = urgency.clamped(settings.levels);
  out.priority = static_cast<Priority>(settings.matrix[out.impact - 1][out.urgency - 1] - 1);
  out.reason = "impact " + std::to_string(out.impact) + impact.words + "; urgency " +
               std::to_string(out.urgency) + urgency.words;
  return out;
}

Suffering suffering_with(std::string_view id, const Settings& settings) {
  Suffering out;
  const Ci* ci = id.empty() ? nullptr : settings.ci(id);
  if (!ci) return out;
  const auto at = static_cast<std::uint32_t>(ci - settings.cis.data());
  const auto suffers = [&](const Ci& other) {
    const bool known =
        std::find(out.services.begin(), out.services.end(), &other) != out.services.end();
    if (other.ci_class == service_class && !known) out.services.push_back(&other);
  };
  suffers(*ci);
  for (const Reached& reached : settings.dependencies.dependents(at))
    if (reached.hard) suffers(settings.cis[reached.ci]);
  if (const Pool* pool = settings.pool(ci->pool))
    for (const std::uint32_t service : pool->serves) suffers(settings.cis[service]);
  out.users = affected_by(*ci, settings).users;
  return out;
}

std::vector<std::string> keys_of(const Concern& concern, const Settings& settings) {
  const Ci* ci = concern.ci.empty() ? nullptr : settings.ci(concern.ci);
  if (!ci)
    return concern.ci.empty() ? std::vector<std::string>{"priority.unknown_ci_impact"}
                              : std::vector<std::string>{"cis." + std::string(concern.ci),
                                                         "priority.unknown_ci_impact"};
  const Affected affected = affected_by(*ci, settings);
  std::vector<std::string> out{"cis." + affected.worst->id};
  if (affected.worst != ci) out.push_back("cis." + ci->id);
  if (!ci->pool.empty()) out.push_back("pools." + ci->pool);
  if (hours_that_count(affected, settings)) out.push_back("calendars." + affected.worst->hours);
  for (const CriticalPeriod* period : periods_of(affected, settings))
    if (open_at(settings.calendar(period->calendar), concern.at))
      out.push_back("critical_periods." + period->id);
  return out;
}

std::optional<Wall> reassess_at(std::string_view id, Wall at, const Settings& settings) {
  const Ci* ci = id.empty() ? nullptr : settings.ci(id);
  if (!ci) return {};
  const Affected affected = affected_by(*ci, settings);
  std::optional<Wall> first;
  const auto consider = [&](const Calendar* calendar) {
    const auto change = calendar ? calendar->next_change(at) : std::nullopt;
    if (change && (!first || *change < *first)) first = change;
  };
  consider(hours_that_count(affected, settings));
  for (const CriticalPeriod* period : periods_of(affected, settings))
    consider(settings.calendar(period->calendar));
  return first;
}

}  // namespace tocsin
