#include "rules/oncall/escalation.hpp"

#include <algorithm>

#include "rules/model/planted.hpp"
#include "rules/oncall/outbox.hpp"
#include "rules/oncall/pause.hpp"

namespace tocsin {
namespace {

constexpr std::size_t recipients_max = 24;  // of one step: the fan-out of a decision stays bounded

const Policy& policy_of(const Settings& settings, Priority priority) {
  return settings.policies[index(priority)];
}

void add(std::vector<Recipient>& to, Recipient r) {
  if (to.size() >= recipients_max || r.channel.empty()) return;
  for (auto& known : to)
    if (known.person == r.person && (!r.person.empty() || known.channel == r.channel)) {
      if (r.kind == PageKind::page) known.kind = PageKind::page, known.channel = r.channel;
      return;
    }
  to.push_back(std::move(r));
}

void add_person(const Settings& settings, std::vector<Recipient>& to, std::string_view person,
                PageKind kind) {
  if (!settings.person(person)) return;  // gone: whoever is left of the step, or the catch-all
  add(to, {std::string(person), channels_for(settings, person, kind).front(), kind});
}

void add_catch_all(const Settings& settings, std::vector<Recipient>& to, PageKind kind) {
  bool anybody = false;
  for (const auto& person : settings.catch_all_people) {
    anybody = anybody || settings.person(person);
    add_person(settings, to, person, kind);
  }
  if (!anybody) add(to, {"", settings.catch_all_channel, kind});
}

void add_target(const Settings& settings, std::vector<Recipient>& to, const Target& target,
                const Group* group) {
  const PageKind kind = target.page ? PageKind::page : PageKind::inform;
  switch (target.kind) {
    case Target::Kind::primary:
      if (group && !group->members.empty()) add_person(settings, to, group->members[0], kind);
      break;
    case Target::Kind::secondary:
      if (group && group->members.size() > 1) add_person(settings, to, group->members[1], kind);
      break;
    case Target::Kind::lead:
      if (group && !group->lead.empty()) add_person(settings, to, group->lead, kind);
      break;
    case Target::Kind::everyone:
      if (group)
        for (const auto& member : group->members) add_person(settings, to, member, kind);
      break;
    case Target::Kind::channel:
      if (group && settings.channel(group->channel)) add(to, {"", group->channel, kind});
      break;
    case Target::Kind::role: {
      const auto it = settings.roles.find(target.name);
      if (it != settings.roles.end())
        for (const auto& person : it->second) add_person(settings, to, person, kind);
      break;
    }
    case Target::Kind::person:
      add_person(settings, to, target.name, kind);
      break;
    case Target::Kind::catch_all:
      add_catch_all(settings, to, kind);
      break;
  }
}

// The people of steps [from, to], once each. A page beats an information.
std::vector<Recipient> recipients(const Settings& settings, const Policy& policy, std::size_t from,
                                  std::size_t to, const Group* group) {
  std::vector<Recipient> out;
  for (std::size_t i = from; i <= to && i < policy.steps.size(); ++i)
    for (const Target& target : policy.steps[i].to) add_target(settings, out, target, group);
  return out;
}

// Steps [from, to] want somebody woken, and there is nobody of that kind left among the recipients.
bool wakes_nobody(const Policy& policy, std::size_t from, std::size_t to,
                  const std::vector<Recipient>& found) {
  bool wanted = false;
  for (std::size_t i = from; i <= to && i < policy.steps.size(); ++i)
    for (const Target& target : policy.steps[i].to) wanted = wanted || target.page;
  return wanted && std::none_of(found.begin(), found.end(),
                                [](const Recipient& r) { return r.kind == PageKind::page; });
}

// Tells apart what is said outside the steps, where a step and its repeat do not.
std::uint16_t counter(const IncidentRow& row) {
  return static_cast<std::uint16_t>(row.cycle_pages);
}

}  // namespace

std::vector<std::string> channels_for(const Settings& settings, std::string_view person,
                                      PageKind kind) {
  std::vector<std::string> out;
  if (const Person* p = settings.person(person)) {
    const auto& wanted = kind == PageKind::page || p->inform.empty() ? p->page : p->inform;
    for (const auto& name : wanted)
      if (settings.channel(name)) out.push_back(name);
  }
  if (out.empty()) out.push_back(settings.catch_all_channel);
  return out;
}

std::vector<Recipient> people_of(const Settings& settings, const std::vector<Target>& targets,
                                 const Group* group) {
  std::vector<Recipient> out;
  for (const Target& target : targets) add_target(settings, out, target, group);
  return out;
}

Instant due_of(const Policy& policy, Instant cycle_at, Position at) {
  if (at.step < policy.steps.size()) return cycle_at + policy.steps[at.step].after;
  if (planted("policy_shortened") && at.step > policy.steps.size()) return never;
  const Instant last = policy.steps.empty() ? cycle_at : cycle_at + policy.steps.back().after;
  const std::int64_t next = at.repeat + 1;
  if (policy.repeat_every.ms > 0 && at.repeat < policy.repeats_max)
    return last + Span{policy.repeat_every.ms * next};
  if (!policy.must_page) return never;
  // Nobody answered the whole policy: the catch-all, again and again.
  const std::int64_t repeats = policy.repeat_every.ms > 0 ? policy.repeats_max : 0;
  return last + Span{policy.repeat_every.ms * repeats} +
         Span{policy.exhausted_every.ms * std::max<std::int64_t>(1, next - repeats)};
}

Position after(const Policy& policy, Position at) {
  if (at.step < policy.steps.size()) return {static_cast<std::uint16_t>(at.step + 1), 0};
  // Never back to an earlier step, whatever became of the policy: keys of a cycle are given once.
  return {at.step, static_cast<std::uint16_t>(std::min<int>(at.repeat + 1, UINT16_MAX - 1))};
}

Instant first_due(const Settings& settings, Priority priority, Instant now) {
  return due_of(policy_of(settings, priority), now, {});
}

void take_step(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = d.state.incidents().at(d.state.incident_slot(n));
  if (paging_paused(d)) return d.out.add(StepHeld{n, row.escalate_due});
  const Policy& policy = policy_of(d.settings, row.priority);
  const Position start{row.step, row.repeat};
  Position here = start;
  std::uint16_t skipped = 0;
  // Overdue steps collapse into the highest; it speaks to the people of all of them.
  while (due_of(policy, row.cycle_at, after(policy, here)) <= d.now && skipped < UINT16_MAX - 1) {
    here = after(policy, here);
    ++skipped;
  }
  const Position next = after(policy, here);
  const Instant due = due_of(policy, row.cycle_at, next);

  WhyPage why = WhyPage::step_due;
  const Group* group = d.settings.group(row.words().group);
  std::vector<Recipient> to;
  std::size_t first = start.step, last = here.step;
  if (here.step < policy.steps.size()) {
    to = recipients(d.settings, policy, first, last, group);
  } else if (here.repeat < policy.repeats_max && policy.repeat_every.ms > 0) {
    why = WhyPage::repeat_due;
    first = std::min<std::size_t>(policy.repeat_from, start.step), last = policy.steps.size() - 1;
    to = recipients(d.settings, policy, first, last, group);
  } else {
    why = WhyPage::policy_exhausted;
    add_catch_all(d.settings, to, PageKind::page);
    for (Recipient& r : recipients(d.settings, policy, first, last, group)) add(to, std::move(r));
  }
  if (to.empty() || wakes_nobody(policy, first, last, to)) {
    why = WhyPage::nobody_to_page;
    if (!planted("empty_roster"))
      add_catch_all(d.settings, to, policy.must_page ? PageKind::page : PageKind::inform);
  }
  d.out.add(EscalationStepped{n, here.step, here.repeat, next.step, next.repeat, skipped,
                              d.now > row.escalate_due, why, row.escalate_due,
                              planted("lost_deadline") && here.step == 1 ? never : due});
  for (const Recipient& r : to) request_page(d, n, r, why, here.step, here.repeat, 0);
}

void tell(const Deciding& d, IncidentNumber n, const std::string& person, PageKind kind,
          WhyPage why) {
  const IncidentRow row = d.state.incidents().at(d.state.incident_slot(n));
  request_page(d, n, {person, channels_for(d.settings, person, kind).front(), kind}, why, row.step,
               counter(row), 0);
}

void tell_group(const Deciding& d, IncidentNumber n, PageKind kind, WhyPage why) {
  const IncidentRow row = d.state.incidents().at(d.state.incident_slot(n));
  const Group* group = d.settings.group(row.words().group);
  std::vector<Recipient> to;
  if (group && !group->members.empty()) add_person(d.settings, to, group->members[0], kind);
  if (to.empty()) add_catch_all(d.settings, to, kind);
  for (const Recipient& r : to) request_page(d, n, r, why, row.step, counter(row), 0);
}

void tell_role(const Deciding& d, IncidentNumber n, std::string_view role, PageKind kind,
               WhyPage why) {
  const IncidentRow row = d.state.incidents().at(d.state.incident_slot(n));
  std::vector<Recipient> to;
  add_target(d.settings, to, {Target::Kind::role, std::string(role), kind == PageKind::page},
             nullptr);
  for (Recipient& r : to) r.kind = kind;
  if (to.empty()) add_catch_all(d.settings, to, kind);
  for (const Recipient& r : to) request_page(d, n, r, why, row.step, counter(row), 0);
}

void recall(const Deciding& d, IncidentNumber n) {
  std::vector<Recipient> to;
  for (PageId id : d.state.pages_of(n)) {
    const PageRow& page = d.state.pages().at(d.state.page_slot(id));
    if (page.delivered)
      to.push_back({std::string(page.person()), std::string(page.channel()), PageKind::recall});
  }
  const IncidentRow row = d.state.incidents().at(d.state.incident_slot(n));
  for (const Recipient& r : to) request_page(d, n, r, WhyPage::recalled, row.step, counter(row), 0);
}

}  // namespace tocsin
