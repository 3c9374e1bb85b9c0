#pragma once
// A whole API over a real engine on the memory journal, driven without sockets. One thread of
// tests.

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "config/load.hpp"
#include "daemon/api/api.hpp"
#include "daemon/api/delivery_stats.hpp"
#include "daemon/journal/memory_journal.hpp"

namespace tocsin::api::testing {

inline HttpRequest request(HttpMethod method, const std::string& target, std::string body = "") {
  HttpRequest r;
  r.method = method;
  r.method_name = method == HttpMethod::get    ? "GET"
                  : method == HttpMethod::head ? "HEAD"
                  : method == HttpMethod::post ? "POST"
                  : method == HttpMethod::put  ? "PUT"
                                               : "DELETE";
  const std::size_t mark = target.find('?');
  r.target = target.substr(0, mark);
  if (mark != target.npos) r.query = target.substr(mark + 1);
  r.body = std::move(body);
  r.body.reserve(r.body.size() + HttpRequest::body_padding);
  r.peer = "127.0.0.1";
  r.loopback = true;
  r.headers.push_back({"Host", "localhost:9966"});
  return r;
}

inline HttpRequest with(HttpRequest r, const std::string& name, const std::string& value) {
  r.headers.push_back({name, value});
  return r;
}

inline HttpRequest bearer(HttpRequest r, const std::string& token) {
  return with(std::move(r), "Authorization", "Bearer " + token);
}

inline std::string header(const HttpResponse& r, const std::string& name) {
  for (const auto& [key, value] : r.headers)
    if (key == name) return value;
  return "";
}

inline std::string text_of(HttpResponse& r) {
  std::string out = r.body;
  if (!r.more) return out;
  for (bool more = true; more;) {
    std::string chunk;
    more = r.more(chunk);
    out += chunk;
  }
  return out;
}

inline constexpr const char* config_text = R"(
tokens:
  - {name: bob, person: bob, roles: [engineer], token: bob-secret}
  - {name: ivy, person: ivy, roles: [incident_manager], token: ivy-secret}
  - {name: eye, person: eye, roles: [viewer], token: eye-secret}
  - {name: adm, person: adm, roles: [administrator], token: adm-secret}
integrations:
  - {name: shop, source: generic, token: shop-secret}
  - {name: open, source: generic}
  - {name: prom, source: alertmanager_v2, token: prom-secret}
  - {name: am, source: alertmanager_webhook, token: am-secret}
people: [{id: bob, email: bob@example.org}, {id: ivy}, {id: eye}, {id: adm}]
groups: [{id: team, members: [bob], lead: ivy}]
default_group: team
cis: [{id: db-1, class: database, criticality: mission_critical, users: 10, group: team}]
hold_down: {critical: 0s, error: 0s, warning: 60s, info: 60s}
)";

class World {
 public:
  explicit World(const std::string& config = config_text) : World(load_text(config, "test.yaml")) {}
  explicit World(const Loaded& loaded) {
    for (const Diagnostic& d : loaded.errors) problems += to_text(d) + "\n";
    EnginePorts ports;
    ports.journal = &journal;
    ports.compile = [](const std::string& text) { return load_stored(text).settings; };
    ports.quarantined = [this](const Input& input) { return quarantined(input); };
    ports.send = [this](std::vector<SendOrder> orders) {
      for (const SendOrder& order : orders)
        engine->settle({order.page, order.attempt, order.epoch, AttemptOutcome::accepted, "", {}});
    };
    engine = std::make_unique<Engine>(EngineOptions{}, std::move(ports));
    const StartResult started = engine->start(loaded.settings);
    if (!started.ok) problems += started.message;
    importer = std::make_unique<Importer>(*engine, control, [] {});
    ApiPorts api_ports;
    api_ports.importer = importer.get();
    api_ports.version = "9.9.9";
    api_ports.reload = [this](std::function<void(std::string)> done) { done(reload_error); };
    api_ports.server = [] { return ServerStats{}; };
    api_ports.delivery = &delivery;
    api_ports.reload_ok = [] { return true; };
    api_ports.reloaded_at = [] { return Wall{1000}; };
    api = std::make_unique<Api>(*engine, access_of(loaded.body), std::move(api_ports));
  }
  ~World() {
    control.stop();
    api->stop();
    engine->stop();
  }

  HttpResponse call(HttpRequest r) {
    std::promise<HttpResponse> promise;
    auto future = promise.get_future();
    api->handle(std::move(r), [&](HttpResponse answer) { promise.set_value(std::move(answer)); });
    return future.get();
  }
  HttpResponse get(const std::string& target) { return call(request(HttpMethod::get, target)); }
  // As whoever holds the token; the newest sequence is kept for after().
  HttpResponse post(const std::string& target, const std::string& token, std::string body) {
    HttpResponse r = call(bearer(request(HttpMethod::post, target, std::move(body)), token));
    if (const std::string seq = header(r, "X-Tocsin-Seq"); !seq.empty()) seq_ = seq;
    return r;
  }
  std::string after() const { return "?after=" + seq_; }

  MemoryStore store;
  MemoryJournal journal{store};
  DeliveryStats delivery;
  std::string problems, reload_error;
  std::function<bool(const Input&)> quarantined = [](const Input&) { return false; };
  std::unique_ptr<Engine> engine;  // before the API, which needs it to its end
  Worker control{"tocsin-control", 16};
  std::unique_ptr<Importer> importer;
  std::unique_ptr<Api> api;

 private:
  std::string seq_ = "0";
};

}  // namespace tocsin::api::testing
