#pragma once
// What Alertmanager's webhook receiver sends (version 4, and the older 3): a group of alerts, POST
// /hooks/{integration}. Called by any I/O thread.
//
// It sends a group when it changes and then only every `repeat_interval` of its route, so a firing
// alert is good for that long. Of the envelope only `status` and `truncatedAlerts` are read: each
// alert carries its own labels, annotations and times.

#include "connectors/registry.hpp"

namespace tocsin {

extern const SourceKind alertmanager_webhook;

}  // namespace tocsin
