#include "daemon/api/v1_silences.hpp"

#include <algorithm>

#include "daemon/api/alerts_in.hpp"
#include "daemon/api/json_in.hpp"
#include "daemon/api/records.hpp"
#include "daemon/api/silence_preview.hpp"
#include "daemon/api/v1_write.hpp"
#include "rules/model/matcher.hpp"

namespace tocsin::api {
namespace {

HttpResponse no_such_silence(const std::string& asked) {
  return own_error(404, "not_found", "there is no silence " + asked);
}

}  // namespace

void write_matchers(JsonWriter& json, std::string_view key, std::string_view packed) {
  std::string why;
  json.key(key).open_array();
  if (const auto matchers = unpack_matchers(packed, why))
    for (const Matcher& m : *matchers) json.value(matcher_text(m));
  json.close_array();
}

namespace {

void write_silence(JsonWriter& json, const SilenceRow& row, const Globals& globals) {
  const SilenceWords words = row.words();
  json.open_object().field("id", uuid_text(row.uuid)).field("state", name(row.state));
  write_matchers(json, "matchers", words.matchers);
  write_time(json, "starts_at", row.starts_at);
  write_time(json, "ends_at", row.ends_at);
  json.field("by", words.by).field("created_by", words.created_by).field("comment", words.comment);
  write_time(json, "created_at", row.created_at, globals);
  write_time(json, "changed_at", row.changed_at, globals);
  json.key("ended");
  if (row.state == SilenceState::expired)
    json.open_object()
        .field("why", name(row.why_expired))
        .field("by", words.ended_by)
        .close_object();
  else
    json.null();
  json.close_object();
}

}  // namespace

std::vector<SilenceRow> sorted_silences(const Snapshot& snapshot, SuppressionKind kind,
                                        std::uint32_t states) {
  std::vector<SilenceRow> out;
  snapshot.silences.each([&](std::uint32_t, const SilenceRow& row) {
    if (row.kind == kind && states >> index(row.state) & 1u) out.push_back(row);
  });
  std::sort(out.begin(), out.end(), silence_order);
  return out;
}

std::uint32_t silence_states(std::string_view text) {
  std::uint32_t out = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word == "live")
      out |= 1u << index(SilenceState::active) | 1u << index(SilenceState::pending);
    else if (word == "all")
      out |= ~0u;
    else if (const auto state = parse<SilenceState>(word))
      out |= 1u << index(*state);
    else
      return 0;
  }
  return out;
}

namespace {

HttpResponse list(const Exchange& x, const Snapshot& snapshot) {
  const std::uint32_t states = silence_states(x.query.get("state", "live"));
  if (states == 0)
    return own_error(
        400, "bad_request", "the query does not fit",
        {{"state", "is live, all, active, pending or expired, or several with commas"}});
  std::string body;
  JsonWriter json(body);
  json.open_object().key("silences").open_array();
  for (const SilenceRow& row : sorted_silences(snapshot, SuppressionKind::silence, states))
    write_silence(json, row, snapshot.globals);
  json.close_array().field("seq", snapshot.globals.seq).close_object();
  return json_response(200, std::move(body));
}

HttpResponse show(const Engine& engine, const Exchange& x, const Snapshot& snapshot) {
  const Fingerprint uuid = parse_uuid(x.args[0]);
  std::optional<SilenceRow> found;
  snapshot.silences.each([&](std::uint32_t, const SilenceRow& row) {
    if (row.kind == SuppressionKind::silence && row.uuid == uuid) found = row;
  });
  if (!found) return no_such_silence(x.args[0]);
  std::string body, why;
  JsonWriter json(body);
  json.open_object().key("silence");
  write_silence(json, *found, snapshot.globals);
  const auto matchers = unpack_matchers(found->words().matchers, why);
  json.key("fits");
  const auto settings = engine.settings();
  write_preview(json,
                preview(snapshot, matchers.value_or(std::vector<Matcher>{}),
                        Sight(x.who.actor, snapshot, *settings)),
                snapshot);
  json.field("seq", snapshot.globals.seq).close_object();
  return json_response(200, std::move(body));
}

}  // namespace

std::optional<HttpResponse> refused(const Exchange& x, const SilenceBody& body) {
  if (!may_be_json(x.request)) return not_json();
  for (const auto& [member, why] : body.wrong)
    if (member.empty()) return malformed(why);
  if (!body.wrong.empty()) return does_not_fit(body.wrong);
  return {};
}

HttpResponse answered(const Answer& answer, std::uint64_t seq) {
  const auto [status, code] = status_of(answer.code);
  HttpResponse r;
  if (status != 200) {
    r = own_error(status, code, answer.message, answer.fields);
  } else {
    std::string body;
    JsonWriter json(body);
    json.open_object().field("id", answer.id);
    json.field("result", answer.code == Answer::Code::already ? "already" : "done");
    json.field_if("message", answer.message).field("seq", seq).close_object();
    body += '\n';
    r = json_response(200, std::move(body));
  }
  r.headers.emplace_back("X-Tocsin-Seq", std::to_string(seq));
  return r;
}

