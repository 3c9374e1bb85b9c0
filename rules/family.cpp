#include "rules/family.hpp"

#include <string>
#include <vector>

#include "rules/clocks.hpp"
#include "rules/holds.hpp"
#include "rules/major.hpp"
#include "rules/oncall/escalation.hpp"
#include "rules/oncall/mute.hpp"
#include "rules/oncall/outbox.hpp"
#include "rules/priority.hpp"
#include "rules/process/format.hpp"
#include "rules/storm.hpp"

namespace tocsin {
namespace {

constexpr std::uint32_t cis_per_slice = 5000;  // a look-up each
constexpr std::size_t facts_per_slice = 120;   // a child that ends or is told adds up to a hundred

const IncidentRow* find(const Deciding& d, IncidentNumber n) {
  const std::uint32_t slot = d.state.incident_slot(n);
  return slot == no_slot ? nullptr : &d.state.incidents().at(slot);
}
IncidentRow row_of(const Deciding& d, IncidentNumber n) {
  return d.state.incidents().at(d.state.incident_slot(n));
}

// ---- gathering ----

// The CIs whose held alerts may join an incident of `id`, in a fixed order: itself, its pool, what
// depends on it hard. `below`: where the last kind begins.
struct Reach {
  std::vector<std::string_view> cis;
  std::size_t below = 0;
};
Reach reach_of(const Deciding& d, std::string_view id) {
  Reach out;
  if (id.empty()) return out;
  const Settings& s = d.settings;
  out.cis.push_back(id);
  const Ci* ci = s.ci(id);
  if (const Pool* pool = ci && !ci->pool.empty() ? s.pool(ci->pool) : nullptr)
    for (const std::uint32_t member : pool->members)
      if (s.cis[member].id != id) out.cis.push_back(s.cis[member].id);
  out.below = out.cis.size();
  if (ci)
    for (const Reached& r :
         s.dependencies.dependents(static_cast<std::uint32_t>(ci - s.cis.data())))
      if (r.hard) out.cis.push_back(s.cis[r.ci].id);
  return out;
}

// Its incidents that a new one of a CI above may have caused.
bool caused_by(const Deciding& d, const IncidentRow& effect, IncidentNumber cause) {
  return effect.unresolved() && !effect.self && !effect.drill && !effect.restricted &&
         !effect.parent && effect.number != cause && !effect.is_major() &&
         d.now - effect.opened_at <= d.settings.late_root_cause_window;
}

// False: there is more to do here.
bool gather_at(const Deciding& d, std::string_view ci, bool below, IncidentNumber n,
               std::size_t facts_max, const JoinHeld& join) {
  const CiNow* now = d.state.ci_now(ci);
  if (!now) return true;
  const std::vector<IncidentNumber> live = below ? now->live : std::vector<IncidentNumber>{};
  const std::vector<std::uint32_t> held = d.state.held_at(*now, facts_per_slice);
  const bool all = held.size() == now->held.size;
  for (const std::uint32_t slot : held) {
    if (d.out.count() >= facts_max) return false;
    join(slot);
  }
  for (const IncidentNumber other : live) {
    const IncidentRow *effect = find(d, other), *cause = find(d, n);
    if (!effect || !cause || !caused_by(d, *effect, n) || cause->held_until != never ||
        cause->restricted)
      continue;
    const IncidentNumber speaker = cause->parent ? cause->parent : n;
    if (speaker == other) continue;
    if (d.out.count() >= facts_max ||
        !relate(d, other, speaker, WhyRelated::late_root_cause, ci, facts_max))
      return false;
  }
  return all || d.state.ci_now(ci) == nullptr || d.out.count() < facts_max;
}

void gather_from(const Deciding& d, IncidentNumber n, std::uint32_t from, const JoinHeld& join) {
  const std::string ci(row_of(d, n).words().ci);
  const Reach reach = reach_of(d, ci);
  const std::size_t facts_max = d.out.count() + facts_per_slice;
  const auto end = static_cast<std::uint32_t>(reach.cis.size());
  std::uint32_t at = from;
  for (; at < end && at < from + cis_per_slice; ++at)
    if (!gather_at(d, reach.cis[at], at >= reach.below, n, facts_max, join)) break;
  if (!find(d, n)) return;
  if (at < end) {
    need_format(d, format_with_decisions);
    d.out.add(FamilyAdvanced{n, FamilyJob::gather, at, d.now});
  } else if (row_of(d, n).family_due != never) {
    const bool waits = row_of(d, n).on_hold();  // since it was gathered for
    d.out.add(
        FamilyAdvanced{n, waits ? FamilyJob::follow : FamilyJob::none, 0, waits ? d.now : never});
  }
  review_major(d, n);
}

// ---- the parent is over ----

void end_with_parent(const Deciding& d, const IncidentRow& child) {
  const Wall restored = child.restored_at.ms ? child.restored_at : d.wall();
  d.out.add(IncidentResolved{child.number, ClosureCode::resolved_with_parent, CauseCode::unknown,
                             true, false, restored, d.now + d.settings.auto_close_after, "daemon",
                             "", to_text(child.parent) + " is resolved"});
  clocks_after_resolution(d, child.number);
  cancel_pages(d, child.number);
  recall(d, child.number);
}

// Something fires in it, or people are to say that it is over (T03).
bool goes_on(const IncidentRow& child) {
  return child.alerts_firing > 0 || child.left_to_people();
}
bool awaits_caller(const IncidentRow& child) {
  return child.on_hold() && child.hold_reason == HoldReason::awaiting_caller;
}

// Unanswered, it is escalated as if it were new; but not while a recovery is verified (ESC-15),
// which ends with a step where people have reported it.
void let_go(const Deciding& d, const IncidentRow& child, WhyDetached why, const std::string& by) {
  const bool anew = child.acknowledged_at == never && goes_on(child);
  const bool steps = anew && child.verify_due == never;
  const Instant due = steps ? first_due(d.settings, child.priority, d.now) : never;
  clock_answered(d, child.number);  // as long as its parent is known
  d.out.add(IncidentDetached{child.number, child.parent, why, anew,
                             static_cast<std::uint16_t>(child.cycle + anew), due, by});
  if (due <= d.now) escalate(d, child.number);
  follow_parent(d, child.number);
  clocks_after_detaching(d, child.number);
  review_major(d, child.number);
}

WhyDetached why_it_goes_on(const IncidentRow& child) {
  if (child.alerts_firing > 0) return WhyDetached::parent_resolved_child_firing;
  if (awaits_caller(child)) return WhyDetached::parent_resolved_child_waits;
  return child.reports > 0 ? WhyDetached::parent_resolved_child_reported
                           : WhyDetached::parent_resolved_child_major;
}

// LCY-16: nobody was told of it by itself, so that it begins anew; whoever owns it is told, unless
// it waits for its caller.
void speak_for_itself(const Deciding& d, const IncidentRow& child) {
  const std::string owner(child.words().owner);
  const WhyDetached why = why_it_goes_on(child);
  if (child.alerts_firing == 0) need_format(d, format_with_people);
  let_go(d, child, why, {});
  if (child.acknowledged_at != never && !owner.empty() &&
      why != WhyDetached::parent_resolved_child_waits)
    tell(d, child.number, owner, PageKind::notice, WhyPage::parent_resolved);
}

void cascade(const Deciding& d, IncidentNumber n) {
  const std::size_t facts_max = d.out.count() + facts_per_slice;
  while (!row_of(d, n).unresolved() && !d.state.children_of(n).empty() &&
         d.out.count() < facts_max) {
    const IncidentRow child = row_of(d, *d.state.children_of(n).begin());
    if (goes_on(child) || awaits_caller(child))
      speak_for_itself(d, child);
    else
      end_with_parent(d, child);
  }
  // Reopened meanwhile, it speaks for those that are left.
  const bool more = !row_of(d, n).unresolved() && !d.state.children_of(n).empty();
  d.out.add(
      FamilyAdvanced{n, more ? FamilyJob::cascade : FamilyJob::none, 0, more ? d.now : never});
}

// ---- people ----

Answer say(const Deciding& d, IncidentNumber n, Answer::Code code, std::string message) {
  Answer a;
  const IncidentRow* row = find(d, n);
  a.code = code, a.incident = n, a.revision = row ? row->revision : 0;
  a.message = std::move(message);
  return a;
}

bool may_link(const Actor& by) {
  for (const Role role :
       {Role::service_desk, Role::engineer, Role::group_lead, Role::incident_manager,
        Role::major_incident_manager, Role::problem_manager})
    if (by.may(role)) return true;
  return false;
}

Answer unlink(const Deciding& d, const LinkIncident& c) {
  const IncidentRow row = row_of(d, c.incident);
  if (!row.parent) return say(d, c.incident, Answer::Code::already, "it is the child of nobody");
  let_go(d, row, WhyDetached::person, c.by.person);
  return say(d, c.incident, Answer::Code::done, {});
}

}  // namespace

Answer link(const Deciding& d, const LinkIncident& c) {
  const IncidentRow *row = find(d, c.incident), *parent = find(d, c.parent);
  if (!row || (c.parent && !parent))
    return say(d, row ? c.parent : c.incident, Answer::Code::not_found,
               "no open incident " + to_text(row ? c.parent : c.incident));
  if (!may_link(c.by))
    return say(d, c.incident, Answer::Code::forbidden, c.by.person + " may not link incidents");
  const auto refuse = [&](std::string why) {
    return say(d, c.incident, Answer::Code::illegal_transition, std::move(why));
  };
  if (!row->unresolved() || row->self || row->drill)
    return refuse("only an unresolved incident belongs to another one");
  if (!c.parent) return unlink(d, c);
  if (row->is_major())
    return refuse("a major incident speaks for itself: link the other one to it");
  const IncidentNumber speaker = parent->parent ? parent->parent : c.parent;
  if (speaker == c.incident || c.parent == c.incident)
    return refuse("relation_cycle: an incident is not its own parent");
  const IncidentRow* spoken = find(d, speaker);
  if (!spoken || !speaks(*spoken))
    return refuse(to_text(speaker) + " speaks for nobody: it is over, being verified or silenced");
  if (row->parent == speaker)
    return say(d, c.incident, Answer::Code::already, "it is a child of " + to_text(speaker));
  if (!relate(d, c.incident, speaker, WhyRelated::person, c.by.person,
              d.out.count() + facts_per_slice))
    return say(d, c.incident, Answer::Code::shed, "it has many children; ask again for the rest");
  review_major(d, speaker);
  return say(d, c.incident, Answer::Code::done, {});
}

bool relate(const Deciding& d, IncidentNumber child, IncidentNumber parent, WhyRelated why,
            std::string_view what, std::size_t facts_max) {
  const std::string kept(what);
  need_format(d, format_with_decisions);
  while (!d.state.children_of(child).empty()) {
    if (d.out.count() >= facts_max) return false;
    const IncidentNumber moved = *d.state.children_of(child).begin();
    d.out.add(IncidentRelated{moved, parent, WhyRelated::moved, to_text(child)});
    clock_answered(d, moved);
    raise_parent(d, moved);
    if (why != WhyRelated::person) speak_up(d, moved);
    follow_parent(d, moved);
  }
  d.out.add(IncidentRelated{child, parent, why, kept});
  withdraw_major(d, child);
  clock_answered(d, child);
  cancel_pages(d, child);
  raise_parent(d, child);
  // A person who says that it is the same knows what that one waits for; nobody else has looked.
  if (why != WhyRelated::person) speak_up(d, child);
  follow_parent(d, child);
  return true;
}

// What not everybody may read speaks for itself and for nobody else.
void take_part_in_storm(const Deciding& d, IncidentNumber n) {
  if (row_of(d, n).restricted) return;
  const auto relation = storm_relation(d, n);
  if (relation)
    relate(d, n, relation->speaker, WhyRelated::storm, relation->what,
           d.out.count() + facts_per_slice);
  join_storm(d, n, relation ? relation->speaker : n);
}

void gather(const Deciding& d, IncidentNumber incident, const JoinHeld& join) {
  gather_from(d, incident, 0, join);
}

void family_due(const Deciding& d, IncidentNumber n, const JoinHeld& join) {
  const IncidentRow row = row_of(d, n);
  if (row.family_job == FamilyJob::gather) return gather_from(d, n, row.family_next, join);
  if (row.family_job == FamilyJob::follow) return children_follow(d, n);
  cascade(d, n);
}

void leave_if_parent_is_over(const Deciding& d, IncidentNumber child) {
  const IncidentRow row = row_of(d, child);
  if (!row.parent) return;
  const IncidentRow* parent = find(d, row.parent);
  if (parent && speaks(*parent)) return;
  d.out.add(IncidentDetached{
      child, row.parent, WhyDetached::parent_is_over, false, row.cycle, never, {}});
}

}  // namespace tocsin
