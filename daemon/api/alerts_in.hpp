#pragma once
// The way in: POST /api/v2/alerts and POST /hooks/{name}. Decodes and prepares on the I/O thread,
// offers to the engine, and answers when what was decided is durable. Bodies of sources with a
// program take the way through the mapper first, whose threads then do the rest.

#include <functional>
#include <memory>

#include "connectors/registry.hpp"
#include "daemon/api/delivery_stats.hpp"
#include "daemon/api/exchange.hpp"
#include "daemon/api/quotas.hpp"
#include "daemon/api/router.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/net/mapper.hpp"

namespace tocsin::api {

class AlertsIn {
 public:
  // `mapper`: for sources of users' own programs; without one they are not served.
  AlertsIn(Engine& engine, std::function<std::shared_ptr<const Access>()> access, Mapper* mapper)
      : engine_(engine), access_(std::move(access)), mapper_(mapper) {}

  void add_routes(Router& router);
  // Now and then: tells of integrations that exceed their quota, and that it is over.
  void look();
  const IntakeStats& stats() const { return stats_; }
  const Quotas& quotas() const { return quotas_; }

 private:
  // One body: who sent it, and where its answer goes.
  struct Sent {
    Reply reply;
    std::string hook;
    std::uint8_t source = 0;
    bool am = false;
    Quota quota;
  };

  void alertmanager(Exchange x);
  void hook(Exchange x);
  void take(Exchange x, const Hook& hook, bool am);
  void map(const Sent& sent, const SourceKind& kind,
           const std::shared_ptr<const std::string>& program, std::string body);
  void mapped(const Sent& sent, const SourceKind& kind, MapResult result);
  void receive(const Sent& sent, Decoded decoded, Wall now);
  void refuse(const Sent& sent, HttpResponse response);
  void refuse_quarantined(const Sent& sent);
  void shed(const Sent& sent, std::size_t count, std::string_view why);
  void count_bad(std::uint8_t source, std::size_t count, bool am);

  Engine& engine_;
  std::function<std::shared_ptr<const Access>()> access_;
  Mapper* const mapper_;
  IntakeStats stats_;
  Quotas quotas_;
};

// The integration of that name; `cli`, which scripts use without knowing the configuration, is the
// first one that reads our own JSON, and exists even if there is none.
std::optional<Hook> find_hook(const Access& access, std::string_view name);

// Senders forget the type, and curl -d says a form; what is clearly no JSON is refused.
bool may_be_json(const HttpRequest& request);

}  // namespace tocsin::api
