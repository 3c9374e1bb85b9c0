#pragma once
// Method and path -> handler. Knows nothing of what a handler does; answers what no handler must
// see: 404, 405 with Allow, 401 and 403, CORS questions. Every answer leaves with the same security
// headers. Filled once at the start, then read by all I/O threads.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/exchange.hpp"
#include "daemon/api/gate.hpp"
#include "daemon/api/permissions.hpp"

namespace tocsin::api {

using Handler = std::function<void(Exchange)>;

// What a path asks of the one who calls it, before the handler runs.
struct Guard {
  enum class Kind : std::uint8_t { open, own, permission } kind = Kind::permission;
  Permission permission = Permission::incident_read;

  static Guard open() { return {Kind::open, {}}; }  // life signs
  static Guard own() { return {Kind::own, {}}; }    // the handler asks for the secret itself
  static Guard needs(Permission p) { return {Kind::permission, p}; }
};

class Router {
 public:
  // `gate`: every request passes it first; its rules add headers to every answer.
  Router(std::function<std::shared_ptr<const Access>()> access, Gate& gate)
      : access_(std::move(access)), gate_(gate) {}

  // `pattern`: "/v1/incidents/{}/ack"; {} stands for one segment. GET answers HEAD as well.
  void add(HttpMethod method, std::string_view pattern, Guard guard, Handler handler);

  void handle(HttpRequest request, Reply reply) const;

  // What is served: method and pattern, in the order of adding.
  std::vector<std::pair<HttpMethod, std::string>> routes() const;

 private:
  struct Route {
    HttpMethod method;
    std::vector<std::string> segments;
    Guard guard;
    Handler handler;
  };
  void dispatch(HttpRequest request, Reply reply) const;
  static bool fits(const Route& route, const std::vector<std::string_view>& path);

  std::function<std::shared_ptr<const Access>()> access_;
  Gate& gate_;
  std::vector<Route> routes_;
};

}  // namespace tocsin::api
