#include "rules/conversion.hpp"

#include "rules/classify/classify.hpp"
#include "rules/process/format.hpp"
#include "rules/requests.hpp"

namespace tocsin {
namespace {

constexpr std::size_t note_bytes_max = 4096;

Answer say(const IncidentRow& row, Answer::Code code, std::string message) {
  Answer a;
  a.incident = row.number, a.revision = row.revision, a.request = row.request;
  a.code = code, a.message = std::move(message);
  return a;
}

bool may_convert(const Actor& by, Priority priority) {
  if (by.may(Role::incident_manager) || by.may(Role::major_incident_manager)) return true;
  return priority > Priority::P2 && by.may(Role::service_desk);
}

std::optional<Answer> refused(const ConvertIncident& c, const IncidentRow& row) {
  if (!may_convert(c.by, row.priority))
    return say(row, Answer::Code::forbidden, c.by.person + " may not convert this incident");
  if (row.request && !row.unresolved())
    return say(row, Answer::Code::already, "it is " + to_text(row.request) + " already");
  if (!row.unresolved() || row.self || row.drill)
    return say(row, Answer::Code::illegal_transition,
               "only an unresolved incident that is not about tocsin becomes a request");
  if (row.is_major())
    return say(row, Answer::Code::illegal_transition, "a major incident is no request");
  if (row.alerts_firing > 0)
    return say(
        row, Answer::Code::illegal_transition,
        std::to_string(row.alerts_firing) + " of its alerts still fire: something is broken");
  if (c.note.size() <= note_bytes_max) return {};
  Answer a = say(row, Answer::Code::invalid, "fields do not fit");
  a.fields.emplace_back("note", "at most 4096 bytes");
  return a;
}

}  // namespace

Answer convert_incident(const Deciding& d, const ConvertIncident& c) {
  const std::uint32_t slot = d.state.incident_slot(c.incident);
  if (slot == no_slot) {
    Answer a;
    a.code = Answer::Code::not_found, a.incident = c.incident;
    return a.message = "no open incident " + to_text(c.incident), a;
  }
  const IncidentRow row = d.state.incidents().at(slot);
  if (auto no = refused(c, row)) return *no;
  const IncidentWords w = row.words();
  const auto watchers = unpack_watchers(w.watchers);
  // Of what not everybody may read, the list of requests tells no more than pages do.
  const bool known = !row.restricted && !watchers.empty();
  const std::string reporter(known ? watchers.front() : std::string_view(c.by.person));
  const std::string title(row.restricted ? restricted_title : w.title);
  const std::string text(row.restricted ? std::string_view{} : w.summary);
  const std::string ci(row.restricted ? std::string_view{} : w.ci);
  const RequestNumber request = open_request(
      d, {RequestRow::key_of(row.number), sources_max, {}, title, text, ci, reporter, c.by.person});
  if (!request) return say(row, Answer::Code::shed, "as many requests are kept as may be");
  const std::string note = to_text(request) + (c.note.empty() ? "" : ": " + c.note);
  const Wall restored = row.restored_at.ms ? row.restored_at : d.wall();
  d.out.add(IncidentConverted{row.number, request, c.by.person});
  d.out.add(IncidentResolved{row.number, ClosureCode::converted_to_request, CauseCode::unknown,
                             false, false, restored, d.now + d.settings.auto_close_after,
                             c.by.person, note, ""});
  Answer a;
  a.incident = row.number, a.request = request;
  a.revision = d.state.incidents().at(d.state.incident_slot(row.number)).revision;
  return a;
}

Answer convert_request(const Deciding& d, const ConvertRequest& c, const ReportPorts& ports) {
  if (auto no = refuse_handling(d, c.request, c.by)) return *no;
  const RequestRow row = d.state.requests().at(d.state.request_slot(c.request));
  Answer a;
  a.request = c.request;
  if (row.state == RequestState::done) {
    const bool was = row.was_incident() && row.key == RequestRow::key_of(row.incident);
    const bool became = row.incident && !was;
    a.code = became ? Answer::Code::already : Answer::Code::illegal_transition;
    if (became) a.incident = row.incident;
    if (const auto slot = d.state.incident_slot(a.incident); became && slot != no_slot)
      a.revision = d.state.incidents().at(slot).revision;
    a.message = became ? "it is " + to_text(row.incident) + " already"
                       : to_text(c.request) + " is done already";
    return a;
  }
  const RequestWords w = row.words();
  std::string words = to_text(c.request) + ": ";
  if (!w.text.starts_with(w.title)) words.append(w.title).append(w.text.empty() ? "" : "\n");
  words.append(w.text);
  const ReportByPerson said{c.by,       std::string(w.reporter), words, std::string(w.ci), false,
                            Origin::api};
  a = report_for(d, said, ports);
  d.out.add(RequestConverted{c.request, a.incident, d.now + d.settings.keep_requests, c.by.person});
  a.request = c.request;
  return a;
}

}  // namespace tocsin
