#pragma once
// The body that Alertmanager's webhook sends and Grafana sends with additions: an envelope with a
// list of alerts. Read whole, then settled, because the envelope may say after its alerts what
// concerns them. Called by any I/O thread; the views live until the next walk on it.
//
// A body that is not JSON or has no alerts is refused whole. Of an alert that cannot be taken the
// index and the reason are said, and the others are taken: the sender would not send them again.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/in/json/walk.hpp"
#include "connectors/registry.hpp"
#include "rules/model/alert.hpp"

namespace tocsin {

struct WebhookAlert {
  std::string_view status, fingerprint, starts_at, ends_at, generator_url;
  std::vector<Pair> labels, annotations;
  // What describes the alert beside its annotations. Left out when there is no room for it.
  std::vector<std::pair<std::string_view, std::string>> additions;
  std::string refused;  // why it cannot be taken, in words that follow its name

  std::string_view label(std::string_view name) const;
  std::string_view annotation(std::string_view name) const;
};

struct WebhookBody {
  static constexpr std::size_t alerts_max = 20'000;  // of one request

  std::string_view status, title;
  std::uint64_t truncated = 0;  // alerts left out by the sender
  std::vector<WebhookAlert> alerts;
};

// `kept`: members of an alert that become additions. `bare_list`: the envelope may be missing.
// False: the walk says why.
bool read_webhook(JsonWalk& walk, std::span<const std::string_view> kept, bool bare_list,
                  WebhookBody& out);

// Appends what can be taken to `batch`, and a sentence for what cannot.
//
// An alert's own status decides; without one, an end that has passed or a group that is resolved as
// a whole. A fingerprint that is not the one of the labels tells alerts apart that their labels do
// not, and becomes the label `__fingerprint__`.
void settle_webhook(const WebhookBody& body, Wall received_at, AlertBatch& batch);

// What a walk that failed is answered with.
Decoded refused_walk(const JsonWalk& walk);

}  // namespace tocsin
