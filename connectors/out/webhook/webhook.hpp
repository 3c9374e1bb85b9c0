#pragma once
// Pages to a program: one POST of JSON, signed as Standard Webhooks say (standardwebhooks.com).
//
// Headers: webhook-id and Idempotency-Key are the key of the page, the same for every attempt;
// webhook-timestamp is the time of the attempt in Unix seconds; webhook-signature is
// "v1," and the base64 of HMAC-SHA256(secret, id.timestamp.body). Whoever has seen an id answers
// 2xx and does nothing.
//
// Answers: 2xx accepted. 429 and 503: not taken, tried again. 408 and other 5xx: unknown, tried
// again under the same id. Everything else, redirects too: refused for good.

#include "connectors/registry.hpp"

namespace tocsin {

extern const ChannelKind webhook_channel;

// What stands in webhook-signature. `secret` is whsec_ and base64, or the bytes themselves.
std::string webhook_signature(std::string_view secret, std::string_view id,
                              std::string_view timestamp, std::string_view body);

}  // namespace tocsin
