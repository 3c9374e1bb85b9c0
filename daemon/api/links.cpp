#include "daemon/api/links.hpp"

#include "connectors/text/rfc3339.hpp"
#include "daemon/api/incident_page.hpp"
#include "rules/model/planted.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t body_bytes_max = 2048;

HttpResponse message(int status, std::string title, std::string text, std::string href = "",
                     std::string link_text = "") {
  return html_response(status, message_html({std::move(title), std::move(text), std::move(href),
                                             std::move(link_text)}));
}

bool is_form(const HttpRequest& request) {
  const std::string* type = request.find("Content-Type");
  return type && same_token(std::string_view(*type).substr(0, type->find(';')),
                            "application/x-www-form-urlencoded");
}

}  // namespace

bool UnknownTokens::one_more(std::string_view peer, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Bucket& b = buckets_[std::hash<std::string_view>{}(peer) % buckets_.size()];
  if (now - b.since >= std::chrono::minutes(1)) b = {now, 0};
  return ++b.count <= per_minute || planted("links_guessed_at_will");
}

HttpResponse LinksApi::unknown(const Exchange& x) {
  ++stats_.unknown;
  if (!unknown_.one_more(x.request.peer, UnknownTokens::Clock::now())) {
    ++stats_.limited;
    HttpResponse r = message(429, "Too many", "Too many unknown links came from this address.");
    r.headers.emplace_back("Retry-After", "60");
    return r;
  }
  return message(404, "Unknown link",
                 "This link is none of ours: it is incomplete, of another installation, or its key "
                 "was replaced. Copy the whole link from the page.");
}

HttpResponse LinksApi::show(const Exchange& x, const Snapshot& snapshot) {
  const Globals& g = snapshot.globals;
  const auto link = read_link(g, x.args[0]);
  if (!link) return unknown(x);
  Engine& engine = reading_.engine();
  const auto found = find_incident(engine, snapshot, link->incident);
  if (!found) return unknown(x);
  if (link->expires <= g.instant(engine.wall_now())) {
    ++stats_.expired;
    return message(410, "Link expired",
                   "This link is older than 24 hours. " + to_text(link->incident) + " is " +
                       std::string(state_word(found->row.state)) + ".");
  }
  ++stats_.shown;
  const auto settings = engine.settings();
  // Whoever holds it: a person, but not one who proves it.
  IncidentView view = view_of(engine, snapshot, *found, Sight(Actor{}, snapshot, *settings));
  const bool open = found->row.unresolved() && found->row.acknowledged_at == never;
  if (open && link->page < found->row.links_from)
    view.notice = "It was reopened after this page was sent; a newer page has the button.";
  else if (open)
    view.token = x.args[0], view.person = link->person;
  return html_response(200, incident_html(view), !view.token.empty());
}

HttpResponse LinksApi::pressed(const Answer& answer, const std::string& token) {
  const std::string number = to_text(answer.incident);
  const char* again = "Show the incident";
  switch (answer.code) {
    case Answer::Code::done:
      ++stats_.acknowledged;
      return message(200, number + " is yours", "Acknowledged. Nobody else is paged for it.", token,
                     again);
    case Answer::Code::already:
      ++stats_.already;
      return message(200, number,
                     "Already acknowledged by " + answer.by + " at " + people_text(answer.at) + ".",
                     token, again);
    case Answer::Code::expired:
      ++stats_.expired;
      return message(410, number, "Nothing was done: " + answer.message + ".", token, again);
    case Answer::Code::not_found:
      ++stats_.unknown;
      return message(404, "Unknown link", "Nothing was done: " + answer.message + ".");
    case Answer::Code::forbidden:
      return message(403, number, "Nothing was done: " + answer.message + ".");
    default:
      return message(409, number, "Nothing was done: " + answer.message + ".", token, again);
  }
}

// The proof is checked on a copy first, so that what is forged never reaches a turn.
void LinksApi::press(Exchange x) {
  if (!is_form(x.request))
    return x.reply(message(415, "Not a form", "The button sends a form; this was none."));
  if (x.request.body.size() > body_bytes_max)
    return x.reply(message(413, "Too long", "This is no link of ours."));
  const std::string token = Query(x.request.body).get("token");
  if (token != x.args[0] && !planted("form_of_another_link"))
    return x.reply(message(400, "Not this link", "The form does not belong to this link."));
  reading_.answer_later(std::move(x), [this, token](const Exchange& held, const SnapshotPtr& s) {
    if (!read_link(s->globals, token)) return held.reply(unknown(held));
    const Offer offered =
        reading_.engine().offer(AcknowledgeByLink{token},
                                [this, token, reply = held.reply](const Answer& a, std::uint64_t) {
                                  reply(pressed(a, token));
                                });
    if (offered == Offer::taken) return;
    HttpResponse r =
        message(503, "Busy", "Nothing was done. Press the button again.", token, "Back");
    r.headers.emplace_back("Retry-After", "2");
    held.reply(std::move(r));
  });
}

void LinksApi::add_routes(Router& router) {
  router.add(
      HttpMethod::get, "/a/{}", Guard::own(),
      reading_.handler([this](const Exchange& x, const SnapshotPtr& s) { return show(x, *s); }));
  router.add(HttpMethod::post, "/a/{}", Guard::own(), [this](Exchange x) { press(std::move(x)); });
}

}  // namespace tocsin::api
