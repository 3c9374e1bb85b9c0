#include "connectors/in/grafana/grafana.hpp"

#include <array>

#include "connectors/in/json/webhook_body.hpp"

namespace tocsin {
namespace {

constexpr std::array<std::string_view, 6> kept{"valueString",  "values",   "silenceURL",
                                               "dashboardURL", "panelURL", "imageURL"};

void set_aside_summary(WebhookAlert& alert) {
  if (!alert.annotation("rule_summary").empty())
    std::erase_if(alert.annotations, [](const Pair& p) { return p.first == "summary"; });
  for (auto& [name, value] : alert.annotations)
    if (name == "summary") name = "rule_summary";
}

// Grafana could not ask, or was told nothing: that is the news, whatever the rule is about.
void about_its_rule(WebhookAlert& alert) {
  const std::string_view name = alert.label("alertname");
  const bool no_data = name == "DatasourceNoData", error = name == "DatasourceError";
  if (!no_data && !error) return;
  std::string_view rule = alert.label("rulename");
  if (rule.empty()) rule = "an alert rule";
  const std::string_view why = alert.annotation("Error");
  std::string summary = no_data ? "no data for " : "cannot evaluate ";
  summary.append(rule);
  if (error && !why.empty()) summary.append(": ").append(why);
  set_aside_summary(alert);
  alert.additions.insert(alert.additions.begin(), {"summary", std::move(summary)});
}

// The title is of the group: it speaks for an alert only when that is alone.
void summarise(WebhookBody& body) {
  for (WebhookAlert& alert : body.alerts) about_its_rule(alert);
  if (body.alerts.size() != 1) return;
  WebhookAlert& alert = body.alerts.front();
  for (const std::string_view own : {"summary", "description", "message"})
    if (!alert.annotation(own).empty()) return;
  alert.additions.emplace_back("summary", std::string(body.title));
}

Decoded decode(std::string_view body, Wall received_at) {
  JsonWalk walk(body);
  WebhookBody webhook;
  if (!read_webhook(walk, kept, true, webhook)) return refused_walk(walk);
  summarise(webhook);
  Decoded out;
  out.truncated = webhook.truncated;
  settle_webhook(webhook, received_at, out.batch);
  return out;
}

}  // namespace

const SourceKind grafana{"grafana", decode, {}, hours(4)};

}  // namespace tocsin
