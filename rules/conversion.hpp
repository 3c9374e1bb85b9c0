#pragma once
// What was taken for something else (BND-13): an incident is a request, or a request an incident.
// Both are kept, and each names the other.

#include "rules/reports.hpp"

namespace tocsin {

// Nothing fires in it, and for P1 and P2 an incident manager says so. It is resolved; pages and the
// all-clear are the caller's.
Answer convert_incident(const Deciding& d, const ConvertIncident& c);
// Its words are a report: they join what is open, or open an incident.
Answer convert_request(const Deciding& d, const ConvertRequest& c, const ReportPorts& ports);

}  // namespace tocsin