void offer(Engine& engine, Command command, const Reply& reply) {
  const Offer offered = engine.offer(
      std::move(command),
      [reply](const Answer& answer, std::uint64_t seq) { reply(answered(answer, seq)); });
  if (offered != Offer::taken)
    reply(busy(offered == Offer::full ? "too many commands wait already" : "stopping"));
}

namespace {

void set(Engine& engine, const Exchange& x) {
  SilenceBody body = parse_silence(x.request.body, SilenceDialect::own);
  if (body.ends_at && body.lasts) body.wrong.emplace_back("for", "give either this or ends_at");
  if (!body.ends_at && !body.lasts)
    body.wrong.emplace_back("ends_at", "when it ends is needed, or for how long: for");
  if (body.comment.empty()) body.wrong.emplace_back("comment", "says why, and is needed");
  if (auto r = refused(x, body)) return x.reply(std::move(*r));
  SetSilence command = command_of(body, x.who.actor, engine.wall_now());
  if (!body.id.empty() && command.uuid == Fingerprint{}) return x.reply(no_such_silence(body.id));
  offer(engine, std::move(command), x.reply);
}

void expire(Engine& engine, const Exchange& x) {
  const Fingerprint uuid = parse_uuid(x.args[0]);
  if (uuid == Fingerprint{}) return x.reply(no_such_silence(x.args[0]));
  offer(engine, ExpireSilence{x.who.actor, uuid}, x.reply);
}

HttpResponse show_preview(const Engine& engine, const Exchange& x, const Snapshot& snapshot) {
  SilenceBody body = parse_silence(x.request.body, SilenceDialect::own);
  std::string why;
  const auto matchers = unpack_matchers(pack_matchers(body.matchers), why);
  if (body.matchers.empty() && body.wrong.empty())
    body.wrong.emplace_back("matchers", "at least one is needed");
  else if (!matchers)
    body.wrong.emplace_back("matchers", why);
  if (auto r = refused(x, body)) return std::move(*r);
  std::string out;
  JsonWriter json(out);
  json.open_object().key("would_hide");
  const auto settings = engine.settings();
  write_preview(json, preview(snapshot, *matchers, Sight(x.who.actor, snapshot, *settings)),
                snapshot);
  json.field("seq", snapshot.globals.seq).close_object();
  return json_response(200, std::move(out));
}

}  // namespace

bool silence_order(const SilenceRow& a, const SilenceRow& b) {
  const auto rank = [](SilenceState s) {
    return s == SilenceState::active ? 0 : s == SilenceState::pending ? 1 : 2;
  };
  if (a.state != b.state) return rank(a.state) < rank(b.state);
  const auto at = [](const SilenceRow& r) {
    return r.state == SilenceState::active    ? r.ends_at.ms
           : r.state == SilenceState::pending ? r.starts_at.ms
                                              : -r.ends_at.ms;
  };
  return std::tuple(at(a), a.id) < std::tuple(at(b), b.id);
}

// The clock of turns follows the wall clock from this difference on (daemon/engine): what is to
// begin at once must not begin in its future.
constexpr Span turns_behind_max = seconds(2);

SetSilence command_of(const SilenceBody& body, const Actor& by, Wall now) {
  SetSilence c{by,
               parse_uuid(body.id),
               pack_matchers(body.matchers),
               body.created_by,
               body.comment,
               body.starts_at.value_or(now - turns_behind_max),
               {}};
  if (c.created_by.empty()) c.created_by = by.person;
  c.ends_at = body.lasts ? std::max(c.starts_at, now) + *body.lasts : body.ends_at.value_or(Wall{});
  return c;
}

void add_v1_silences(Router& router, Reading& reading) {
  const Guard read = Guard::needs(Permission::incident_read);
  const Guard write = Guard::needs(Permission::silence_write);
  Engine& engine = reading.engine();
  const auto snapshot = [&](Render render) { return reading.handler(std::move(render)); };
  router.add(HttpMethod::get, "/v1/silences", read,
             snapshot([](const Exchange& x, const SnapshotPtr& s) { return list(x, *s); }));
  router.add(HttpMethod::post, "/v1/silences/preview", read,
             snapshot([&engine](const Exchange& x, const SnapshotPtr& s) {
               return show_preview(engine, x, *s);
             }));
  router.add(
      HttpMethod::get, "/v1/silences/{}", read,
      snapshot([&engine](const Exchange& x, const SnapshotPtr& s) { return show(engine, x, *s); }));
  router.add(HttpMethod::post, "/v1/silences", write,
             [&engine](const Exchange& x) { set(engine, x); });
  router.add(HttpMethod::post, "/v1/silences/{}/expire", write,
             [&engine](const Exchange& x) { expire(engine, x); });
}

}  // namespace tocsin::api
