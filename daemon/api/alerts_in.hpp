#pragma once
// The way in: POST /api/v2/alerts and POST /hooks/{name}. Decodes and prepares on the I/O thread,
// offers to the engine, and answers when what was decided is durable.

#include <functional>
#include <memory>

#include "daemon/api/delivery_stats.hpp"
#include "daemon/api/exchange.hpp"
#include "daemon/api/router.hpp"
#include "daemon/engine/engine.hpp"

namespace tocsin::api {

class AlertsIn {
 public:
  AlertsIn(Engine& engine, std::function<std::shared_ptr<const Access>()> access)
      : engine_(engine), access_(std::move(access)) {}

  void add_routes(Router& router);
  const IntakeStats& stats() const { return stats_; }

 private:
  void alertmanager(Exchange x);
  void hook(Exchange x);
  void take(Exchange x, const Hook& hook, bool am);
  void count_bad(std::uint8_t source, std::size_t count, bool am);

  Engine& engine_;
  std::function<std::shared_ptr<const Access>()> access_;
  IntakeStats stats_;
};

// Senders forget the type, and curl -d says a form; what is clearly no JSON is refused.
bool may_be_json(const HttpRequest& request);

}  // namespace tocsin::api
