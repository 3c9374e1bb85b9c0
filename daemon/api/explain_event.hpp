#pragma once
// An event that nobody sent, played against a copy of the state: what the daemon would decide, and
// why; and what an incident will do next if nobody acts. The copy is thrown away, so nothing is
// written, seen or counted. Takes milliseconds, or tens of them with a large store: on a thread of
// its own. Pure but for the copy it makes.

#include <memory>
#include <string>
#include <vector>

#include "daemon/rehearsal/rehearsal.hpp"
#include "rules/explain.hpp"

namespace tocsin::api {

struct Explained {
  std::string summary;  // one sentence: what becomes of it, and who is woken
  std::string disposition;
  IncidentNumber incident;
  bool somebody_is_woken = false;
  ExplainLines lines;
};

// How far is looked ahead, at most.
inline constexpr Span looks_ahead = hours(24);
inline constexpr std::size_t steps_told_max = 12, turns_max = 2'000, events_max = 10;

// `batch`: what the sender would send, in order; each is decided after the ones before. At most
// `events_max` of them.
std::vector<Explained> explain_events(const AlertBatch& batch, const std::string& integration,
                                      const std::shared_ptr<const Settings>& settings,
                                      const Snapshot& snapshot, Wall now,
                                      std::vector<std::string>& missing);

// The steps of an unanswered incident from now on, if nobody answers.
ExplainLines explain_next_steps(IncidentNumber incident,
                                const std::shared_ptr<const Settings>& settings,
                                const Snapshot& snapshot, Wall now);

}  // namespace tocsin::api
