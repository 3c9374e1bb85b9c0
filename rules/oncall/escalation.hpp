#pragma once
// Who is told, and when next. A step names people by role; here they become persons and channels,
// written down by name, because tomorrow's roster is not tonight's.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/facts.hpp"

namespace tocsin {

// A position in a policy: the next thing to do.
struct Position {
  std::uint16_t step = 0;    // == number of steps: in the repeats, or after them
  std::uint16_t repeat = 0;  // how many repeats were taken
};

// When the position is due in a cycle that started at cycle_at; never when there is nothing left.
// Total: a policy that became shorter than the position answers with its repeats or the catch-all.
Instant due_of(const Policy& policy, Instant cycle_at, Position at);
Position after(const Policy& policy, Position at);

// Somebody to be told over one channel.
struct Recipient {
  std::string person;  // empty: the channel itself
  std::string channel;
  PageKind kind = PageKind::page;
};

// The channels of a person for a kind of page, in order; the catch-all channel when there are none.
std::vector<std::string> channels_for(const Settings& settings, std::string_view person,
                                      PageKind kind);

// Those whom these targets name, once each. A page beats an information.
std::vector<Recipient> people_of(const Settings& settings, const std::vector<Target>& targets,
                                 const Group* group);

// Takes the step that is due for an unanswered incident, and all that are overdue with it (TIM-5):
// EscalationStepped, then a page for each recipient, each with its first attempt if there is room.
void take_step(const Deciding& d, IncidentNumber incident);

// First due instant of a new cycle that starts now.
Instant first_due(const Settings& settings, Priority priority, Instant now);

// One page or message to one person outside the steps.
void tell(const Deciding& d, IncidentNumber incident, const std::string& person, PageKind kind,
          WhyPage why);
// To whoever is first in the owner group, or the catch-all.
void tell_group(const Deciding& d, IncidentNumber incident, PageKind kind, WhyPage why);
// To everybody in a role, or the catch-all.
void tell_role(const Deciding& d, IncidentNumber incident, std::string_view role, PageKind kind,
               WhyPage why);
// To everybody who was paged and not yet told that it is over.
void recall(const Deciding& d, IncidentNumber incident);

}  // namespace tocsin
