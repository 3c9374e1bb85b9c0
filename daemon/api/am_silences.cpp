#include "daemon/api/am_silences.hpp"

#include <algorithm>

#include "daemon/api/alerts_in.hpp"
#include "daemon/api/am_filter.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/api/rfc3339.hpp"
#include "daemon/api/v1_silences.hpp"
#include "rules/model/matcher.hpp"
#include "rules/model/silence.hpp"

namespace tocsin::api {
namespace {

// What the framework in front of Alertmanager's handlers says about a path that is no UUID.
constexpr int invalid_type_code = 601, invalid_code = 602;

HttpResponse no_uuid(const std::string& asked) {
  return am_framework_error(422, invalid_type_code,
                            "silenceID in path must be of type uuid: \"" + asked + "\"");
}
HttpResponse status_only(int status) {
  HttpResponse r;
  r.status = status;
  return r;
}

void write_silence(JsonWriter& json, const SilenceRow& row, const Globals& globals) {
  const SilenceWords words = row.words();
  std::string why;
  json.open_object().field("id", uuid_text(row.uuid));
  json.key("status").open_object().field("state", name(row.state)).close_object();
  json.field("updatedAt", rfc3339(globals.wall(row.changed_at))).field("comment", words.comment);
  json.field("createdBy", words.created_by).field("endsAt", rfc3339(row.ends_at));
  json.key("matchers").open_array();
  if (const auto matchers = unpack_matchers(words.matchers, why))
    for (const Matcher& m : *matchers) {
      using Op = Matcher::Op;
      json.open_object().field("isEqual", m.op == Op::equal || m.op == Op::matches);
      json.field("isRegex", m.op == Op::matches || m.op == Op::not_matches);
      json.field("name", m.label).field("value", m.value).close_object();
    }
  json.close_array().field("startsAt", rfc3339(row.starts_at)).close_object();
}

// A filter looks at a silence as at an alert whose labels are the patterns of its matchers.
bool wanted(const SilenceRow& row, const std::vector<Matcher>& filter) {
  if (filter.empty()) return true;
  std::string why, packed;
  const auto matchers = unpack_matchers(row.words().matchers, why);
  if (!matchers) return false;
  std::vector<Pair> labels;  // the matchers are sorted by name
  for (const Matcher& m : *matchers) {
    if (!labels.empty() && labels.back().first == m.label)
      labels.back().second = m.value;
    else
      labels.emplace_back(m.label, m.value);
  }
  pack_alert(packed, labels, {}, "");
  return matches_all(filter, AlertText(packed));
}

HttpResponse list(const Exchange& x, const Snapshot& snapshot) {
  std::string why;
  const auto filter = AmFilter::parse(x.query, why);
  if (!filter) return am_error(400, why);
  std::vector<SilenceRow> rows;
  snapshot.silences.each([&](std::uint32_t, const SilenceRow& row) {
    if (row.kind == SuppressionKind::silence && wanted(row, filter->matchers)) rows.push_back(row);
  });
  std::sort(rows.begin(), rows.end(), silence_order);
  std::string body;
  JsonWriter json(body);
  json.open_array();
  for (const SilenceRow& row : rows) write_silence(json, row, snapshot.globals);
  json.close_array();
  body += '\n';
  return json_response(200, std::move(body));
}

HttpResponse show(const Exchange& x, const Snapshot& snapshot) {
  const Fingerprint uuid = parse_uuid(x.args[0]);
  if (uuid == Fingerprint{}) return no_uuid(x.args[0]);
  std::string body;
  JsonWriter json(body);
  snapshot.silences.each([&](std::uint32_t, const SilenceRow& row) {
    if (row.kind == SuppressionKind::silence && row.uuid == uuid)
      write_silence(json, row, snapshot.globals);
  });
  if (body.empty()) return status_only(404);
  body += '\n';
  return json_response(200, std::move(body));
}

HttpResponse refused(const Answer& answer) {
  switch (answer.code) {
    case Answer::Code::not_found:
      return am_error(404, answer.message);
    case Answer::Code::forbidden:
      return am_framework_error(403, 403, answer.message);
    default:
      return am_error(400, answer.message);
  }
}

HttpResponse posted(const Answer& answer) {
  if (answer.code != Answer::Code::done) return refused(answer);
  std::string body;
  JsonWriter(body).open_object().field("silenceID", answer.id).close_object();
  body += '\n';
  return json_response(200, std::move(body));
}

HttpResponse deleted(const Answer& answer) {
  if (answer.code == Answer::Code::not_found) return status_only(404);
  const bool over = answer.code == Answer::Code::done || answer.code == Answer::Code::already;
  return over ? status_only(200) : refused(answer);
}

void offer(Engine& engine, Command command, const Exchange& x, HttpResponse (*say)(const Answer&)) {
  const Offer offered = engine.offer(
      std::move(command), [reply = x.reply, say](const Answer& answer, std::uint64_t seq) {
        HttpResponse r = say(answer);
        r.headers.emplace_back("X-Tocsin-Seq", std::to_string(seq));
        reply(std::move(r));
      });
  if (offered != Offer::taken)
    x.reply(busy(offered == Offer::full ? "too many commands wait already" : "stopping"));
}

void post(Engine& engine, const Exchange& x) {
  if (!may_be_json(x.request))
    return x.reply(am_framework_error(415, 415, "unsupported media type"));
  const SilenceBody body = parse_silence(x.request.body, SilenceDialect::alertmanager);
  std::string missing;
  const auto need = [&](bool there, const char* member) {
    if (!there) missing += std::string(missing.empty() ? "" : "\n") + member + " is required";
  };
  need(body.starts_at.has_value(), "startsAt in body");
  need(body.ends_at.has_value(), "endsAt in body");
  need(!body.matchers.empty(), "matchers in body");
  for (const auto& [member, why] : body.wrong) {
    if (member.empty()) return x.reply(am_framework_error(400, 400, why));
    return x.reply(am_framework_error(422, invalid_code, member + " in body: " + why));
  }
  if (!missing.empty()) return x.reply(am_framework_error(422, invalid_code, missing));
  SetSilence command = command_of(body, x.who.actor, engine.wall_now());
  if (!body.id.empty() && command.uuid == Fingerprint{})
    return x.reply(am_error(404, "silence not found"));
  offer(engine, std::move(command), x, posted);
}

void remove(Engine& engine, const Exchange& x) {
  const Fingerprint uuid = parse_uuid(x.args[0]);
  if (uuid == Fingerprint{}) return x.reply(no_uuid(x.args[0]));
  offer(engine, ExpireSilence{x.who.actor, uuid}, x, deleted);
}

}  // namespace

void add_am_silences(Router& router, Reading& reading) {
  const Guard read = Guard::needs(Permission::incident_read);
  const Guard write = Guard::needs(Permission::silence_write);
  Engine& engine = reading.engine();
  router.add(HttpMethod::get, "/api/v2/silences", read,
             reading.handler([](const Exchange& x, const SnapshotPtr& s) { return list(x, *s); }));
  router.add(HttpMethod::get, "/api/v2/silence/{}", read,
             reading.handler([](const Exchange& x, const SnapshotPtr& s) { return show(x, *s); }));
  router.add(HttpMethod::post, "/api/v2/silences", write,
             [&engine](const Exchange& x) { post(engine, x); });
  router.add(HttpMethod::delete_, "/api/v2/silence/{}", write,
             [&engine](const Exchange& x) { remove(engine, x); });
}

}  // namespace tocsin::api
