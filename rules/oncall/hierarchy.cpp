#include "rules/oncall/hierarchy.hpp"

#include <string_view>
#include <vector>

#include "rules/oncall/escalation.hpp"
#include "rules/oncall/outbox.hpp"

namespace tocsin {
namespace {

constexpr std::string_view lead = "lead", deliver = "service_delivery_manager",
                           operations = "head_of_operations", owner = "service_owner",
                           manager = "incident_manager", cio = "cio";

// By priority, then by 50, 75, 90 and 100 %.
constexpr std::string_view matrix[5][4][2] = {
    {{deliver}, {operations}, {operations, owner}, {cio}},
    {{}, {manager}, {deliver}, {operations, owner}},
    {{}, {lead}, {manager}, {deliver}},
    {{}, {}, {lead}, {manager}},
    {{}, {}, {}, {lead}},
};

std::size_t column(std::uint8_t percent) {
  return percent >= 100 ? 3 : percent >= 90 ? 2 : percent >= 75 ? 1 : 0;
}

Target target(std::string_view who, bool page) {
  if (who == lead) return {Target::Kind::lead, {}, page};
  return {Target::Kind::role, std::string(who), page};
}

}  // namespace

void tell_hierarchy(const Deciding& d, IncidentNumber n, std::uint8_t percent) {
  const IncidentRow row = d.state.incidents().at(d.state.incident_slot(n));
  const bool page = row.priority == Priority::P1 && percent >= 75;
  std::vector<Target> wanted;
  for (const std::string_view who : matrix[index(row.priority)][column(percent)])
    if (!who.empty()) wanted.push_back(target(who, page));
  const Group* group = d.settings.group(row.words().group);
  std::vector<Recipient> to = people_of(d.settings, wanted, group);
  if (to.empty() && percent >= 100)
    to = people_of(d.settings, {{Target::Kind::catch_all, {}, page}}, group);
  const WhyPage why = percent >= 100 ? WhyPage::sla_breach : WhyPage::sla_risk;
  const auto step = static_cast<std::uint16_t>(hierarchic_step + percent);
  const auto repeat = static_cast<std::uint16_t>(row.cycle_pages);
  for (const Recipient& r : to) request_page(d, n, r, why, step, repeat, 0);
}

bool speaks_now(const IncidentRow& row) {
  return !row.parent && row.held_until == never;
}

void tell_what_passed(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = d.state.incidents().at(d.state.incident_slot(n));
  const ClockRow& clock = row.resolution;
  if (!clock.runs() || clock.passed <= clock.told) return;
  if (!speaks_now(row) || row.provisional(ClockKind::resolution)) return;
  d.out.add(ClockTold{n, clock.passed});
  tell_hierarchy(d, n, clock.passed);
}

}  // namespace tocsin
