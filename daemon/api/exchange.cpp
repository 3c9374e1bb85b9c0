#include "daemon/api/exchange.hpp"

#include <atomic>

#include "daemon/api/json_out.hpp"

namespace tocsin::api {

HttpResponse text_response(int status, std::string_view text) {
  HttpResponse r;
  r.status = status;
  r.body = text;
  r.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  return r;
}

HttpResponse json_response(int status, std::string body) {
  HttpResponse r;
  r.status = status;
  r.body = std::move(body);
  r.headers.emplace_back("Content-Type", "application/json");
  return r;
}

HttpResponse own_error(int status, std::string_view code, std::string_view message,
                       const ErrorFields& fields) {
  std::string body;
  JsonWriter json(body);
  json.open_object().key("error").open_object();
  json.field("code", code).field("message", message).key("fields").open_object();
  for (const auto& [name, text] : fields) json.field(name, text);
  json.close_object().close_object().close_object();
  body += '\n';
  return json_response(status, std::move(body));
}

HttpResponse am_error(int status, std::string_view message) {
  return json_response(status, json_string(message) + "\n");
}

HttpResponse am_framework_error(int status, int code, std::string_view message) {
  std::string body;
  JsonWriter(body).open_object().field("code", code).field("message", message).close_object();
  return json_response(status, std::move(body));
}

HttpResponse busy(std::string_view why) {
  static std::atomic<unsigned> turn{0};
  HttpResponse r = own_error(503, "busy", why);
  r.headers.emplace_back("Retry-After", std::to_string(1 + turn.fetch_add(1) % 5));
  return r;
}

}  // namespace tocsin::api
