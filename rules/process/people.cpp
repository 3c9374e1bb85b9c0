// What people do to an incident: who may (11.3), when (3.2), with which fields (9.2).
#include "rules/model/link.hpp"
#include "rules/process/category.hpp"
#include "rules/process/lifecycle.hpp"

namespace tocsin {
namespace {

constexpr std::size_t note_bytes_min = 20;
constexpr std::size_t note_bytes_max = 4096;
constexpr std::size_t waiver_bytes_min = 10;

bool any_of(const Actor& by, std::initializer_list<Role> roles) {
  for (Role r : roles)
    if (by.may(r)) return true;
  return false;
}

// An engineer acts for their own group, and for what they were called about.
bool concerns(const Deciding& d, const IncidentRow& row, const std::string& person) {
  if (const Group* group = d.settings.group(row.words().group)) {
    if (group->lead == person) return true;
    for (const auto& member : group->members)
      if (member == person) return true;
  }
  for (PageId id : d.state.pages_of(row.number))
    if (d.state.pages().at(d.state.page_slot(id)).person() == person) return true;
  return false;
}

Answer answer(const IncidentRow& row, Answer::Code code, std::string message) {
  Answer a;
  a.code = code, a.incident = row.number, a.revision = row.revision, a.message = std::move(message);
  return a;
}
Answer not_found(IncidentNumber n) {
  Answer a;
  a.code = Answer::Code::not_found, a.incident = n, a.message = "no open incident " + to_text(n);
  return a;
}
Answer illegal(const IncidentRow& row, std::string_view to) {
  return answer(row, Answer::Code::illegal_transition,
                "an incident that is " + std::string(state_word(row.state)) + " cannot be " +
                    std::string(to));
}
Answer forbidden(const IncidentRow& row, const Actor& by, std::string_view what) {
  return answer(row, Answer::Code::forbidden,
                by.person + " may not " + std::string(what) + " this incident");
}
Answer done(const Deciding& d, IncidentNumber n) {
  const std::uint32_t slot = d.state.incident_slot(n);
  Answer a;
  a.incident = n;
  if (slot != no_slot) a.revision = d.state.incidents().at(slot).revision;
  return a;
}

Answer already_acknowledged(const Deciding& d, const IncidentRow& row) {
  Answer a = answer(row, Answer::Code::already,
                    "already acknowledged by " + std::string(row.words().owner));
  a.by = row.words().owner, a.at = d.state.globals().wall(row.acknowledged_at);
  return a;
}

std::vector<std::pair<std::string, std::string>> missing_to_resolve(const ResolveIncident& c,
                                                                    Priority p,
                                                                    const Settings& settings) {
  std::vector<std::pair<std::string, std::string>> fields;
  if (!c.code) fields.emplace_back("code", "a closure code is required");
  if (p <= Priority::P3 && c.note.size() < note_bytes_min)
    fields.emplace_back("note", "at least 20 characters on what was done, for P1 to P3");
  if (p <= Priority::P2 && !c.cause)
    fields.emplace_back("cause", "a cause code is required for P1 and P2");
  if (c.code == ClosureCode::converted_to_request)
    fields.emplace_back("code", "what is a request is converted, so that it has a number");
  if (c.note.size() > note_bytes_max) fields.emplace_back("note", "at most 4096 bytes");
  if (!c.category.empty() && !category_in(settings, c.category))
    fields.emplace_back("category",
                        "is a category and a subcategory of the tree, as storage/filesystem");
  return fields;
}

// MI-11.
Answer only_its_manager(const IncidentRow& row, std::string_view what) {
  return answer(row, Answer::Code::forbidden,
                "only a major incident manager " + std::string(what) + " a major incident");
}

}  // namespace

bool leads_major(const Settings& settings, const Actor& by) {
  const auto borne = [&](Role role) { return settings.roles_borne >> index(role) & 1u; };
  const auto it = settings.roles.find("major_incident_manager");
  const bool named = it != settings.roles.end() && !it->second.empty();
  const bool managed = named && borne(Role::major_incident_manager);
  if (by.may(Role::major_incident_manager)) return true;
  if (!managed && by.may(Role::incident_manager)) return true;
  return !borne(Role::major_incident_manager) && !borne(Role::incident_manager) &&
         any_of(by, {Role::service_desk, Role::group_lead, Role::engineer});
}

Answer acknowledge(const Deciding& d, const AcknowledgeIncident& c) {
  const std::uint32_t slot = d.state.incident_slot(c.incident);
  if (slot == no_slot) return not_found(c.incident);
  const IncidentRow row = d.state.incidents().at(slot);
  const bool whole =
      any_of(c.by, {Role::service_desk, Role::incident_manager, Role::major_incident_manager});
  const bool own =
      any_of(c.by, {Role::engineer, Role::group_lead}) && concerns(d, row, c.by.person);
  if (!whole && !own) return forbidden(row, c.by, "acknowledge");
  if (row.acknowledged_at != never) return already_acknowledged(d, row);
  if (row.state != IncidentState::new_) return illegal(row, "acknowledged");
  d.out.add(IncidentAcknowledged{c.incident, c.by.person, c.via, {}});
  return done(d, c.incident);
}

// Who was paged may answer: the link is the proof, and acts for nobody else.
Answer acknowledge_by_link(const Deciding& d, const AcknowledgeByLink& c) {
  const auto link = read_link(d.state.globals(), c.token);
  Answer a;
  if (!link) {
    a.code = Answer::Code::not_found, a.message = "this link is none of ours";
    return a;
  }
  a.incident = link->incident, a.code = Answer::Code::expired;
  const std::uint32_t slot = d.state.incident_slot(link->incident);
  if (slot == no_slot) return a.message = to_text(link->incident) + " is closed", a;
  const IncidentRow row = d.state.incidents().at(slot);
  a.revision = row.revision;
  // What has happened is told first: whoever presses the button again wants to know just that.
  if (row.unresolved() && row.acknowledged_at != never) return already_acknowledged(d, row);
  if (!row.unresolved()) return a.message = to_text(row.number) + " is already resolved", a;
  if (link->page < row.links_from)
    return a.message = to_text(row.number) + " was reopened after this page was sent", a;
  if (link->expires <= d.now)
    return a.message = "this link is older than 24 hours and acts no more", a;
  if (!d.settings.person(link->person))
    return forbidden(row, {link->person, 0}, "acknowledge any more; the configuration changed:");
  if (row.state != IncidentState::new_) return illegal(row, "acknowledged");
  d.out.add(IncidentAcknowledged{row.number, link->person, "link", link->page});
  return done(d, row.number);
}

Answer note(const Deciding& d, const NoteIncident& c) {
  const std::uint32_t slot = d.state.incident_slot(c.incident);
  if (slot == no_slot) return not_found(c.incident);
  const IncidentRow row = d.state.incidents().at(slot);
  if (!any_of(c.by, {Role::service_desk, Role::engineer, Role::group_lead, Role::incident_manager,
                     Role::major_incident_manager, Role::comms_lead, Role::problem_manager,
                     Role::service_owner}))
    return forbidden(row, c.by, "add a note to");
  if (c.text.empty() || c.text.size() > note_bytes_max) {
    Answer a = answer(row, Answer::Code::invalid, "a note has 1 to 4096 bytes");
    a.fields.emplace_back("text", a.message);
    return a;
  }
  d.out.add(NoteAdded{c.incident, c.by.person, c.text});
  return done(d, c.incident);
}

Answer resolve(const Deciding& d, const ResolveIncident& c) {
  const std::uint32_t slot = d.state.incident_slot(c.incident);
  if (slot == no_slot) return not_found(c.incident);
  const IncidentRow row = d.state.incidents().at(slot);
  if (row.drill) return illegal(row, "resolved: a drill ends by itself");
  const bool manager = any_of(c.by, {Role::service_desk, Role::group_lead, Role::incident_manager,
                                     Role::major_incident_manager});
  const bool owner = c.by.may(Role::engineer) && row.words().owner == c.by.person;
  if (!manager && !owner) return forbidden(row, c.by, "resolve");
  if (row.state == IncidentState::resolved)
    return answer(row, Answer::Code::already,
                  "already resolved by " + std::string(row.words().resolved_by));
  if (row.is_major() && !leads_major(d.settings, c.by)) return only_its_manager(row, "resolves");
  // T07: somebody owns it first; what nobody answered recovers by itself or is cancelled. T09: also
  // what waits.
  if (row.state != IncidentState::in_progress && !row.on_hold())
    return illegal(row, "resolved; acknowledge it first");
  if (auto missing = missing_to_resolve(c, row.priority, d.settings); !missing.empty()) {
    Answer a = answer(row, Answer::Code::invalid, "fields are missing");
    a.fields = std::move(missing);
    return a;
  }
  const bool may_force =
      any_of(c.by, {Role::group_lead, Role::incident_manager, Role::major_incident_manager});
  if (row.alerts_firing > 0 && !(c.force && may_force))
    return answer(row, c.force ? Answer::Code::forbidden : Answer::Code::illegal_transition,
                  std::to_string(row.alerts_firing) + " of its alerts still fire" +
                      (c.force ? "; only a group lead or incident manager may force it"
                               : "; use force to insist"));
  const Wall restored = row.restored_at.ms ? row.restored_at : d.wall();
  if (const auto category = category_in(d.settings, c.category); category && !row.self)
    say_category(d, c.incident, *category, c.by.person, "");
  d.out.add(IncidentResolved{
      c.incident, *c.code, c.cause.value_or(CauseCode::unknown), false, row.alerts_firing > 0,
      restored, row.is_major() ? never : d.now + d.settings.auto_close_after, c.by.person, c.note,
      row.alerts_firing > 0 ? "forced while alerts fire" : ""});
  return done(d, c.incident);
}

Answer close(const Deciding& d, const CloseIncident& c) {
  const std::uint32_t slot = d.state.incident_slot(c.incident);
  if (slot == no_slot) {
    if (c.incident && c.incident < d.state.globals().next_incident) {
      Answer a;
      a.code = Answer::Code::already, a.incident = c.incident, a.message = "already closed";
      return a;
    }
    return not_found(c.incident);
  }
  const IncidentRow row = d.state.incidents().at(slot);
  if (!any_of(c.by, {Role::service_desk, Role::incident_manager, Role::major_incident_manager}) &&
      !(row.is_major() && leads_major(d.settings, c.by)))
    return forbidden(row, c.by, "close");
  if (row.state != IncidentState::resolved) return illegal(row, "closed; resolve it first");
  std::string reason = "closed by a person";
  if (row.is_major()) {
    if (!leads_major(d.settings, c.by)) return only_its_manager(row, "closes");
    if (c.reason.size() < waiver_bytes_min || c.reason.size() > note_bytes_max) {
      Answer a = answer(row, Answer::Code::reason_required,
                        "review_not_approved: a reason of 10 characters at least says why there is "
                        "no review");
      a.fields.emplace_back("reason", a.message);
      return a;
    }
    reason += "; its review is waived: " + c.reason;
  }
  const bool reviewed = begins_review(d, row);
  d.out.add(IncidentClosed{c.incident, false, c.by.person, reason, reviewed});
  Answer a;  // its row may be gone with the fact
  a.incident = c.incident, a.revision = row.revision + 1;
  return a;
}

}  // namespace tocsin
