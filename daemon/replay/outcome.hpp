#pragma once
// What a configuration made of a record: its incidents, who was told of them, and what became of
// every event. Read from the facts of a run, whoever ran it.
//
// Pure. Owner: whoever compares. One thread writes an outcome; then any may read it.

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "rules/model/codec.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

// Pages of one kind to one recipient, in the words of the people who get them.
struct ToldKey {
  PageKind kind{};
  bool again = false;     // repeated, since nobody answered: who answers stops it
  std::string recipient;  // "ann by pager", or the channel
  auto operator<=>(const ToldKey&) const = default;
};

struct OutcomeIncident {
  IncidentNumber number;
  Wall opened_at{};
  std::string title, ci, category, subcategory, group, rule;
  Severity severity{};
  Priority opened_as{}, highest{};
  IncidentNumber parent;  // speaks for it at the end; 0: it speaks for itself
  bool self = false;      // about tocsin itself, or a drill: no event made it
  std::uint32_t reopened = 0;
  std::map<ToldKey, std::uint32_t> told;
};

// What became of an event; nothing: it is still held back, or was not heard at all.
inline constexpr std::uint8_t no_disposition = 0xff;

struct Outcome {
  std::string config;                      // hash
  std::vector<OutcomeIncident> incidents;  // number n is at n - 1
  // By event: the number of the incident that its alert was put into (0: none; ends are not asked),
  // and its disposition.
  std::vector<std::uint32_t> incident_of;
  std::vector<std::uint8_t> disposition;
  std::vector<std::string> unheard;  // integrations that the configuration does not have
  std::uint64_t unheard_events = 0;
};

class OutcomeReader {
 public:
  explicit OutcomeReader(std::size_t events);

  void fact(const FactView& view);
  // Facts from here on are about this event; those of others may be among them.
  void begin(std::uint32_t event);
  // It was about this alert. `disposition` and `incident` as they stand after it.
  void end(const Fingerprint& alert, bool resolved, std::uint8_t disposition,
           IncidentNumber incident);
  void unheard(std::uint8_t source);
  Outcome finish(std::string config, const std::vector<std::string>& sources);

 private:
  struct Link {
    Fingerprint alert;
    IncidentNumber incident;
    Disposition disposition{};
  };
  void on(const IncidentOpened& f);
  void on(const PriorityChanged& f);
  void on(const IncidentReopened& f);
  void on(const IncidentRelated& f);
  void on(const IncidentDetached& f);
  void on(const PageRequested& f);
  void on(const AlertLinked& f);
  void on(const AlertResolved& f);
  void on(const DrillStarted& f);
  template <class F>
  void on(const F&) {}

  OutcomeIncident& incident(IncidentNumber n);
  void settle(const Link& link, std::uint32_t event);
  std::uint32_t event_of(const Fingerprint& alert) const;

  Outcome out_;
  std::uint32_t event_;  // in hand
  std::vector<Link> links_;
  std::map<std::uint8_t, std::uint64_t> unheard_;
  absl::flat_hash_map<Fingerprint, std::uint32_t, U128Hash> last_firing_;
  Instant at_{};
};

}  // namespace tocsin
