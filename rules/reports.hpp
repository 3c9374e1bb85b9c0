#pragma once
// What people report (BV13, BV17). Something is broken: one more who says so of an incident that is
// open, which pages again only where the report alone would be more urgent; or an incident, as
// urgent as a warning would make it. Or they ask for something: a request.

#include <functional>
#include <string_view>

#include "rules/family.hpp"
#include "rules/model/facts.hpp"

namespace tocsin {

inline constexpr std::size_t report_text_bytes = 4096, reporter_bytes = 128;

// What only the whole story can do: held alerts that belong to the incident join it; one that was
// resolved is reopened; one that seemed to be over is not.
struct ReportPorts {
  JoinHeld join;
  std::function<void(IncidentNumber incident, std::string_view by)> reopen;
  std::function<void(IncidentNumber incident)> not_over;
};

// The same words of the same person about the same CI are the same report for five minutes, as long
// as what became of it is not over. One that is understood is an event like any other: it is
// received, and disposed of once.
Answer report(const Deciding& d, const ReportByPerson& c, const ReportPorts& ports);

// The same of one who may, and who has said something else before: a request is an incident. Is not
// remembered, and counts as nobody's report.
Answer report_for(const Deciding& d, const ReportByPerson& c, const ReportPorts& ports);

}  // namespace tocsin
