#include "daemon/api/alerts_in.hpp"

#include <algorithm>
#include <chrono>

#include "connectors/registry.hpp"
#include "connectors/text/quote.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/api/preparing.hpp"

namespace tocsin::api {
namespace {

constexpr std::string_view am_source = "alertmanager_v2";
constexpr std::string_view generic_source = "generic";
constexpr std::string_view cli_hook = "cli";

HttpResponse refused_body(bool am, const Decoded& decoded) {
  const auto answer = [&](int status, int am_code, std::string_view code) {
    return am ? am_framework_error(status, am_code, decoded.message)
              : own_error(status, code, decoded.message);
  };
  switch (decoded.failure) {
    case DecodeFailure::too_large:
      return answer(413, 413, "too_large");
    case DecodeFailure::wrong_shape:
      return answer(422, 602, "wrong_shape");
    default:
      return answer(400, 400, "malformed");
  }
}

// Alertmanager stores what is good, then complains about the rest in one JSON string.
HttpResponse am_stored(const std::vector<std::string>& rejected) {
  if (rejected.empty()) return {};
  std::string joined;
  for (const std::string& why : rejected) joined += (joined.empty() ? "" : "; ") + why;
  return am_error(400, joined);
}

// Of a clock that never goes back.
Instant steady_now() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(
              std::chrono::steady_clock::now().time_since_epoch())
              .count()};
}

// What became of the items of one body.
struct Taken {
  bool am = false;  // asked over Alertmanager's API
  std::size_t accepted = 0;
  std::vector<std::string> rejected;
  std::uint64_t truncated = 0;
  std::shared_ptr<AlertsRequest::Told> told = std::make_shared<AlertsRequest::Told>();
};

HttpResponse hook_stored(const Taken& taken, std::uint64_t seq) {
  std::string body;
  JsonWriter json(body);
  json.open_object().field("accepted", taken.accepted).key("rejected").open_array();
  for (const std::string& why : taken.rejected) json.value(why);
  json.close_array();
  if (taken.truncated) json.field("truncated", taken.truncated);
  if (!taken.told->requests.empty()) {
    json.key("requests").open_array();
    for (const RequestNumber number : taken.told->requests) json.value(to_text(number));
    json.close_array();
  }
  if (seq) json.field("seq", seq);
  json.close_object();
  body += '\n';
  const bool nothing = taken.accepted == 0 && !taken.rejected.empty();
  HttpResponse r = json_response(nothing ? 422 : 200, std::move(body));
  if (seq) r.headers.emplace_back("X-Tocsin-Seq", std::to_string(seq));
  return r;
}

// To be sent again only when nothing of it is stored: the rest would count twice.
HttpResponse stored(Taken taken, std::uint64_t seq) {
  constexpr const char* full = "as many requests are kept as may be, and none of them is done";
  const std::size_t shed = taken.told->shed;
  if (shed > 0 && shed >= taken.accepted) return busy(full);
  if (shed > 0) {
    taken.accepted -= shed;
    taken.rejected.push_back(std::to_string(shed) + " requests: " + full);
  }
  return taken.am ? am_stored(taken.rejected) : hook_stored(taken, seq);
}

}  // namespace

std::optional<Hook> find_hook(const Access& access, std::string_view name) {
  if (const Hook* hook = access.hook(name)) return *hook;
  if (name != cli_hook) return {};
  for (const Hook& hook : access.hooks)
    if (hook.source == generic_source) return hook;
  return Hook{std::string(cli_hook), std::string(generic_source), {}, true};
}

bool may_be_json(const HttpRequest& request) {
  const std::string* type = request.find("Content-Type");
  if (!type) return true;
  std::string_view essence = std::string_view(*type).substr(0, type->find(';'));
  while (essence.ends_with(' ')) essence.remove_suffix(1);
  if (essence.empty() || essence.ends_with("+json")) return true;
  for (const char* known : {"application/json", "application/x-www-form-urlencoded", "text/json",
                            "text/plain", "application/octet-stream"})
    if (same_token(essence, known)) return true;
  return false;
}

