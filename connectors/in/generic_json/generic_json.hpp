#pragma once
// Our own small JSON, for scripts and programs that have no protocol. Called by any I/O thread.
//
// One object or an array of them:
//   key          what is wrong, in a word that does not change; becomes the label `key`
//   ci           what it is wrong with; label `ci`
//   summary      one line for people; annotation
//   description  more for people; annotation
//   severity     critical, error, warning, info or what the configuration translates; annotation
//   status       firing (default) or resolved
//   starts_at, ends_at   RFC 3339
//   labels, annotations  objects of text, numbers or booleans
//   runbook_url  annotation
//   class        alert (default), request, change or heartbeat
// Other members are read over. Labels are the identity of the alert, so the severity, which may
// rise, is none of them. Without a key and without the label `alertname` the summary becomes
// `alertname`.

#include "connectors/registry.hpp"

namespace tocsin {

extern const SourceKind generic_json;

}  // namespace tocsin
