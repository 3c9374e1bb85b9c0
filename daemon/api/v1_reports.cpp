#include "daemon/api/v1_reports.hpp"

#include "daemon/api/json_in.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/api/sight.hpp"
#include "daemon/api/v1_write.hpp"

namespace tocsin::api {
namespace {

// The number of a restricted incident is for everybody; that it was open before is not (BND-12).
HttpResponse answered(const Answer& answer, std::uint64_t seq, bool reads_restricted) {
  const auto [status, code] = status_of(answer.code);
  HttpResponse r;
  if (status == 503) {
    r = busy(answer.message);
  } else if (status != 200) {
    r = own_error(status, code, answer.message, answer.fields);
  } else {
    std::string body;
    JsonWriter json(body);
    json.open_object();
    json.field("result", answer.code == Answer::Code::already ? "already" : "done");
    if (answer.request) json.field("request", to_text(answer.request));
    if (answer.incident) json.field("incident", to_text(answer.incident));
    const bool tells = !answer.restricted || reads_restricted;
    if (answer.incident && answer.code == Answer::Code::done)
      json.field("joined", tells && answer.disposition != Disposition::incident_opened);
    json.field_if("message", answer.message).field("seq", seq).close_object();
    body += '\n';
    r = json_response(200, std::move(body));
  }
  r.headers.emplace_back("X-Tocsin-Seq", std::to_string(seq));
  return r;
}

void report(Engine& engine, const Exchange& x) {
  ErrorFields wrong;
  const auto body = read_json(x, {"text", "ci", "kind", "reporter", "via", "incident"}, wrong);
  if (!body) return;
  ReportByPerson command;
  command.by = x.who.actor, command.reporter = body->text("reporter");
  command.text = body->text("text"), command.ci = body->text("ci");
  const std::string kind = body->text("kind"), via = body->text("via");
  if (!kind.empty() && kind != "incident" && kind != "request")
    wrong.emplace_back("kind", "is incident or request");
  command.request = kind == "request";
  if (const auto origin = parse<Origin>(via); origin && by_people(*origin))
    command.via = *origin;
  else if (!via.empty())
    wrong.emplace_back("via", "is api, form, mail, phone or chat");
  if (const std::string number = body->text("incident"); !number.empty()) {
    command.incident = parse_incident(number);
    if (!command.incident) wrong.emplace_back("incident", "is no incident number");
  }
  if (refused(x, wrong)) return;
  const bool reads = may_read_restricted(x.who.actor, *engine.settings());
  const Offer offered = engine.offer(
      std::move(command), [reply = x.reply, reads](const Answer& answer, std::uint64_t seq) {
        reply(answered(answer, seq, reads));
      });
  if (offered == Offer::taken) return;
  engine.count_rejected(engine.source_slot(report_source), Disposition::shed, 1);
  x.reply(busy(offered == Offer::full ? "too many commands wait already" : "stopping"));
}

}  // namespace

void add_v1_reports(Router& router, Engine& engine) {
  router.add(HttpMethod::post, "/v1/reports", Guard::needs(Permission::report_create),
             [&engine](const Exchange& x) { report(engine, x); });
}

}  // namespace tocsin::api