void AlertsIn::add_routes(Router& router) {
  router.add(HttpMethod::post, "/api/v2/alerts", Guard::own(),
             [this](Exchange x) { alertmanager(std::move(x)); });
  router.add(HttpMethod::post, "/hooks/{}", Guard::own(),
             [this](Exchange x) { hook(std::move(x)); });
}

void AlertsIn::alertmanager(Exchange x) {
  const auto access = access_();
  for (const Hook& hook : access->hooks)
    if (hook.source == am_source) return take(std::move(x), hook, true);
  // Nobody configured one: Prometheus on this machine is welcome all the same.
  take(std::move(x), Hook{"alertmanager", std::string(am_source), {}, true}, true);
}

void AlertsIn::hook(Exchange x) {
  const auto hook = find_hook(*access_(), x.args[0]);
  if (!hook)
    return x.reply(own_error(404, "not_found", "there is no integration '" + x.args[0] + "'"));
  take(std::move(x), *hook, false);
}

void AlertsIn::count_bad(std::uint8_t source, std::size_t count, bool am) {
  engine_.count_rejected(source, Disposition::rejected_malformed,
                         static_cast<std::uint32_t>(count));
  if (am) stats_.invalid += count;
}

void AlertsIn::refuse(const Sent& sent, HttpResponse response) {
  count_bad(sent.source, 1, sent.am);
  sent.reply(std::move(response));
}

void AlertsIn::refuse_quarantined(const Sent& sent) {
  engine_.count_rejected(sent.source, Disposition::quarantined, 1);
  if (sent.am) ++stats_.invalid;
  sent.reply(sent.am ? am_framework_error(422, 422, quarantined_words)
                     : own_error(422, "quarantined", quarantined_words));
}

void AlertsIn::shed(const Sent& sent, std::size_t count, std::string_view why) {
  engine_.count_rejected(sent.source, Disposition::shed, static_cast<std::uint32_t>(count));
  sent.reply(busy(why));
}

void AlertsIn::look() {
  for (Quotas::News& news : quotas_.look(steady_now())) {
    ReportTrouble report{Trouble::over_quota, std::move(news.sentence), news.integration};
    if (engine_.offer(std::move(report)) != Offer::taken) quotas_.untell(news.integration);
  }
}

void AlertsIn::take(Exchange x, const Hook& hook, bool am) {
  const Sent sent{x.reply, hook.name, engine_.source_slot(hook.name), am, hook.quota};
  if (!may_send(x.request, hook, *access_())) {
    engine_.count_rejected(sent.source, Disposition::rejected_auth, 1);
    const std::string why =
        hook.digest ? "the token of integration '" + hook.name + "' is needed"
        : hook.local_only
            ? "no integration is configured for this: it hears this machine only"
            : "integration '" + hook.name + "' has no token: pages of browsers may not send";
    HttpResponse r = am ? am_framework_error(401, 401, why) : own_error(401, "unauthorized", why);
    r.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"tocsin\"");
    return x.reply(std::move(r));
  }
  const SourceKind* kind = find_source(hook.source);
  if (!kind)
    return x.reply(own_error(404, "not_found", "no source kind '" + hook.source + "' is built in"));
  if (!may_be_json(x.request)) {
    const std::string why = "unsupported media type \"" + *x.request.find("Content-Type") +
                            "\", only [application/json] are allowed";
    return refuse(sent, am ? am_framework_error(415, 415, why)
                           : own_error(415, "unsupported_media_type", why));
  }
  if (kind->document) return map(sent, *kind, hook.program, std::move(x.request.body));
  const Input input{InputKind::body, 0, x.request.body};
  if (engine_.quarantined(input)) return refuse_quarantined(sent);
  const InHand hold(input);
  const Wall now = engine_.wall_now();
  receive(sent, kind->decode(x.request.body, now), now);
}

// Through the user's program, in another process; the I/O thread goes on meanwhile.
void AlertsIn::map(const Sent& sent, const SourceKind& kind,
                   const std::shared_ptr<const std::string>& program, std::string body) {
  if (!mapper_ || !program) return shed(sent, 1, "nothing maps documents here");
  if (body.size() > Mapper::document_bytes_max)
    return refuse(sent, own_error(413, "too_large", "a document to be mapped is at most 1 MiB"));
  const Decoded document = kind.document(body);
  if (document.failure != DecodeFailure::none) return refuse(sent, refused_body(false, document));
  const auto done = [this, sent, &kind](MapResult result) {
    mapped(sent, kind, std::move(result));
  };
  if (mapper_->offer(sent.hook, program, std::move(body), done) != Mapper::Offer::taken)
    shed(sent, 1, "too many documents wait to be mapped already");
}

