#pragma once
// Incidents about Tocsin itself: one per cause, told like any other, resolved when the cause is
// gone. What fails while one of them is told opens no further one, so they never feed each other.

#include <optional>
#include <string>
#include <string_view>

#include "rules/model/command.hpp"
#include "rules/model/facts.hpp"

namespace tocsin {

// The unresolved one about `ci`, if any.
std::optional<IncidentNumber> open_about(const State& state, std::string_view ci,
                                         std::string_view subcategory);
// `ci` empty: about the instance.
IncidentNumber open_self(const Deciding& d, std::string_view title, std::string_view category,
                         std::string_view subcategory, Severity severity, Priority priority,
                         std::string_view reason, std::string_view ci = {});

// How an attempt went, as its channel's health sees it.
struct ChannelNews {
  enum class Result { took, failed, gave_up, reached_nobody } result = Result::took;
  std::string channel, person, detail;
  IncidentNumber incident;  // of the page
};

// After the facts of the attempt. A channel that refused, used up the attempts of a page or failed
// five times in a row over a minute opens an incident on CI "INSTANCE/CHANNEL"; one that takes a
// page again lets its recovery be verified. Returns the incident whose first step is due now.
// `next_step`: of the one that is open, see incident_about().
std::optional<IncidentNumber> watch_channel(const Deciding& d, const ChannelNews& news,
                                            Instant next_step);
IncidentNumber incident_about(const Deciding& d, std::string_view channel);  // 0: none is open

// What the auditor says: a broken law opens one incident about the instance, or keeps the open one
// from being over; when all hold again, that one is verified. Returns the one that is new.
// `next_step`: of the one that is open.
std::optional<IncidentNumber> watch_laws(const Deciding& d, std::string_view broken,
                                         Instant next_step);
IncidentNumber incident_about_laws(const Deciding& d);  // 0: none is open

// The same for what the process reports of itself: one incident for each kind of trouble, and for
// each thing that it is about. One that must wake somebody, and is open already without, is raised.
std::optional<IncidentNumber> watch_process(const Deciding& d, const ReportTrouble& trouble,
                                            Instant next_step);
IncidentNumber incident_about_process(const Deciding& d, const ReportTrouble& trouble);  // 0: none

// Channels that `next` does not have: no longer watched, their incidents recover.
void forget_channels(const Deciding& d, const Settings& next);
// The same of integrations and their quotas.
void forget_quotas(const Deciding& d, const Settings& next);

}  // namespace tocsin
