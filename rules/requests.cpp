#include "rules/requests.hpp"

#include "rules/classify/classify.hpp"
#include "rules/model/planted.hpp"
#include "rules/process/format.hpp"
#include "rules/set_aside.hpp"

namespace tocsin {
namespace {

constexpr std::size_t note_bytes_max = 1024;

// Full means that nothing of it can be forgotten: what is not done yet is nobody's to drop. A tenth
// is for people, so that no sender of events keeps them out.
bool make_room(const Deciding& d, bool by_person) {
  const std::uint32_t max = d.settings.requests_max;
  if (d.state.requests().size() < (by_person ? max : max - max / 10)) return true;
  const auto& done = d.state.done_requests();
  if (done.empty()) return false;
  d.out.add(RequestForgotten{*done.begin()});
  return true;
}

RequestNumber known_request(const Deciding& d, const Fingerprint& key, Wall starts_at) {
  const RequestNumber known = d.state.request_of(key, starts_at);
  if (planted("request_numbered_twice")) return {};
  if (!known || starts_at.ms != 0) return known;
  const RequestRow& row = d.state.requests().at(d.state.request_slot(known));
  return row.state == RequestState::done ? RequestNumber{} : known;
}

Answer answer(RequestNumber n, Answer::Code code, std::string message = {}) {
  Answer a;
  a.request = n, a.code = code, a.message = std::move(message);
  return a;
}

// Who may: the first gate is the API's (request.handle).
bool may_handle(const Actor& by) {
  for (const Role role : {Role::service_desk, Role::engineer, Role::group_lead,
                          Role::incident_manager, Role::major_incident_manager})
    if (by.may(role)) return true;
  return false;
}

}  // namespace

std::optional<Answer> refuse_handling(const Deciding& d, RequestNumber n, const Actor& by) {
  if (!may_handle(by))
    return answer(n, Answer::Code::forbidden, by.person + " may not handle requests");
  if (d.state.request_slot(n) == no_slot)
    return answer(n, Answer::Code::not_found, "there is no request " + to_text(n));
  return {};
}

RequestNumber open_request(const Deciding& d, const NewRequest& r) {
  if (!make_room(d, !r.by.empty())) return {};
  need_format(d, format_with_people);
  const RequestNumber number = d.state.globals().next_request;
  d.out.add(RequestOpened{number, r.key, r.source, r.starts_at,
                          shorten(r.title, request_title_bytes),
                          shorten(r.text, request_text_bytes), r.ci, r.reporter, r.by});
  return number;
}

void receive_request(const Deciding& d, const ReceiveAlert& c) {
  const Prepared& alert = *c.alert;
  // As it was sent, however old: it tells one request from another and is no time to count from.
  const Wall starts_at = alert.starts_at;
  RequestNumber number = known_request(d, alert.fingerprint, starts_at);
  if (!number) {
    const Verdict v = classify(alert, d.settings);
    const auto description = alert.text.annotation("description");
    number = open_request(d, {alert.fingerprint,
                              c.source,
                              starts_at,
                              v.summary.empty() ? std::string_view("request") : v.summary,
                              description == v.summary ? std::string_view{} : description,
                              alert.ci,
                              alert.text.label("user"),
                              {}});
    if (!number) {
      d.out.tally(c.source, Disposition::shed);
      d.out.answer.code = Answer::Code::shed;
      return;
    }
  }
  put_aside(d, c, Disposition::service_request);
  d.out.answer.request = number;
}

Answer take_request(const Deciding& d, const TakeRequest& c) {
  if (auto no = refuse_handling(d, c.request, c.by)) return *no;
  const RequestRow row = d.state.requests().at(d.state.request_slot(c.request));
  if (row.state == RequestState::done)
    return answer(c.request, Answer::Code::illegal_transition,
                  to_text(c.request) + " is done already");
  if (row.state == RequestState::handed_over && row.words().taken_by == c.by.person)
    return answer(c.request, Answer::Code::already, "it is yours already");
  // Whoever takes what another has, has it from here on: people agree on that, not we.
  d.out.add(RequestTaken{c.request, c.by.person});
  return answer(c.request, Answer::Code::done);
}

Answer finish_request(const Deciding& d, const FinishRequest& c) {
  if (auto no = refuse_handling(d, c.request, c.by)) return *no;
  if (c.note.size() > note_bytes_max) {
    Answer a = answer(c.request, Answer::Code::invalid, "fields do not fit");
    a.fields.emplace_back("note", "at most 1024 bytes");
    return a;
  }
  const RequestRow row = d.state.requests().at(d.state.request_slot(c.request));
  if (row.state == RequestState::done)
    return answer(c.request, Answer::Code::already,
                  "done by " + std::string(row.words().done_by) + " already");
  d.out.add(RequestDone{c.request, d.now + d.settings.keep_requests, c.by.person, c.note});
  return answer(c.request, Answer::Code::done);
}

}  // namespace tocsin