void AlertsIn::mapped(const Sent& sent, const SourceKind& kind, MapResult result) {
  const std::string what = "the program of '" + sent.hook + "': ";
  switch (result.outcome) {
    case MapResult::Outcome::unavailable:
      return shed(sent, 1, result.text);
    case MapResult::Outcome::timeout:
      return refuse(sent, own_error(422, "mapping_timeout", what + printable(result.text, 300)));
    case MapResult::Outcome::failed:
      return refuse(sent, own_error(422, "mapping_failed", what + printable(result.text, 300)));
    case MapResult::Outcome::mapped:
      break;
  }
  const std::size_t size = result.text.size();
  result.text.append(HttpRequest::body_padding, '\0');
  const Input input{InputKind::body, 0, std::string_view(result.text).substr(0, size)};
  if (engine_.quarantined(input)) return refuse_quarantined(sent);
  const InHand hold(input);
  const Wall now = engine_.wall_now();
  Decoded decoded = kind.decode(input.bytes, now);
  if (decoded.failure != DecodeFailure::none)
    return refuse(sent, own_error(422, "mapping_failed", what + decoded.message));
  receive(sent, std::move(decoded), now);
}

void AlertsIn::receive(const Sent& sent, Decoded decoded, Wall now) {
  if (decoded.failure != DecodeFailure::none) return refuse(sent, refused_body(sent.am, decoded));
  if (decoded.rejected() > 0) count_bad(sent.source, decoded.rejected(), sent.am);
  stats_.truncated += decoded.truncated;
  Taken taken;
  taken.am = sent.am, taken.rejected = decoded.sentences(), taken.truncated = decoded.truncated;

  AlertsRequest request;
  request.batch = std::make_shared<AlertBatch>(std::move(decoded.batch));
  request.settings = engine_.settings();
  request.source = sent.source;
  request.received_at = now;
  prepare_all(engine_, request, sent.hook);
  const std::size_t quarantined = drop_quarantined(engine_, request);
  if (quarantined > 0) {
    engine_.count_rejected(sent.source, Disposition::quarantined,
                           static_cast<std::uint32_t>(quarantined));
    taken.rejected.push_back(std::to_string(quarantined) + " alerts are " + quarantined_words);
    if (sent.am) stats_.invalid += quarantined;
  }
  const std::size_t count = taken.accepted = request.prepared.size();
  if (count == 0) return sent.reply(stored(taken, 0));
  // What nobody can take now is no matter of a quota.
  const Engine::Health health = engine_.health();
  if (!health.accepting) return shed(sent, count, health.why);
  if (!quotas_.admit(sent.hook, sent.quota, count, request.urgent(), steady_now()))
    return shed(sent, count,
                "integration '" + sent.hook + "' has sent more than its quota of " +
                    std::to_string(sent.quota.alerts_per_second) +
                    " alerts a second: only requests with critical alerts or ends are taken");
  if (sent.am) {
    const auto ended = std::count_if(request.prepared.begin(), request.prepared.end(),
                                     [](const Prepared& p) { return p.resolved; });
    stats_.resolved += static_cast<std::uint64_t>(ended);
    stats_.firing += count - static_cast<std::uint64_t>(ended);
  }
  request.told = taken.told;
  request.done = [reply = sent.reply, taken = std::move(taken)](bool ok, std::uint64_t seq) {
    reply(ok ? stored(taken, seq) : busy("stopping"));
  };

  const bool urgent = request.urgent();
  const Offer offer = engine_.offer(std::move(request));
  if (offer == Offer::taken) return;
  quotas_.give_back(sent.hook, count);
  shed(sent, count,
       offer == Offer::stopping ? "stopping"
       : urgent
           ? "too many alerts wait already"
           : "too many alerts wait already: only requests with critical alerts or ends are taken");
}

}  // namespace tocsin::api
