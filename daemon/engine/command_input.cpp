#include "daemon/engine/command_input.hpp"

#include <variant>

namespace tocsin {
namespace {

struct Naming {
  std::uint64_t tag;

  Input of(IncidentNumber incident, std::string_view text = {}) const {
    return {InputKind::command, tag << 32 | incident.value, text};
  }
  Input operator()(const AcknowledgeIncident& c) const { return of(c.incident); }
  Input operator()(const AcknowledgeByLink& c) const { return of({}, c.token); }
  Input operator()(const NoteIncident& c) const { return of(c.incident, c.text); }
  Input operator()(const ResolveIncident& c) const { return of(c.incident, c.note); }
  Input operator()(const CloseIncident& c) const { return of(c.incident); }
  Input operator()(const SetSilence& c) const { return of({}, c.matchers); }
  Input operator()(const ExpireSilence& c) const {
    return {InputKind::command, tag << 32 ^ c.uuid.low, {}};
  }
  Input operator()(const AddWindow& c) const { return of({}, c.reason); }
  Input operator()(const EndWindow& c) const {
    return {InputKind::command, tag << 32 ^ c.uuid.low, {}};
  }
  Input operator()(const PingHeartbeat& c) const { return of({}, c.name); }
  Input operator()(const ReportByPerson& c) const { return of({}, c.text); }
  Input operator()(const TakeRequest& c) const { return of(IncidentNumber(c.request.value)); }
  Input operator()(const FinishRequest& c) const {
    return of(IncidentNumber(c.request.value), c.note);
  }
  Input operator()(const ConvertIncident& c) const { return of(c.incident, c.note); }
  Input operator()(const ConvertRequest& c) const { return of(IncidentNumber(c.request.value)); }
  Input operator()(const StartDrill& c) const { return of({}, c.target); }
  template <class Other>
  Input operator()(const Other&) const {
    return {};
  }
};

}  // namespace

Input input_of(const Command& command) {
  return std::visit(Naming{command.index() + 1}, command);
}

// Firing and resolved take different ways through the rules.
Input input_of(const Prepared& alert) {
  return {InputKind::alert, alert.fingerprint.low ^ (alert.resolved ? ~std::uint64_t{0} : 0), {}};
}

}  // namespace tocsin
