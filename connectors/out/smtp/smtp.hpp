#pragma once
// Pages as mail through a server (RFC 5321): text and HTML, one recipient a message. Accepted is
// what the server accepted with its last word, 250. A retried page keeps its Message-ID.

#include "connectors/registry.hpp"

namespace tocsin {

extern const ChannelKind smtp_channel;

}  // namespace tocsin
