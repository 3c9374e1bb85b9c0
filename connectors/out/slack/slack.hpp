#pragma once
// Pages into a Slack channel by an incoming webhook. Slack has no key that would make a repeated
// message one: an attempt whose answer was lost shows twice.

#include "connectors/registry.hpp"

namespace tocsin {

extern const ChannelKind slack_channel;

}  // namespace tocsin
