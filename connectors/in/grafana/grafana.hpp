#pragma once
// What a webhook contact point of Grafana's unified alerting sends: Alertmanager's body with
// additions, or by a template of the user a bare list of alerts. Called by any I/O thread.
//
// Kept as annotations: valueString, values, silenceURL, dashboardURL, panelURL, imageURL. An alert
// about its rule (DatasourceNoData, DatasourceError) says so in its summary, because the rule's own
// summary would claim what nobody has measured; that one stays as `rule_summary`.

#include "connectors/registry.hpp"

namespace tocsin {

extern const SourceKind grafana;

}  // namespace tocsin
