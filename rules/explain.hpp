#pragma once
// Why an event or an incident came out as it did, in sentences: each with the rule it rests on and
// the places of the configuration that change it. What happened is worded by story.hpp; here stands
// what was asked on the way. Pure: `explain` decides nothing, it reads what decide() reads and the
// facts that decide() wrote.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/codec.hpp"
#include "rules/model/command.hpp"
#include "rules/model/places.hpp"
#include "rules/model/rows.hpp"
#include "rules/model/settings.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

struct ExplainLine {
  std::string topic;          // heard, known, ci, severity, category, owner, joins, priority ...
  std::string text;           // one sentence
  std::string rule;           // its id: of the process (BND-7 c), or of the configuration (a100)
  std::vector<Place> places;  // what to change if it is wrong
  std::optional<Wall> at;     // when it happened or will
};
using ExplainLines = std::vector<ExplainLine>;

// What an event that ends so is to its sender and to the people on call.
std::string_view disposition_words(Disposition disposition);
inline constexpr std::string_view held_words =
    "it waits: what lasts no longer than its hold-down is no incident";

// What is found out about an event before anything is decided: source, key, CI, severity, class,
// category, owner, silences, hold-down. `state` is as it is before the event.
ExplainLines explain_heard(const Prepared& alert, std::string_view source, const State& state,
                           const Settings& settings, Instant now);

// The questions of BND-7 that were asked in vain before the answer, and the answer. `incident` is
// the one it is in now.
ExplainLines explain_join(JoinReason why, IncidentNumber incident, std::string_view ci,
                          std::string_view subcategory, const Settings& settings);

// What happened, fact by fact, in the order of time. Facts that say nothing to people are left out.
class FactExplainer {
 public:
  FactExplainer(const Settings& settings, const Globals& globals)
      : settings_(settings), globals_(globals) {}
  void explain(const FactView& fact, ExplainLines& out);

  // Facts of an incident that was opened before the first of them.
  void start_with(Priority priority) { priority_ = priority; }

 private:
  friend struct FactCase;
  const Settings& settings_;
  const Globals& globals_;
  Priority priority_ = Priority::P3;
  std::string ci_, subcategory_;
};

// How an incident stands: who has it, what holds its paging back, when it pages next. The answer to
// "why is nobody paged?"; empty text when somebody is.
ExplainLine explain_quiet(const IncidentRow& row, const Snapshot& snapshot,
                          const Settings& settings);

}  // namespace tocsin
