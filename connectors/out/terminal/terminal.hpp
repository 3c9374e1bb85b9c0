#pragma once
// Pages printed where the daemon runs: the way out that always exists.

#include "connectors/registry.hpp"

namespace tocsin {

extern const ChannelKind terminal_channel;

}  // namespace tocsin
