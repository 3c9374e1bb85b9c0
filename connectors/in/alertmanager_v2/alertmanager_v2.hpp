#pragma once
// What Prometheus and its kin send to an Alertmanager: POST /api/v2/alerts. Called by any I/O
// thread.
//
// A body that is not JSON, or not of this shape, is refused whole; an alert that says something
// impossible is refused alone and the rest is taken, as Alertmanager does it.

#include "connectors/registry.hpp"

namespace tocsin {

extern const SourceKind alertmanager_v2;

}  // namespace tocsin
