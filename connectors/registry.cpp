#include "connectors/registry.hpp"

#include <array>

#include "connectors/in/alertmanager_v2/alertmanager_v2.hpp"
#include "connectors/in/alertmanager_webhook/alertmanager_webhook.hpp"
#include "connectors/in/generic_json/generic_json.hpp"
#include "connectors/in/grafana/grafana.hpp"
#include "connectors/in/jq/jq.hpp"
#include "connectors/out/exec/exec.hpp"
#include "connectors/out/mailbox/mailbox.hpp"
#include "connectors/out/slack/slack.hpp"
#include "connectors/out/smtp/smtp.hpp"
#include "connectors/out/syslog/syslog.hpp"
#include "connectors/out/terminal/terminal.hpp"
#include "connectors/out/webhook/webhook.hpp"

namespace tocsin {
namespace {

template <class Kind>
const Kind* find(std::span<const Kind> kinds, std::string_view name) {
  for (const auto& kind : kinds)
    if (kind.name == name) return &kind;
  return nullptr;
}

}  // namespace

std::span<const SourceKind> source_kinds() {
  static const std::array kinds{alertmanager_v2, alertmanager_webhook, generic_json, grafana,
                                jq_source};
  return kinds;
}
const SourceKind* find_source(std::string_view name) {
  return find(source_kinds(), name);
}

std::span<const ChannelKind> channel_kinds() {
  static const std::array kinds{terminal_channel, mailbox_channel, webhook_channel, smtp_channel,
                                slack_channel,    syslog_channel,  exec_channel};
  return kinds;
}
const ChannelKind* find_channel_kind(std::string_view name) {
  return find(channel_kinds(), name);
}

}  // namespace tocsin
