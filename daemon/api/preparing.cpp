#include "daemon/api/preparing.hpp"

#include "daemon/engine/command_input.hpp"
#include "rules/prepare.hpp"

namespace tocsin::api {

void prepare_all(const Engine& engine, AlertsRequest& request, std::string_view source) {
  const AlertBatch& batch = *request.batch;
  const Fingerprint secret = engine.secret();
  const Span promise = request.settings->promise(source);
  if (request.source >= sources_max) source = {};  // as the state would call it
  request.prepared.reserve(batch.alerts.size());
  for (const IncomingAlert& alert : batch.alerts)
    request.prepared.push_back(prepare(batch, alert, *request.settings, secret, request.source,
                                       request.received_at, promise, source));
}

// Both lists keep the same order.
std::size_t drop_quarantined(const Engine& engine, AlertsRequest& request) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < request.prepared.size(); ++i) {
    if (engine.quarantined(input_of(request.prepared[i]))) continue;
    request.prepared[kept] = request.prepared[i];
    request.batch->alerts[kept++] = request.batch->alerts[i];
  }
  const std::size_t dropped = request.prepared.size() - kept;
  request.prepared.resize(kept);
  request.batch->alerts.resize(kept);
  return dropped;
}

}  // namespace tocsin::api
