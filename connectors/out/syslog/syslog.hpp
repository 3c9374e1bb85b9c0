#pragma once
// Pages into the log of this machine, one line each. A page is an emergency there, which most
// loggers show on every terminal that somebody is logged in at: the last way out beside our own
// terminal.

#include "connectors/registry.hpp"

namespace tocsin {

extern const ChannelKind syslog_channel;

}  // namespace tocsin
