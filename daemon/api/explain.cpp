#include "daemon/api/explain.hpp"

#include "connectors/in/syslog/syslog.hpp"
#include "daemon/api/alerts_in.hpp"
#include "daemon/api/explain_event.hpp"
#include "daemon/api/incident_source.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/api/rfc3339.hpp"
#include "daemon/api/sight.hpp"
#include "daemon/engine/in_hand.hpp"
#include "rules/story.hpp"

namespace tocsin::api {
namespace {

// Of a long story the beginning and the end are told.
constexpr std::size_t entries_told_max = 400;

void write_place(JsonWriter& json, const Place& place) {
  static constexpr std::string_view kinds[] = {"file", "default", "stored"};
  json.open_object().field("kind", kinds[static_cast<std::size_t>(place.kind)]);
  json.field("key", place.key).field_if("file", place.file);
  if (place.line) json.field("line", place.line);
  json.field("text", to_text(place)).close_object();
}

void write_lines(JsonWriter& json, const ExplainLines& lines) {
  json.key("lines").open_array();
  for (const ExplainLine& line : lines) {
    json.open_object().field("topic", line.topic).field("text", line.text);
    json.field_if("rule", line.rule);
    if (line.at) json.field("at", rfc3339(*line.at));
    json.key("places").open_array();
    for (const Place& place : line.places) write_place(json, place);
    json.close_array().close_object();
  }
  json.close_array();
}

HttpResponse answer(const std::vector<Explained>& explained,
                    const std::vector<std::string>& missing, std::uint64_t seq) {
  std::string body;
  JsonWriter json(body);
  json.open_object().key("explained").open_array();
  for (const Explained& e : explained) {
    json.open_object().field("summary", e.summary).field("disposition", e.disposition);
    json.key("incident");
    e.incident ? json.value(to_text(e.incident)) : json.null();
    json.field("somebody_is_woken", e.somebody_is_woken);
    write_lines(json, e.lines);
    json.close_object();
  }
  json.close_array().key("missing").open_array();
  for (const std::string& what : missing) json.value(what);
  json.close_array().field("seq", seq).close_object();
  return json_response(200, std::move(body));
}

// An event that ends before any decision.
Explained set_aside(Disposition d, const std::string& why, const std::string& key,
                    const Settings& settings) {
  Explained out;
  out.disposition = name(d);
  out.summary = out.disposition + ": nobody is woken" + (why.empty() ? "" : "; " + why);
  std::vector<Place> places;
  if (settings.places && !key.empty()) places.push_back(settings.places->of(key));
  if (!why.empty()) out.lines.push_back({"heard", why, "BND-1", places, {}});
  out.lines.push_back({"disposition",
                       out.disposition + ": " + std::string(disposition_words(d)),
                       "BND-2",
                       places,
                       {}});
  out.lines.push_back({"paging", "nobody is woken: it is in no incident", "", {}, {}});
  return out;
}

// It would be in one that the reader may not read.
void hide_restricted(Explained& e, const Sight& sight, const Snapshot& snapshot) {
  const auto row = e.incident ? snapshot.incident(e.incident) : std::nullopt;
  if (!row || !sight.hides(*row)) return;
  e.lines.clear();
  e.lines.push_back({"restricted",
                     to_text(e.incident) + " is restricted: more of it takes " +
                         std::string(permission_word(Permission::incident_read_restricted)),
                     "BND-12",
                     {},
                     {}});
}

// What keeps events out at the moment, whatever is in them; nothing when nothing does.
std::vector<std::string> doors(const Engine& engine, const Hook* hook) {
  std::vector<std::string> out;
  if (const Engine::Health health = engine.health(); !health.accepting)
    out.push_back("no event is taken now (" + health.why +
                  "): it would be shed with 503, and its sender is to send it again");
  if (hook && hook->digest)
    out.push_back("a sender has to show the token of integration " + hook->name +
                  ", else it is rejected_auth with 401");
  return out;
}

void note_origin(const Settings& settings, std::vector<std::string>& missing) {
  if (!settings.places)
    missing.push_back("nobody knows where the configuration in force stands");
  else if (settings.places->stored())
    missing.push_back(
        "the daemon runs on the configuration that its store remembers, so there are no files and "
        "lines: tocsin check says what is wrong with the file");
}

// ---- an incident ----

ExplainLines story_of(const Engine& engine, const Snapshot& snapshot, IncidentNumber number,
                      const Settings& settings, std::vector<std::string>& missing) {
  ExplainLines out;
  FactExplainer explainer(settings, snapshot.globals);
  const auto rows = engine.archived_under(snapshot, number, row_key(timeline_prefix, number.value));
  for (const auto& [key, bytes] : rows)
    if (FactView view; read_one_fact(bytes, view)) explainer.explain(view, out);
  if (out.size() > entries_told_max) {
    const auto half = static_cast<std::ptrdiff_t>(entries_told_max / 2);
    missing.push_back(std::to_string(out.size() - entries_told_max) +
                      " entries in the middle of its story were left out: tocsin incident show");
    out.erase(out.begin() + half, out.end() - half);
  }
  if (rows.empty()) missing.push_back("nothing of its story is kept any more");
  return out;
}

HttpResponse explain_incident(const Engine& engine, const Exchange& x, const Snapshot& snapshot) {
  const std::string asked = x.query.get("incident");
  const auto found = find_incident(engine, snapshot, parse_incident(asked));
  if (!found) return own_error(404, "not_found", "there is no incident " + asked);
  const IncidentRow& row = found->row;
  const auto settings = engine.settings();
  if (Sight(x.who.actor, snapshot, *settings).hides(row)) return is_restricted(row);
  std::vector<std::string> missing;
  Explained out;
  out.incident = row.number;
  out.lines = story_of(engine, snapshot, row.number, *settings, missing);
  ExplainLine quiet = explain_quiet(row, snapshot, *settings);
  out.summary = to_text(row.number) + ", " + std::string(name(row.priority)) + ", " +
                std::string(state_word(row.state)) + ": " + std::string(row.words().title);
  const ExplainLines next = explain_next_steps(row.number, settings, snapshot, engine.wall_now());
  for (const ExplainLine& line : next)
    out.somebody_is_woken = out.somebody_is_woken || line.topic == "page_requested";
  if (!quiet.text.empty()) {
    out.summary += "; " + quiet.text;
    out.lines.push_back(std::move(quiet));
  }
  if (!next.empty()) out.lines.push_back({"then", "if nobody answers:", "", {}, {}});
  out.lines.insert(out.lines.end(), next.begin(), next.end());
  note_origin(*settings, missing);
  missing.push_back(
      "an incident keeps the ids of its rules, its priority with its terms, and every act; not the "
      "lines of the files at that time: places are those of the configuration in force now");
  return answer({std::move(out)}, missing, snapshot.globals.seq);
}

}  // namespace

void ExplainApi::add_routes(Router& router) {
  const Guard guard = Guard::needs(Permission::incident_read);
  router.add(HttpMethod::get, "/v1/explain", guard,
             reading_.handler([this](const Exchange& x, const SnapshotPtr& s) {
               return explain_incident(engine_, x, *s);
             }));
  router.add(HttpMethod::post, "/v1/explain", guard, [this](Exchange x) { event(std::move(x)); });
}

void ExplainApi::event(Exchange x) {
  if (x.request.body.size() > body_bytes_max)
    return x.reply(own_error(413, "too_large", "an event to be explained is at most 64 KiB"));
  if (x.query.boolean("syslog", false).value_or(false)) return line(std::move(x));
  const std::string name = x.query.get("integration", "cli");
  const auto hook = find_hook(*access_(), name);
  const SourceKind* kind = hook ? find_source(hook->source) : nullptr;
  if (!kind) return x.reply(own_error(404, "not_found", "there is no integration '" + name + "'"));
  if (kind->document) return map(std::move(x), *hook, *kind);
  Decoded d;
  const Input input{InputKind::body, 0, x.request.body};
  if (engine_.quarantined(input)) {
    d.failure = DecodeFailure::malformed, d.message = quarantined_words;
  } else {
    const InHand hold(input);
    d = kind->decode(x.request.body, engine_.wall_now());
  }
  decoded(std::move(x), hook->name, std::move(d));
}

// Through the user's program, in another process, as AlertsIn does it.
void ExplainApi::map(Exchange x, const Hook& hook, const SourceKind& kind) {
  Decoded document = kind.document(x.request.body);
  if (document.failure != DecodeFailure::none)
    return decoded(std::move(x), hook.name, std::move(document));
  if (!mapper_ || !hook.program) return x.reply(busy("nothing maps documents here"));
  auto held = std::make_shared<Exchange>(std::move(x));
  const auto done = [this, held, name = hook.name, &kind](MapResult result) {
    if (result.outcome == MapResult::Outcome::unavailable) return held->reply(busy(result.text));
    Decoded d;
    if (result.outcome == MapResult::Outcome::mapped) {
      const std::size_t size = result.text.size();
      result.text.append(HttpRequest::body_padding, '\0');
      d = kind.decode(std::string_view(result.text).substr(0, size), engine_.wall_now());
    } else {
      d.failure = DecodeFailure::malformed,
      d.message = "the program of '" + name + "': " + result.text;
    }
    decoded(std::move(*held), name, std::move(d));
  };
  if (mapper_->offer(hook.name, hook.program, held->request.body, done) != Mapper::Offer::taken)
    held->reply(busy("too many documents wait to be mapped already"));
}

void ExplainApi::line(Exchange x) {
  const auto settings = engine_.settings();
  std::string_view text = x.request.body;
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  Decoded d;
  const SyslogTransport transport{"192.0.2.1", engine_.wall_now(), true, nullptr};
  const auto instead = decode_syslog(text, *settings->syslog, transport, d.batch);
  if (!instead) return decoded(std::move(x), std::string(syslog_source), std::move(d));
  reading_.answer(std::move(x), [this, what = *instead](const Exchange&, const SnapshotPtr& s) {
    const auto settings = engine_.settings();
    std::vector<std::string> missing = doors(engine_, nullptr);
    note_origin(*settings, missing);
    return answer({set_aside(what, "", "syslog_rules", *settings)}, missing, s->globals.seq);
  });
}

void ExplainApi::decoded(Exchange x, const std::string& integration, Decoded d) {
  auto shared = std::make_shared<Decoded>(std::move(d));
  reading_.answer(std::move(x), [this, integration, shared](const Exchange& held,
                                                            const SnapshotPtr& s) {
    const auto settings = engine_.settings();
    const auto access = access_();
    std::vector<std::string> missing = doors(engine_, access->hook(integration));
    note_origin(*settings, missing);
    std::vector<Explained> out;
    if (shared->failure == DecodeFailure::none)
      out = explain_events(shared->batch, integration, settings, *s, engine_.wall_now(), missing);
    else
      out.push_back(set_aside(shared->message == quarantined_words
                                  ? Disposition::quarantined
                                  : Disposition::rejected_malformed,
                              shared->message, "integrations." + integration, *settings));
    for (const std::string& why : shared->sentences())
      out.push_back(set_aside(Disposition::rejected_malformed, why, "integrations." + integration,
                              *settings));
    const Sight sight(held.who.actor, *s, *settings);
    for (Explained& e : out) hide_restricted(e, sight, *s);
    return answer(out, missing, s->globals.seq);
  });
}

}  // namespace tocsin::api
