#include "daemon/api/health.hpp"

#include "daemon/api/incident_page.hpp"
#include "daemon/api/v1_status.hpp"

namespace tocsin::api {

HttpResponse HealthApi::ready() const {
  const Engine::Health health = reading_.engine().health();
  if (health.history_lost)
    return text_response(503,
                         "acknowledged history was lost and nobody has confirmed it yet; "
                         "alerts are taken, pages are sent\n");
  if (health.paused)
    return text_response(503,
                         "paging is paused: " + pause_words(health.backup_at, health.backup_seq) +
                             "; alerts are taken, nobody is paged before somebody calls "
                             "`tocsin resume`\n");
  if (!health.ready) return text_response(503, "not ready: " + health.why + "\n");
  if (!health.accepting) return text_response(503, "takes no alerts: " + health.why + "\n");
  return text_response(200, "OK\n" + troubles_());
}

void HealthApi::reload(Exchange x) {
  const auto access = access_();
  const auto principal = identify(x.request, *access);
  const bool allowed = principal && (from_here(x.request, *access) ||
                                     may(principal->actor, Permission::config_reload));
  if (!allowed)
    return x.reply(text_response(principal ? 403 : 401, "a reload needs the role administrator\n"));
  reload_([reply = std::move(x.reply)](const std::string& errors) {
    if (errors.empty()) return reply(HttpResponse{});
    reply(text_response(500, "failed to reload config: " + errors + "\n"));
  });
}

void HealthApi::add_routes(Router& router) {
  router.add(HttpMethod::get, "/-/healthy", Guard::open(),
             [](const Exchange& x) { x.reply(text_response(200, "OK\n")); });
  router.add(HttpMethod::get, "/-/ready", Guard::open(),
             [this](const Exchange& x) { x.reply(ready()); });
  router.add(HttpMethod::post, "/-/reload", Guard::own(),
             [this](Exchange x) { reload(std::move(x)); });
  router.add(HttpMethod::get, "/", Guard::needs(Permission::incident_read),
             reading_.handler([this](const Exchange& x, const SnapshotPtr& snapshot) {
               const Engine& engine = reading_.engine();
               const auto settings = engine.settings();
               return html_response(200,
                                    home_page(*snapshot, Sight(x.who.actor, *snapshot, *settings),
                                              settings->instance_name, engine.wall_now(),
                                              x.query.number("page", 0).value_or(0)));
             }));
  router.add(HttpMethod::get, "/incidents/{}", Guard::needs(Permission::incident_read),
             reading_.handler([this](const Exchange& x, const SnapshotPtr& snapshot) {
               auto page = incident_page(reading_.engine(), *snapshot, parse_incident(x.args[0]),
                                         x.who.actor);
               if (!page) return text_response(404, "no such incident\n");
               return html_response(200, std::move(*page));
             }));
}

}  // namespace tocsin::api
