#include "daemon/api/v1_write.hpp"

#include "config/text.hpp"
#include "connectors/text/rfc3339.hpp"
#include "daemon/api/incident_source.hpp"
#include "daemon/api/json_in.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/engine/random.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t note_bytes_max = 4096;

// A verb of an incident: what it may be given, and the command it becomes.
struct Verb {
  std::string_view name;
  Permission permission;
  std::vector<std::string_view> members;
  Command (*command)(IncidentNumber, const Exchange&, const JsonObject&, ErrorFields& wrong);
};

std::string via_of(const HttpRequest& request) {
  const std::string* agent = request.find("User-Agent");
  return agent && agent->starts_with("tocsin-cli/") ? "cli" : "api";
}

Command acknowledge(IncidentNumber number, const Exchange& x, const JsonObject&, ErrorFields&) {
  return AcknowledgeIncident{number, x.who.actor, via_of(x.request)};
}

Command note(IncidentNumber number, const Exchange& x, const JsonObject& body, ErrorFields& wrong) {
  NoteIncident command{number, x.who.actor, body.text("text")};
  if (command.text.empty()) wrong.emplace_back("text", "is needed");
  if (command.text.size() > note_bytes_max) wrong.emplace_back("text", "at most 4096 bytes");
  return command;
}

template <Named E>
std::optional<E> code_of(const JsonObject& body, std::string_view member, ErrorFields& wrong) {
  const std::string text = body.text(member);
  if (text.empty()) return {};
  const auto code = parse<E>(text);
  if (!code) wrong.emplace_back(member, "'" + text + "' is no such code");
  return code;
}

Command resolve(IncidentNumber number, const Exchange& x, const JsonObject& body,
                ErrorFields& wrong) {
  ResolveIncident command;
  command.incident = number;
  command.by = x.who.actor;
  command.code = code_of<ClosureCode>(body, "code", wrong);
  command.cause = code_of<CauseCode>(body, "cause", wrong);
  command.note = body.text("note");
  if (command.note.size() > note_bytes_max) wrong.emplace_back("note", "at most 4096 bytes");
  command.category = body.text("category");
  const auto force = body.boolean("force");
  if (!force) wrong.emplace_back("force", "is true or false");
  command.force = force.value_or(false);
  return command;
}

// "-1", "+1" or a number of JSON: a level up, a level down, as calculated.
std::optional<int> level_of(const JsonObject& body, std::string_view member, ErrorFields& wrong) {
  const std::string text = body.text(member);
  if (text.empty()) return {};
  if (text == "-1") return -1;
  if (text == "0") return 0;
  if (text == "+1" || text == "1") return 1;
  wrong.emplace_back(member, "is -1 (a level up), 0 or +1 (a level down)");
  return {};
}

Command adjust(IncidentNumber number, const Exchange& x, const JsonObject& body,
               ErrorFields& wrong) {
  return AdjustPriority{number, x.who.actor, level_of(body, "impact_by", wrong),
                        level_of(body, "urgency_by", wrong), body.text("reason")};
}

Command categorize(IncidentNumber number, const Exchange& x, const JsonObject& body,
                   ErrorFields& wrong) {
  CategorizeIncident command{number, x.who.actor, body.text("category"), body.text("reason")};
  if (command.category.empty()) wrong.emplace_back("category", "is needed");
  return command;
}

Command override_priority(IncidentNumber number, const Exchange& x, const JsonObject& body,
                          ErrorFields& wrong) {
  OverridePriority command{number, x.who.actor, {}, {}, body.text("reason")};
  const std::string priority = body.text("priority");
  command.priority = parse<Priority>(priority);
  if (!command.priority && priority != "calculated")
    wrong.emplace_back("priority", "is P1 to P5, or calculated: what it would be without you");
  if (const std::string text = body.text("for"); !text.empty()) {
    const auto lasts = config::parse_duration(text);
    if (!lasts || *lasts <= Span{}) wrong.emplace_back("for", "is a duration, like 1h or 90m");
    command.lasts = lasts.value_or(Span{});
  }
  return command;
}

