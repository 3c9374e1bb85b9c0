#include "daemon/api/router.hpp"

#include <algorithm>

#include "rules/model/planted.hpp"

namespace tocsin::api {
namespace {

// How errors are worded: each API has its clients, and they parse.
enum class Dialect : std::uint8_t { own, alertmanager, plain };

Dialect dialect_of(std::string_view target) {
  if (target.starts_with("/api/v2/")) return Dialect::alertmanager;
  if (target.starts_with("/v1/") || target.starts_with("/hooks/")) return Dialect::own;
  return Dialect::plain;
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    out.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(out.back().size());
  }
  return out;
}

std::string_view word(HttpMethod method) {
  switch (method) {
    case HttpMethod::get:
      return "GET";
    case HttpMethod::head:
      return "HEAD";
    case HttpMethod::post:
      return "POST";
    case HttpMethod::put:
      return "PUT";
    case HttpMethod::delete_:
      return "DELETE";
    case HttpMethod::patch:
      return "PATCH";
    case HttpMethod::options:
      return "OPTIONS";
    case HttpMethod::other:
      break;
  }
  return "";
}

HttpResponse worded(Dialect dialect, int status, std::string_view code, std::string_view text) {
  if (dialect == Dialect::own) return own_error(status, code, text);
  if (dialect == Dialect::alertmanager) return am_framework_error(status, status, text);
  return text_response(status, std::string(text) + "\n");
}

HttpResponse unauthorized(Dialect dialect, const HttpRequest& request) {
  HttpResponse r =
      worded(dialect, 401, "unauthorized",
             request.find("Authorization") ? "this token is not known"
                                           : "a token is needed: Authorization: Bearer TOKEN");
  r.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"tocsin\"");
  r.headers.emplace_back("WWW-Authenticate", "Basic realm=\"tocsin\", charset=\"UTF-8\"");
  return r;
}

HttpResponse locked_out(Dialect dialect, const HttpRequest& request) {
  HttpResponse r =
      worded(dialect, 401, "unauthorized",
             request.find("Authorization") ? "neither a user with this password nor a token"
                                           : "a user and a password are needed, or a token");
  r.headers.emplace_back("WWW-Authenticate", "Basic realm=\"tocsin\", charset=\"UTF-8\"");
  return r;
}

HttpResponse cors_answer() {
  HttpResponse r;
  r.status = 204;
  r.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
  r.headers.emplace_back("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type");
  r.headers.emplace_back("Access-Control-Max-Age", "600");
  return r;
}

// Other sites' pages may read Alertmanager's API (with a token, see from_here) and nothing else.
bool cors_path(std::string_view target, HttpMethod method) {
  return target.starts_with("/api/v2/") &&
         (method == HttpMethod::get || method == HttpMethod::head || method == HttpMethod::options);
}

void harden(HttpResponse& r, bool cors) {
  if (planted("answers_not_hardened")) return;
  r.headers.emplace_back("Cache-Control", "no-store");
  r.headers.emplace_back("X-Content-Type-Options", "nosniff");
  r.headers.emplace_back("X-Frame-Options", "DENY");
  r.headers.emplace_back("Referrer-Policy", "no-referrer");
  const bool own_policy = std::any_of(r.headers.begin(), r.headers.end(), [](const auto& h) {
    return h.first == "Content-Security-Policy";
  });
  if (!own_policy)  // of a page with a form: it may go to ourselves
    r.headers.emplace_back("Content-Security-Policy",
                           "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; "
                           "base-uri 'none'; frame-ancestors 'none'");
  if (cors) r.headers.emplace_back("Access-Control-Allow-Origin", "*");
}

void set_header(HttpResponse& r, const std::string& name, const std::string& value) {
  std::erase_if(r.headers, [&](const auto& header) { return same_token(header.first, name); });
  r.headers.emplace_back(name, value);
}

}  // namespace

void Router::add(HttpMethod method, std::string_view pattern, Guard guard, Handler handler) {
  Route route{method, {}, guard, std::move(handler)};
  for (const std::string_view s : split(pattern)) route.segments.emplace_back(s);
  routes_.push_back(std::move(route));
}

std::vector<std::pair<HttpMethod, std::string>> Router::routes() const {
  std::vector<std::pair<HttpMethod, std::string>> out;
  for (const Route& route : routes_) {
    std::string pattern;
    for (const std::string& segment : route.segments) pattern += "/" + segment;
    out.emplace_back(route.method, pattern);
  }
  return out;
}

bool Router::fits(const Route& route, const std::vector<std::string_view>& path) {
  if (route.segments.size() != path.size()) return false;
  for (std::size_t i = 0; i < path.size(); ++i)
    if (route.segments[i] == "{}" ? path[i].empty() : route.segments[i] != path[i]) return false;
  return true;
}

void Router::handle(HttpRequest request, Reply reply) const {
  const bool cors = cors_path(request.target, request.method);
  const auto hardened = [this, cors, reply = std::move(reply)](HttpResponse r) {
    harden(r, cors);
    const auto rules = gate_.rules();  // held: a reload puts others in their place
    for (const auto& [name, value] : rules->headers) set_header(r, name, value);
    reply(std::move(r));
  };
  gate_.pass(std::move(request), [this, hardened](HttpRequest r, Gate::Verdict verdict) {
    if (verdict == Gate::Verdict::admitted) return dispatch(std::move(r), hardened);
    hardened(verdict == Gate::Verdict::busy ? busy("too many passwords wait to be checked")
                                            : locked_out(dialect_of(r.target), r));
  });
}

void Router::dispatch(HttpRequest request, Reply reply) const {
  const Dialect dialect = dialect_of(request.target);
  const std::vector<std::string_view> path = split(request.target);
  const HttpMethod wanted = request.method == HttpMethod::head ? HttpMethod::get : request.method;

  const Route* route = nullptr;
  std::string allow;
  bool readable = false;
  for (const Route& r : routes_) {
    if (!fits(r, path)) continue;
    if (r.method == wanted && !route) route = &r;
    if (!allow.empty()) allow += ", ";
    allow += word(r.method);
    if (r.method == HttpMethod::get) readable = true, allow += ", HEAD";
  }
  if (allow.empty())
    return reply(worded(dialect, 404, "not_found", "path " + request.target + " was not found"));
  if (!route) {
    if (readable && cors_path(request.target, request.method)) return reply(cors_answer());
    HttpResponse r =
        worded(dialect, 405, "method_not_allowed",
               "method " + request.method_name + " is not allowed, but " + allow + " are");
    r.headers.emplace_back("Allow", allow);
    return reply(std::move(r));
  }

  Exchange x;
  if (route->guard.kind == Guard::Kind::permission) {
    const auto principal = identify(request, *access_());
    if (!principal) return reply(unauthorized(dialect, request));
    if (!may(principal->actor, route->guard.permission)) {
      const std::string permission(permission_word(route->guard.permission));
      return reply(worded(dialect, 403, "forbidden",
                          principal->proven ? "none of the roles of this token has " + permission
                                            : permission + " needs a token"));
    }
    const bool acts = route->guard.permission != Permission::incident_read &&
                      route->guard.permission != Permission::config_reload;
    if (acts && principal->actor.person.empty())
      return reply(worded(dialect, 403, "forbidden", "this token is bound to no person"));
    x.who = *principal;
  }
  for (std::size_t i = 0; i < path.size(); ++i)
    if (route->segments[i] == "{}") x.args.push_back(percent_decode(path[i], false));
  x.query = Query(request.query);
  x.request = std::move(request);
  x.reply = std::move(reply);
  route->handler(std::move(x));
}

}  // namespace tocsin::api
