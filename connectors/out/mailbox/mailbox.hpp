#pragma once
// Pages as mail in a folder: one RFC 5322 file per attempt, for demos, tests and programs that
// collect mail from disk. All attempts of a page carry one Message-ID; all messages of one cycle of
// an incident refer to the same thread and share a subject.

#include "connectors/registry.hpp"

namespace tocsin {

extern const ChannelKind mailbox_channel;

}  // namespace tocsin