Command close(IncidentNumber number, const Exchange& x, const JsonObject& body, ErrorFields&) {
  return CloseIncident{number, x.who.actor, body.text("reason")};
}

// A time, or so long from now: "2026-06-15T08:00:00Z", "2h".
Command hold(IncidentNumber number, const Exchange& x, const JsonObject& body, ErrorFields& wrong) {
  HoldIncident command{number,
                       x.who.actor,
                       code_of<HoldReason>(body, "reason", wrong),
                       body.text("note"),
                       body.text("reference"),
                       body.text("question")};
  const std::string until = body.text("until");
  const auto time = parse_rfc3339(until);
  const auto lasts = time ? std::nullopt : config::parse_duration(until);
  if (time) command.until = *time;
  if (lasts) command.lasts = *lasts;
  if (!until.empty() && !time && (!lasts || *lasts <= Span{}))
    wrong.emplace_back("until", "is a time, like 2026-06-15T08:00:00Z, or a duration, like 2h");
  return command;
}

Command resume(IncidentNumber number, const Exchange& x, const JsonObject&, ErrorFields&) {
  return ResumeIncident{number, x.who.actor};
}

Command major(IncidentNumber number, const Exchange& x, const JsonObject& body,
              ErrorFields& wrong) {
  const std::string action = body.text("action");
  const auto act = parse<MajorAct>(action);
  if (!act) wrong.emplace_back("action", "is propose, accept, reject or demote");
  return DecideMajor{number, x.who.actor, act.value_or(MajorAct::propose), body.text("reason"),
                     body.text("business_impact")};
}

Command convert(IncidentNumber number, const Exchange& x, const JsonObject& body,
                ErrorFields& wrong) {
  ConvertIncident command{number, x.who.actor, body.text("note")};
  if (command.note.size() > note_bytes_max) wrong.emplace_back("note", "at most 4096 bytes");
  return command;
}

Command link(IncidentNumber number, const Exchange& x, const JsonObject& body, ErrorFields& wrong) {
  const std::string parent = body.text("parent");
  LinkIncident command{number, parent == "none" ? IncidentNumber{} : parse_incident(parent),
                       x.who.actor};
  if (!command.parent && parent != "none")
    wrong.emplace_back("parent", "is the number of an incident, or none");
  return command;
}

HttpResponse answered(const Answer& answer, std::uint64_t seq) {
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
    if (answer.incident)
      json.field("incident", to_text(answer.incident)).field("revision", answer.revision);
    if (answer.request) json.field("request", to_text(answer.request));
    json.field("result", answer.code == Answer::Code::already ? "already" : "done");
    json.field_if("message", answer.message).field("seq", seq).close_object();
    body += '\n';
    r = json_response(200, std::move(body));
    if (answer.incident)
      r.headers.emplace_back("ETag", "\"" + std::to_string(answer.revision) + "\"");
  }
  r.headers.emplace_back("X-Tocsin-Seq", std::to_string(seq));
  return r;
}

// The revision a client saw: "7", 7 or W/"7". `*` is any.
struct IfMatch {
  bool any = true;
  std::optional<std::uint64_t> revision;
};
IfMatch if_match(const HttpRequest& request) {
  const std::string* header = request.find("If-Match");
  if (!header || *header == "*") return {};
  std::string_view text = *header;
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  return {false, parse_number(text)};
}

HttpResponse revision_conflict(std::uint32_t now) {
  return own_error(409, "revision_conflict",
                   "the incident has changed meanwhile, it is at revision " + std::to_string(now),
                   {{"revision", std::to_string(now)}});
}

