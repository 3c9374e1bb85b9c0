#pragma once
// Any JSON, by a jq program of the user's own. The program gets the body as `.` and puts out alerts
// in the form of generic_json.hpp, each by itself or in arrays; it runs in a helper process, and
// here is what comes before and after. Called by any thread.

#include "connectors/registry.hpp"

namespace tocsin {

extern const SourceKind jq_source;

}  // namespace tocsin
