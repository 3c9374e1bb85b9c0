#pragma once
// A line of syslog -> an alert like any other, or what else becomes of it. Pure; any I/O thread.
//
// Labels, which are the identity: alertname and rule (of the rule), host, and the named groups of
// its expression. Annotations: severity, summary, message, program, facility, and the groups that
// the rule calls notes. The program is no label: what says that it is broken and what says that it
// is well may be two. The start is the receipt, so that a repeated line is a repeat.

#include <cstdint>
#include <optional>
#include <string_view>

#include "connectors/in/syslog/message.hpp"
#include "connectors/in/syslog/rules.hpp"
#include "rules/model/alert.hpp"

namespace tocsin {

// What the listener knows about a line.
struct SyslogTransport {
  std::string_view peer;  // address without port; the host of lines that name none
  Wall received_at{};
  bool may_clear = false;      // its sender is believed: TCP, or a UDP listener that allows it
  const Zone* zone = nullptr;  // of times without one; null: UTC
};

// Appends to `batch` what the line says, and answers nothing; or answers what becomes of the line:
//   unmatched           no rule wants it
//   rejected_auth       it would clear an alert, and its sender is not believed
//   rejected_malformed  it is no message, or does not fit into an alert
std::optional<Disposition> decode_syslog(std::string_view line, const SyslogRules& rules,
                                         const SyslogTransport& transport, AlertBatch& batch);

}  // namespace tocsin
