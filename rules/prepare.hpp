#pragma once
// The part of a decision that needs no state: fingerprint, severity, CI, first matching rule, what
// the sender's times are worth. Pure; runs on the I/O threads, so the sequencer only looks up and
// records.

#include <vector>

#include "rules/model/alert.hpp"
#include "rules/model/command.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

// `secret` keys the fingerprint (one per store); `source` separates senders from each other, and
// `source_name` is what rules call it. A firing alert is good until its own end, or else for
// resolve_timeout; always for `promise`. The result's views live in `batch` and `settings`.
Prepared prepare(const AlertBatch& batch, const IncomingAlert& alert, const Settings& settings,
                 const Fingerprint& secret, std::uint8_t source, Wall received_at,
                 Span promise = {}, std::string_view source_name = {});

// The same for a text that is already stored (a held alert whose time has come).
Prepared prepare_stored(AlertText text, Fingerprint fingerprint, const Settings& settings,
                        std::string_view source_name = {});

}  // namespace tocsin
