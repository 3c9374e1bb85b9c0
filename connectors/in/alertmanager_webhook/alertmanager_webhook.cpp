#include "connectors/in/alertmanager_webhook/alertmanager_webhook.hpp"

#include "connectors/in/json/webhook_body.hpp"

namespace tocsin {
namespace {

Decoded decode(std::string_view body, Wall received_at) {
  JsonWalk walk(body);
  WebhookBody webhook;
  if (!read_webhook(walk, {}, false, webhook)) return refused_walk(walk);
  Decoded out;
  out.truncated = webhook.truncated;
  settle_webhook(webhook, received_at, out.batch);
  return out;
}

}  // namespace

const SourceKind alertmanager_webhook{"alertmanager_webhook", decode, {}, hours(4)};

}  // namespace tocsin