void write(Reading& reading, const Verb& verb, Exchange x) {
  const IncidentNumber number = parse_incident(x.args[0]);
  if (!number)
    return x.reply(own_error(404, "not_found", "'" + x.args[0] + "' is no incident number"));
  ErrorFields wrong;
  const auto body = read_json(x, verb.members, wrong);
  if (!body) return;
  const Command command = verb.command(number, x, *body, wrong);
  if (refused(x, wrong)) return;
  const auto* resolving = std::get_if<ResolveIncident>(&command);
  if (resolving && resolving->force && !may(x.who.actor, Permission::incident_resolve_force))
    return x.reply(own_error(403, "forbidden", "force needs incident.resolve_force"));

  const IfMatch match = if_match(x.request);
  Engine& engine = reading.engine();
  if (match.any) return offer_command(engine, command, x.reply);
  if (!match.revision)
    return x.reply(own_error(400, "bad_request", "If-Match is no revision", {{"If-Match", ""}}));
  engine.read(0, [&engine, number, match, command, reply = x.reply](auto snapshot) {
    if (!snapshot) return reply(busy("the state of that moment is not to be had yet"));
    const auto row = snapshot->incident(number);
    if (row && row->revision != *match.revision) return reply(revision_conflict(row->revision));
    offer_command(engine, command, reply);
  });
}

}  // namespace

void offer_command(Engine& engine, Command command, const Reply& reply) {
  const Offer offered = engine.offer(
      std::move(command),
      [reply](const Answer& answer, std::uint64_t seq) { reply(answered(answer, seq)); });
  if (offered == Offer::taken) return;
  reply(busy(offered == Offer::full ? "too many commands wait already" : "stopping"));
}

AnswerStatus status_of(Answer::Code code) {
  switch (code) {
    case Answer::Code::done:
    case Answer::Code::already:
      return {200, ""};
    case Answer::Code::not_found:
      return {404, "not_found"};
    case Answer::Code::illegal_transition:
      return {409, "illegal_transition"};
    case Answer::Code::forbidden:
      return {403, "forbidden"};
    case Answer::Code::invalid:
      return {422, "invalid"};
    case Answer::Code::reason_required:
      return {422, "reason_required"};
    case Answer::Code::expired:
      return {410, "expired"};
    case Answer::Code::shed:
      return {503, "busy"};
  }
  return {500, "internal"};
}

void add_v1_writes(Router& router, Reading& reading) {
  const Verb verbs[] = {
      {"ack", Permission::incident_ack, {}, acknowledge},
      {"note", Permission::incident_note, {"text"}, note},
      {"resolve",
       Permission::incident_resolve,
       {"code", "cause", "note", "force", "category"},
       resolve},
      {"close", Permission::incident_close, {"reason"}, close},
      {"hold",
       Permission::incident_hold,
       {"reason", "until", "note", "reference", "question"},
       hold},
      {"resume", Permission::incident_hold, {}, resume},
      {"major", Permission::major_propose, {"action", "reason", "business_impact"}, major},
      {"adjust", Permission::incident_adjust, {"impact_by", "urgency_by", "reason"}, adjust},
      {"override",
       Permission::incident_override_priority,
       {"priority", "for", "reason"},
       override_priority},
      {"categorize", Permission::incident_categorize, {"category", "reason"}, categorize},
      {"convert", Permission::incident_close, {"note"}, convert},
      {"link", Permission::incident_link, {"parent"}, link},
  };
  for (const Verb& verb : verbs)
    router.add(HttpMethod::post, "/v1/incidents/{}/" + std::string(verb.name),
               Guard::needs(verb.permission),
               [&reading, verb](Exchange x) { write(reading, verb, std::move(x)); });
  // Somebody has seen that acknowledged history is gone.
  router.add(HttpMethod::post, "/v1/history-loss/confirm", Guard::needs(Permission::loss_confirm),
             [&reading](const Exchange& x) {
               offer_command(reading.engine(), ConfirmLoss{x.who.actor}, x.reply);
             });
  router.add(
      HttpMethod::post, "/v1/links/rotate", Guard::needs(Permission::link_rotate),
      [&reading](const Exchange& x) {
        offer_command(reading.engine(), RotateLinkKey{x.who.actor, random_link_key()}, x.reply);
      });
}

}  // namespace tocsin::api
