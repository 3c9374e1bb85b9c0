// Why this file is long: the criteria of section 8.1 stand here in their order, and what people
// decide.
#include "rules/major.hpp"

#include <algorithm>

#include "rules/classify/assess.hpp"
#include "rules/classify/classify.hpp"
#include "rules/clocks.hpp"
#include "rules/holds.hpp"
#include "rules/model/planted.hpp"
#include "rules/oncall/escalation.hpp"
#include "rules/oncall/outbox.hpp"
#include "rules/oncall/pause.hpp"
#include "rules/process/format.hpp"
#include "rules/process/lifecycle.hpp"

namespace tocsin {
namespace {

constexpr Span restore_within = minutes(30);      // MI-C1
constexpr std::size_t services_down = 3;          // MI-C2
constexpr std::uint32_t cis_below = 20;           // MI-C3
constexpr std::uint64_t users_affected = 50'000;  // MI-C4
constexpr Span decide_within = minutes(10);       // MI-2
constexpr Span look_again = minutes(30);          // when what kept it quiet should be over
constexpr std::size_t reason_min = 10, words_max = 4096;
constexpr std::string_view managers = "major_incident_manager";
constexpr std::string_view not_assessed = "not yet assessed";

const IncidentRow* find(const Deciding& d, IncidentNumber n) {
  const std::uint32_t slot = d.state.incident_slot(n);
  return slot == no_slot ? nullptr : &d.state.incidents().at(slot);
}

bool has_managers(const Settings& settings) {
  const auto it = settings.roles.find(managers);
  return it != settings.roles.end() && !it->second.empty();
}

std::string_view deciding_role(const Deciding& d) {
  return has_managers(d.settings) ? managers : "incident_manager";
}

bool urgent(const IncidentRow& row) {
  return row.priority <= Priority::P2;
}

// What came back has its half hour again.
Instant broke_at(const IncidentRow& row) {
  return row.reopened > 0 ? row.cycle_at : row.opened_at;
}

// ---- the criteria ----

// What a rule found, in words; each of them says nothing when it does not hold.
struct Found {
  MajorCriterion criterion;
  std::string words;
};

std::string unrestored(const Deciding& d, const IncidentRow& row, const Suffering& suffering) {
  if (!row.is_down() || d.now < broke_at(row) + restore_within) return {};
  for (const Ci* service : suffering.services)
    if (service->criticality == Criticality::mission_critical)
      return service->id + " is mission critical and not restored after 30 minutes";
  return {};
}

// What it takes down by itself, and what others have taken down.
std::string many_services(const Deciding& d, const IncidentRow& row, const Suffering& suffering) {
  if (!row.is_down()) return {};
  std::vector<std::string_view> down;
  const auto count = [&](const Ci* service) {
    const bool counts = service && service->criticality <= Criticality::business_critical;
    if (counts && std::find(down.begin(), down.end(), service->id) == down.end())
      down.push_back(service->id);
  };
  for (const Ci* service : suffering.services) count(service);
  if (down.empty()) return {};  // it is about something else
  for (const auto& [service, n] : d.state.down_services())
    if (down.size() < services_down) count(d.settings.ci(service));
  if (down.size() < services_down) return {};
  return std::to_string(down.size()) + " services that are business critical or more are down";
}

std::string many_below(const Deciding& d, const IncidentRow& row) {
  const Ci* ci = d.settings.ci(row.words().ci);
  if (!ci || row.alerts_firing + d.state.children_of(row.number).size() < cis_below) return {};
  const auto at = static_cast<std::uint32_t>(ci - d.settings.cis.data());
  std::uint32_t firing = 0;
  for (const Reached& reached : d.settings.dependencies.dependents(at)) {
    const CiNow* now = reached.hard ? d.state.ci_now(d.settings.cis[reached.ci].id) : nullptr;
    firing += now && now->firing > 0;
    if (firing == cis_below)
      return std::to_string(cis_below) + " CIs that depend on " + ci->id + " fail with it";
  }
  return {};
}

std::string many_users(const IncidentRow& row, const Suffering& suffering) {
  const bool hurts = urgent(row) && row.severity <= Severity::error && row.restored_at.ms == 0 &&
                     !is_forecast(row.words().symptom);
  if (!hurts || suffering.users < users_affected) return {};
  return std::to_string(suffering.users) + " people use what it affects";
}

// Those that hold now, in their order.
std::vector<Found> criteria_of(const Deciding& d, const IncidentRow& row) {
  std::vector<Found> out;
  const auto add = [&](MajorCriterion criterion, const std::string& words) {
    if (!words.empty()) out.push_back(Found{criterion, words});
  };
  const Suffering suffering =
      urgent(row) ? suffering_with(row.words().ci, d.settings) : Suffering{};
  add(MajorCriterion::C1, unrestored(d, row, suffering));
  add(MajorCriterion::C2, many_services(d, row, suffering));
  add(MajorCriterion::C3, many_below(d, row));
  add(MajorCriterion::C4, many_users(row, suffering));
  if (row.priority == Priority::P1 && half_spent(d, row.number))
    add(MajorCriterion::C5, "half of the time to resolve a P1 is gone");
  if (row.exposed) add(MajorCriterion::C6, "data was exposed, and that is confirmed");
  return out;
}

std::uint8_t bit(MajorCriterion criterion) {
  return static_cast<std::uint8_t>(1u << index(criterion));
}

// ---- rules ----

// MI-1.
bool may_become_one(const IncidentRow& row) {
  return row.unresolved() && !row.self && !row.drill && !row.parent &&
         (row.major == MajorState::none || row.major == MajorState::rejected);
}

// Of an outage that takes down many services one incident is a candidate, and not each that takes
// down one more.
std::optional<Found> found_now(const Deciding& d, const IncidentRow& row) {
  for (Found& found : criteria_of(d, row)) {
    if (row.major_refused & bit(found.criterion)) continue;
    if (found.criterion == MajorCriterion::C2 && d.state.known_for_services() > 0) continue;
    return std::move(found);
  }
  return {};
}

// When the mission-critical service should be restored. While it is silenced or inhibited its pages
// are held back, and this one would be as well; while paging is paused nobody could be asked. What
// ends either looks again at once.
Instant look_at(const Deciding& d, const IncidentRow& row) {
  if (!has_managers(d.settings) || !may_become_one(row)) return never;
  const bool held = row.held_until != never;
  if ((held || paging_paused(d)) && found_now(d, row)) {
    if (!held) return when_resumed;
    return row.held_until > d.now ? row.held_until : d.now + look_again;
  }
  const Instant due = broke_at(row) + restore_within;
  if (row.priority != Priority::P1 || due <= d.now || row.major_refused & bit(MajorCriterion::C1))
    return never;
  for (const Ci* service : suffering_with(row.words().ci, d.settings).services)
    if (service->criticality == Criticality::mission_critical) return due;
  return never;
}

void plan(const Deciding& d, IncidentNumber n) {
  const IncidentRow& row = *find(d, n);
  const Instant due = look_at(d, row);
  if (row.major == MajorState::candidate || due == row.major_due) return;
  need_format(d, format_with_agreements);
  d.out.add(MajorReviewPlanned{n, due});
}

void page_managers(const Deciding& d, IncidentNumber n, WhyPage why) {
  tell_role(d, n, deciding_role(d), PageKind::page, why);
}

void propose(const Deciding& d, IncidentNumber n, MajorCriterion criterion, std::string_view by,
             std::string_view reason) {
  const std::string who(by), words(reason);
  need_format(d, format_with_agreements);
  d.out.add(MajorProposed{n, criterion, d.now + decide_within, who, words});
  page_managers(d, n, WhyPage::major_proposed);
}

// Nobody who may leads it yet: the managers are paged until one of them does. Else they know from
// here on who does; and so does the owner.
void tell_accepted(const Deciding& d, IncidentNumber n, const std::string& by) {
  const IncidentRow row = *find(d, n);
  std::vector<std::string> told{by};
  const auto tell_once = [&](const std::string& person) {
    if (std::find(told.begin(), told.end(), person) != told.end()) return;
    told.push_back(person);
    tell(d, n, person, PageKind::notice, WhyPage::major_accepted);
  };
  const std::string owner(row.acknowledged_at == never ? std::string_view{} : row.words().owner);
  const auto role = d.settings.roles.find(deciding_role(d));
  if (row.words().manager.empty() && !planted("accepted_and_untold"))
    page_managers(d, n, WhyPage::major_accepted);
  else if (role != d.settings.roles.end())
    for (const std::string& person : role->second) tell_once(person);
  if (!owner.empty()) tell_once(owner);
}

void accept(const Deciding& d, IncidentNumber n, const std::string& by, bool by_daemon, bool leads,
            const std::string& reason, const std::string& impact) {
  const IncidentRow row = *find(d, n);
  const bool known = row.major == MajorState::candidate || row.is_major();
  const std::string manager(leads ? std::string_view(by) : row.words().manager);
  need_format(d, format_with_agreements);
  d.out.add(MajorDecided{n, MajorDecision::accepted,
                         known ? row.major_criterion : MajorCriterion::manual, by_daemon,
                         row.major_refused, by, reason, impact, manager});
  cancel_pages(d, n);
  end_hold(d, n, WhyHoldEnded::major, by);
  if (!row.is_major()) tell_accepted(d, n, by);
}

// What no rule would find in the parent of `child`: what a person said of the child, and data that
// was exposed. It is decided about with the parent.
void hand_on(const Deciding& d, const IncidentRow& child, MajorCriterion criterion) {
  const bool person = criterion == MajorCriterion::manual;
  const IncidentRow* found = find(d, child.parent);
  if (!found || (!person && !has_managers(d.settings)) || child.major_refused & bit(criterion))
    return;
  const IncidentRow parent = *found;
  if (parent.self || parent.drill || !parent.unresolved() || parent.major_refused & bit(criterion))
    return;
  if (!person && parent.major == MajorState::demoted) return;  // people only propose it again
  const bool was_asked = child.major == MajorState::candidate;
  if (parent.is_major() || parent.major == MajorState::candidate) {
    if (was_asked)
      tell_role(d, parent.number, deciding_role(d), PageKind::notice,
                parent.is_major() ? WhyPage::major_accepted : WhyPage::major_proposed);
    return;
  }
  const std::string of = to_text(child.number) + ", its child";
  propose(d, parent.number, criterion, {},
          person ? of + ", was proposed by a person"
                 : "data was exposed, and that is confirmed: " + of);
}

// Whatever holds now was known to whoever decided: it makes it no candidate again.
std::uint8_t refused_now(const Deciding& d, const IncidentRow& row) {
  std::uint8_t out = row.major_refused | bit(row.major_criterion);
  for (const Found& found : criteria_of(d, row)) out |= bit(found.criterion);
  return out & static_cast<std::uint8_t>(~bit(MajorCriterion::manual));
}

// ---- people ----

Answer answer(const IncidentRow& row, Answer::Code code, std::string message) {
  Answer a;
  a.code = code, a.incident = row.number, a.revision = row.revision, a.message = std::move(message);
  return a;
}
Answer done(const Deciding& d, IncidentNumber n) {
  return answer(*find(d, n), Answer::Code::done, {});
}

bool may_propose(const Actor& by) {
  for (const Role role :
       {Role::service_desk, Role::engineer, Role::group_lead, Role::incident_manager,
        Role::major_incident_manager, Role::problem_manager, Role::service_owner})
    if (by.may(role)) return true;
  return false;
}

// 11.3: an incident manager declares, its manager demotes as well.
bool may(const Deciding& d, const DecideMajor& c) {
  if (c.act == MajorAct::propose) return may_propose(c.by);
  const bool leads = leads_major(d.settings, c.by);
  return leads || (c.act != MajorAct::demote && c.by.may(Role::incident_manager));
}

Answer needed(const IncidentRow& row, const char* field, std::string why) {
  Answer a = answer(row, Answer::Code::reason_required, why);
  a.fields.emplace_back(field, std::move(why));
  return a;
}

std::optional<Answer> lacks_words(const IncidentRow& row, const DecideMajor& c) {
  const auto fits = [](const std::string& words) {
    return words.size() >= reason_min && words.size() <= words_max;
  };
  if (c.act == MajorAct::accept) {
    if (fits(c.business_impact)) return {};
    return needed(row, "business_impact",
                  "what it does to the business is needed, in 10 characters at least");
  }
  if (fits(c.reason)) return {};
  return needed(row, "reason", "a reason of 10 characters at least is needed");
}

Answer propose_by_person(const Deciding& d, const IncidentRow& row, const DecideMajor& c) {
  if (row.major == MajorState::candidate)
    return answer(row, Answer::Code::already, "it is a candidate already");
  if (row.is_major()) return answer(row, Answer::Code::already, "it is a major incident already");
  propose(d, row.number, MajorCriterion::manual, c.by.person, c.reason);
  return done(d, row.number);
}

Answer accept_by_person(const Deciding& d, const IncidentRow& row, const DecideMajor& c) {
  const IncidentWords w = row.words();
  const bool leads = leads_major(d.settings, c.by);
  if (row.is_major() && (!leads || w.manager == c.by.person) &&
      w.business_impact == c.business_impact)
    return answer(row, Answer::Code::already, "it is a major incident already");
  if (row.is_major() && !w.manager.empty() && !leads)
    return answer(row, Answer::Code::forbidden, std::string(w.manager) + " leads it already");
  accept(d, row.number, c.by.person, false, leads, c.reason, c.business_impact);
  return done(d, row.number);
}

Answer refuse_by_person(const Deciding& d, const IncidentRow& row, const DecideMajor& c) {
  const bool demotes = c.act == MajorAct::demote;
  const MajorState needs = demotes ? MajorState::accepted : MajorState::candidate;
  const MajorState after = demotes ? MajorState::demoted : MajorState::rejected;
  if (row.major == after) return answer(row, Answer::Code::already, "that was decided already");
  if (row.major != needs)
    return answer(row, Answer::Code::illegal_transition,
                  demotes ? "it is no major incident" : "it is no candidate");
  d.out.add(MajorDecided{row.number,
                         demotes ? MajorDecision::demoted : MajorDecision::rejected,
                         row.major_criterion,
                         false,
                         refused_now(d, row),
                         c.by.person,
                         c.reason,
                         {},
                         {}});
  cancel_pages(d, row.number);
  // Nobody but people could say that it is over; now its alerts can.
  if (demotes && row.reports == 0) verify_anew(d, row.number);
  plan(d, row.number);
  return done(d, row.number);
}

}  // namespace

void review_major(const Deciding& d, IncidentNumber n) {
  const IncidentRow* known = find(d, n);
  if (!known || (!has_managers(d.settings) && known->major_due == never)) return;
  const IncidentRow row = *known;
  if (row.parent && row.exposed) hand_on(d, row, MajorCriterion::C6);
  if (row.major == MajorState::candidate) return;
  const bool quiet = row.held_until != never || paging_paused(d);
  if (quiet && row.major_due != never && row.major_due > d.now) return;  // that is planned
  const bool may = has_managers(d.settings) && may_become_one(row) && !quiet;
  if (const auto found = may ? found_now(d, row) : std::nullopt)
    return propose(d, n, found->criterion, {}, found->words);
  plan(d, n);
}

void review_major_joined(const Deciding& d, IncidentNumber n, std::string_view ci) {
  const IncidentRow* row = find(d, n);
  if (!row || row->alerts_firing < cis_below || !may_become_one(*row) ||
      !has_managers(d.settings) || row->words().ci == ci ||
      (row->held_until != never && row->major_due != never) ||
      (row->major_refused & bit(MajorCriterion::C3)))
    return;
  // One more CI can only be the twentieth with the first alert of it that fires.
  const CiNow* now = d.state.ci_now(ci);
  if (now && now->firing == 1) review_major(d, n);
}

void major_due(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = *find(d, n);
  if (row.major != MajorState::candidate) {
    review_major(d, n);
    const IncidentRow& after = *find(d, n);
    if (after.major != MajorState::candidate && after.major_due <= d.now)
      d.out.add(MajorReviewPlanned{n, never});
    return;
  }
  if (planted("candidate_forgotten")) return d.out.add(MajorReviewPlanned{n, never});
  // Nobody was paged while paging was paused: they have ten minutes from its end.
  const Instant due = paging_paused(d)
                          ? when_resumed
                          : later(row.major_due, d.state.globals().resumed_at + decide_within);
  if (due > d.now && !planted("decided_in_the_pause")) return d.out.add(MajorReviewPlanned{n, due});
  accept(d, n, "daemon", true, false, "nobody has decided within 10 minutes",
         std::string(not_assessed));
}

void withdraw_major(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = *find(d, n);
  if (row.major == MajorState::candidate)
    d.out.add(MajorDecided{n,
                           MajorDecision::withdrawn,
                           row.major_criterion,
                           true,
                           row.major_refused,
                           "daemon",
                           to_text(row.parent) + " speaks for it",
                           {},
                           {}});
  else if (row.major_due != never)
    d.out.add(MajorReviewPlanned{n, never});
  const bool asked = row.major == MajorState::candidate;
  if (asked && row.major_criterion >= MajorCriterion::C6)
    hand_on(d, row, row.major_criterion);
  else if (row.exposed)
    hand_on(d, row, MajorCriterion::C6);
}

void ask_its_manager(const Deciding& d, IncidentNumber n) {
  const IncidentRow row = *find(d, n);
  if (!row.is_major()) return;
  const std::string manager(row.words().manager), owner(row.words().owner);
  if (manager.empty())
    tell_role(d, n, deciding_role(d), PageKind::notice, WhyPage::restored_prompt);
  else if (manager != owner || row.acknowledged_at == never)
    tell(d, n, manager, PageKind::notice, WhyPage::restored_prompt);
}

Answer decide_major(const Deciding& d, const DecideMajor& c) {
  const IncidentRow* known = find(d, c.incident);
  if (!known) {
    Answer a;
    a.code = Answer::Code::not_found, a.incident = c.incident;
    return a.message = "no open incident " + to_text(c.incident), a;
  }
  const IncidentRow row = *known;
  if (!may(d, c))
    return answer(row, Answer::Code::forbidden,
                  c.by.person + " may not " + std::string(name(c.act)) + " a major incident");
  const auto illegal = [&](std::string why) {
    return answer(row, Answer::Code::illegal_transition, std::move(why));
  };
  if (row.self || row.drill) return illegal("what is about Tocsin itself is no major incident");
  if (!row.unresolved()) return illegal("it is over");
  if (row.parent) return illegal(to_text(row.parent) + " speaks for it: decide about that one");
  if (auto no = lacks_words(row, c)) return *no;
  if (c.act == MajorAct::propose) return propose_by_person(d, row, c);
  if (c.act == MajorAct::accept) return accept_by_person(d, row, c);
  return refuse_by_person(d, row, c);
}

bool may_lower(const Deciding& d, const IncidentRow& row, Priority priority, const Actor& by) {
  return !row.is_major() || priority <= row.priority || leads_major(d.settings, by);
}

}  // namespace tocsin
