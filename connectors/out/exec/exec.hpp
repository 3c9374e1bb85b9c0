#pragma once
// Pages to a program of the user's own, once for each attempt: an SMS gateway, a siren, a script.
//
// No shell: the file and its arguments stand in the configuration. Standard input is the page as
// the webhook's JSON. The environment is PATH, LANG and the TOCSIN_* that a script wants at hand.
//
// Exit codes: 0 accepted. 75 (EX_TEMPFAIL): not taken, tried again. Everything else: refused for
// good. A program that was killed, by its timeout too, may have done its work: unknown, tried again
// under the same key.

#include "connectors/registry.hpp"

namespace tocsin {

extern const ChannelKind exec_channel;

}  // namespace tocsin
