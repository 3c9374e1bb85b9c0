#include "rules/reports.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "rules/classify/classify.hpp"
#include "rules/classify/phrases.hpp"
#include "rules/clocks.hpp"
#include "rules/correlate/ci.hpp"
#include "rules/correlate/correlate.hpp"
#include "rules/holds.hpp"
#include "rules/marks.hpp"
#include "rules/oncall/escalation.hpp"
#include "rules/oncall/mute.hpp"
#include "rules/priority.hpp"
#include "rules/process/format.hpp"
#include "rules/process/lifecycle.hpp"
#include "rules/requests.hpp"
#include "rules/storm.hpp"

namespace tocsin {
namespace {

// A report as it is understood.
struct Report {
  const ReportByPerson& said;
  std::string reporter, ci;  // the id of the CI
  CiMatch ci_match = CiMatch::none;
  Fingerprint key;
  std::uint8_t source = 0;
};

Answer refuse(Answer::Code code, std::string message) {
  Answer a;
  a.code = code, a.message = std::move(message);
  return a;
}

bool may_report(const Actor& by) {
  for (const Role role : {Role::requester, Role::service_desk, Role::engineer, Role::group_lead,
                          Role::incident_manager, Role::major_incident_manager,
                          Role::problem_manager, Role::service_owner})
    if (by.may(role)) return true;
  return false;
}

bool one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string_view reporter_of(const ReportByPerson& c) {
  return c.reporter.empty() ? c.by.person : c.reporter;
}

// Who reported it says more; others are not told whether there is such an incident.
bool may_add_to(const Deciding& d, const ReportByPerson& c) {
  const std::uint32_t slot = d.state.incident_slot(c.incident);
  if (slot == no_slot || !d.state.incidents().at(slot).unresolved()) return false;
  const auto known = unpack_watchers(d.state.incidents().at(slot).words().watchers);
  return std::find(known.begin(), known.end(), reporter_of(c)) != known.end();
}

std::optional<Answer> refused(const Deciding& d, const ReportByPerson& c) {
  if (!may_report(c.by))
    return refuse(Answer::Code::forbidden, c.by.person + " may not report incidents");
  const bool for_another = !c.reporter.empty() && c.reporter != c.by.person;
  if (for_another && !c.by.may(Role::service_desk))
    return refuse(Answer::Code::forbidden, "only the service desk reports for somebody else");
  Answer a = refuse(Answer::Code::invalid, "the report does not fit");
  const auto wrong = [&](const char* field, std::string why) { a.fields.emplace_back(field, why); };
  if (c.text.find_first_not_of(" \t\r\n") == c.text.npos) wrong("text", "says what is wrong");
  if (c.text.size() > report_text_bytes) wrong("text", "at most 4096 bytes");
  if (c.by.person.empty() && c.reporter.empty()) wrong("reporter", "who reports it is needed");
  if (c.reporter.size() > reporter_bytes || !one_line(c.reporter))
    wrong("reporter", "is one line of at most 128 bytes");
  if (!c.ci.empty() && !ci_named(d.settings, c.ci))
    wrong("ci", "is in no inventory; without one, leave it out");
  if (!by_people(c.via)) wrong("via", "is api, form, mail, phone or chat");
  if (c.incident && !may_add_to(d, c))
    wrong("incident", "is none that is open and that they watch");
  if (c.incident && c.request) wrong("incident", "who asks for something asks anew");
  if (a.fields.empty()) return {};
  return a;
}

Fingerprint key_of(const Deciding& d, const ReportByPerson& c, std::string_view reporter,
                   std::string_view ci) {
  std::string bytes;
  for (const std::string_view part :
       {std::string_view(c.by.person), reporter, ci, std::string_view(c.text)})
    bytes.append(part).push_back('\0');
  bytes.push_back(c.request ? 'r' : 'i');
  if (c.incident) bytes += to_text(c.incident);
  const XXH128_hash_t h =
      XXH3_128bits_withSeed(bytes.data(), bytes.size(), d.state.globals().secret.high);
  return {h.high64, h.low64};
}

// Named with the first report, so that a store in which nobody reports is what it was.
std::uint8_t source_of_reports(const Deciding& d) {
  const std::size_t next = d.state.globals().sources.size();
  if (d.state.source_slot(report_source) == sources_max && next < sources_max - 1)
    d.out.add(SourceNamed{static_cast<std::uint8_t>(next), report_source});
  return d.state.source_slot(report_source);
}

Report understood(const Deciding& d, const ReportByPerson& c) {
  Report r{c, std::string(reporter_of(c)), {}, CiMatch::none, {}, 0};
  if (const Ci* ci = c.ci.empty() ? nullptr : ci_named(d.settings, c.ci)) {
    r.ci = ci->id;
    r.ci_match = ci->id == c.ci ? CiMatch::exact : CiMatch::alias;
  }
  r.key = key_of(d, c, r.reporter, r.ci);
  return r;
}

// What became of it is not over: whoever says the same again later says that it is still broken.
bool goes_on(const Deciding& d, const RecentReport& r) {
  if (r.request) {
    const std::uint32_t slot = d.state.request_slot(r.request);
    return slot != no_slot && d.state.requests().at(slot).state != RequestState::done;
  }
  const std::uint32_t slot = d.state.incident_slot(r.incident);
  return slot != no_slot && d.state.incidents().at(slot).unresolved();
}

// The same report, as long as it is remembered, and how many there are of this person.
struct Recent {
  const RecentReport* same = nullptr;
  std::size_t all = 0, of_person = 0;
};
Recent recent(const Deciding& d, const Report& r) {
  Recent out;
  for (const RecentReport& one : d.state.globals().reports) {
    if (one.at + RecentReport::remembered <= d.now) continue;
    ++out.all, out.of_person += one.by == r.said.by.person;
    if (one.key == r.key && goes_on(d, one)) out.same = &one;
  }
  return out;
}

bool is_restricted(const Deciding& d, IncidentNumber n) {
  const std::uint32_t slot = d.state.incident_slot(n);
  return slot != no_slot && d.state.incidents().at(slot).restricted;
}

Answer told(const Deciding& d, IncidentNumber n, Disposition what) {
  Answer a;
  a.incident = n, a.disposition = what, a.restricted = is_restricted(d, n);
  if (const std::uint32_t slot = d.state.incident_slot(n); slot != no_slot)
    a.revision = d.state.incidents().at(slot).revision;
  return a;
}

Answer ask(const Deciding& d, const Report& r) {
  const std::string title(shorten(r.said.text, request_title_bytes));
  const std::string_view text =
      title.size() < r.said.text.size() ? std::string_view(r.said.text) : std::string_view();
  const RequestNumber n =
      open_request(d, {r.key, r.source, {}, title, text, r.ci, r.reporter, r.said.by.person});
  d.out.tally(r.source, n ? Disposition::service_request : Disposition::shed);
  if (!n) return refuse(Answer::Code::shed, "as many requests are kept as may be");
  Answer a;
  a.request = n, a.disposition = Disposition::service_request;
  return a;
}

// What an alert of severity warning would be, by the defaults of its CI: a report has no rule.
struct AsAlert {
  std::string packed;
  Prepared alert;
  Verdict verdict;
};
AsAlert as_alert(const Deciding& d, const Report& r) {
  AsAlert out;
  const std::string_view said = shorten(r.said.text, 512);
  std::vector<Pair> labels;
  if (!r.ci.empty()) labels.emplace_back("ci", r.ci);
  pack_alert(out.packed, labels, {{"summary", said}}, "");
  out.alert.text = AlertText(out.packed);
  out.alert.ci = r.ci, out.alert.ci_match = r.ci_match;
  out.alert.severity = Severity::warning;
  out.verdict = classify(out.alert, d.settings);
  out.verdict.symptom = symptom_said(r.said.text, d.settings);
  out.verdict.name = report_source;
  return out;
}

IncidentNumber open_reported(const Deciding& d, const Report& r, const AsAlert& as) {
  const Verdict& v = as.verdict;
  const Assessment a = assess_new(d, as.alert, v);
  const std::string title = title_of(v, r.ci);
  NewIncident n;
  n.title = title, n.ci = r.ci, n.ci_class = v.ci_class, n.service = v.service;
  n.environment = v.environment, n.category = v.category, n.subcategory = v.subcategory;
  n.symptom = v.symptom, n.rule = v.rule, n.group = v.group;
  n.summary = shorten(v.summary, 512), n.reason = a.reason;
  n.origin = r.said.via, n.ci_match = r.ci_match, n.severity = Severity::warning;
  n.impact = a.impact, n.urgency = a.urgency, n.priority = a.priority;
  n.occurred_at = d.wall();
  n.escalate_due = first_due(d.settings, a.priority, d.now);
  const IncidentNumber number = open_incident(d, n);
  start_clocks(d, number);
  mark_new(d, number, as.alert, v);
  return number;
}

// As any other incident from here on.
void begin(const Deciding& d, IncidentNumber n, bool is_new, const JoinHeld& join) {
  if (is_new) plan_reassessment(d, n);
  if (is_new && storm_is_on(d)) take_part_in_storm(d, n);
  const IncidentRow row = d.state.incidents().at(d.state.incident_slot(n));
  if (row.escalate_due <= d.now) escalate(d, n);
  gather(d, n, join);
}

// The incident that it is part of from here on. It pages again only where what is reported would be
// more urgent alone, as an alert that joins.
Answer place_report(const Deciding& d, const Report& r, const ReportPorts& ports) {
  const AsAlert as = as_alert(d, r);
  const Join found = r.said.incident ? Join{r.said.incident, JoinReason::same_reporter, false}
                                     : find_reported(d, r.ci, as.verdict.subcategory);
  const bool is_new = !found.incident;
  if (found.reopen) ports.reopen(found.incident, r.reporter);
  const Severity before =
      is_new ? Severity::warning
             : d.state.incidents().at(d.state.incident_slot(found.incident)).severity;
  const IncidentNumber n = is_new ? open_reported(d, r, as) : found.incident;
  const Disposition what = is_new         ? Disposition::incident_opened
                           : found.reopen ? Disposition::reopened
                                          : Disposition::correlated;
  d.out.add(IncidentReported{n, r.key, r.source, is_new ? JoinReason::opened_it : found.why, what,
                             r.ci, r.reporter, r.said.by.person, r.said.text});
  if (!is_new && !r.said.incident) raise_with(d, n, before, as.alert, as.verdict);
  if (!is_new) caller_answered(d, n, r.reporter);
  if (!is_new && !found.reopen) ports.not_over(n);
  if (is_new || found.reopen) begin(d, n, is_new, ports.join);
  return told(d, n, what);
}

}  // namespace

Answer report(const Deciding& d, const ReportByPerson& c, const ReportPorts& ports) {
  if (auto no = refused(d, c)) return *no;
  Report r = understood(d, c);
  const Recent before = recent(d, r);
  if (before.same) {
    Answer a = told(d, before.same->incident, Disposition::duplicate);
    a.code = Answer::Code::already, a.request = before.same->request;
    d.out.tally(d.state.source_slot(report_source), a.disposition);
    return a.message = "the same report came a moment ago", a;
  }
  if (before.of_person >= RecentReport::of_one_person_max || before.all >= RecentReport::max) {
    d.out.tally(d.state.source_slot(report_source), Disposition::shed);
    return refuse(Answer::Code::shed, "too many reports within five minutes");
  }
  // A report that names its incident is written with a reason of that format.
  need_format(d, c.incident ? format_with_agreements : format_with_people);
  r.source = source_of_reports(d);
  if (c.request) return ask(d, r);
  return place_report(d, r, ports);
}

Answer report_for(const Deciding& d, const ReportByPerson& c, const ReportPorts& ports) {
  Report r = understood(d, c);
  // What a sender has called its user and its CI may be anything; alerts are about such CIs, too.
  std::replace_if(
      r.reporter.begin(), r.reporter.end(),
      [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; }, ' ');
  r.reporter = shorten(r.reporter, reporter_bytes);
  if (r.ci.empty() && !c.ci.empty()) r.ci = c.ci, r.ci_match = CiMatch::discovered;
  r.key = {};  // nobody reports it a second time
  r.source = source_of_reports(d);
  return place_report(d, r, ports);
}

}  // namespace tocsin
