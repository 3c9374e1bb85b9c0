#include "daemon/replay/outcome.hpp"

#include <algorithm>

#include "daemon/replay/record.hpp"

namespace tocsin {

OutcomeReader::OutcomeReader(std::size_t events) : event_(no_event) {
  out_.incident_of.resize(events);
  out_.disposition.resize(events, no_disposition);
}

void OutcomeReader::fact(const FactView& view) {
  at_ = view.at;
  with_fact(view, [this](const auto& f) { on(f); });
}

OutcomeIncident& OutcomeReader::incident(IncidentNumber n) {
  if (out_.incidents.size() < n.value) out_.incidents.resize(n.value);
  return out_.incidents[n.value - 1];
}

void OutcomeReader::on(const IncidentOpened& f) {
  OutcomeIncident& i = incident(f.incident);
  i.number = f.incident, i.opened_at = {at_.ms};
  i.title = f.title, i.ci = f.ci, i.category = f.category, i.subcategory = f.subcategory;
  i.group = f.group, i.rule = f.category_rule;
  i.severity = f.severity, i.opened_as = i.highest = f.priority;
  i.self = f.self;
}
void OutcomeReader::on(const DrillStarted& f) {
  OutcomeIncident& i = incident(f.incident);
  i.number = f.incident, i.self = true;
}
void OutcomeReader::on(const PriorityChanged& f) {
  OutcomeIncident& i = incident(f.incident);
  i.highest = std::min(i.highest, f.priority);
}
void OutcomeReader::on(const IncidentReopened& f) {
  ++incident(f.incident).reopened;
}
void OutcomeReader::on(const IncidentRelated& f) {
  incident(f.incident).parent = f.parent;
}
void OutcomeReader::on(const IncidentDetached& f) {
  incident(f.incident).parent = {};
}
void OutcomeReader::on(const PageRequested& f) {
  ToldKey key;
  key.kind = f.kind;
  key.again = f.repeat > 0 || f.why == WhyPage::policy_exhausted;
  if (!f.person.empty()) key.recipient.append(f.person).append(" by ");
  key.recipient += f.channel;
  ++incident(f.incident).told[key];
}

// ---- which event is part of what ----

std::uint32_t OutcomeReader::event_of(const Fingerprint& alert) const {
  const auto it = last_firing_.find(alert);
  return it == last_firing_.end() ? no_event : it->second;
}

void OutcomeReader::settle(const Link& link, std::uint32_t event) {
  if (event == no_event) return;
  out_.incident_of[event] = link.incident.value;
  out_.disposition[event] = static_cast<std::uint8_t>(link.disposition);
}

// Which alert the event in hand is about is only known at its end.
void OutcomeReader::on(const AlertLinked& f) {
  const Link link{f.alert, f.incident, f.disposition};
  if (event_ != no_event)
    links_.push_back(link);
  else
    settle(link, event_of(f.alert));
}
// The event that was held back shares the fate of its end.
void OutcomeReader::on(const AlertResolved& f) {
  if (f.disposition != Disposition::held_then_cleared) return;
  const std::uint32_t event = event_of(f.alert);
  if (event != no_event) out_.disposition[event] = static_cast<std::uint8_t>(f.disposition);
}

void OutcomeReader::begin(std::uint32_t event) {
  event_ = event;
}

void OutcomeReader::end(const Fingerprint& alert, bool resolved, std::uint8_t disposition,
                        IncidentNumber incident) {
  const std::uint32_t event = event_;
  event_ = no_event;
  for (const Link& link : links_)
    if (link.alert != alert || resolved) settle(link, event_of(link.alert));
  links_.clear();
  out_.disposition[event] = disposition;
  if (resolved) return;
  out_.incident_of[event] = incident.value;
  last_firing_[alert] = event;
}

void OutcomeReader::unheard(std::uint8_t source) {
  ++unheard_[source];
}

Outcome OutcomeReader::finish(std::string config, const std::vector<std::string>& sources) {
  out_.config = std::move(config);
  for (const auto& [source, events] : unheard_) {
    out_.unheard.push_back(source < sources.size() ? sources[source] : "an unknown integration");
    out_.unheard_events += events;
  }
  return std::move(out_);
}

}  // namespace tocsin
