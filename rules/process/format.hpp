#pragma once
// What each format of facts brought. A store is raised to one before the first fact that needs it:
// from there on versions that do not know it refuse the store, with both numbers.

#include "rules/model/facts.hpp"

namespace tocsin {

inline constexpr std::uint16_t format_with_forgetting = 2;  // IncidentForgotten
// LoweringProposed, ReassessmentPlanned, and why an alert joined beyond (BND-7 f).
inline constexpr std::uint16_t format_with_dependencies = 3;
// Windows, storms, states of alerts beyond firing, and priorities that people set.
inline constexpr std::uint16_t format_with_decisions = 4;
// What people ask for and report.
inline constexpr std::uint16_t format_with_people = 5;
// Clocks of agreements, holds, major incidents; groups of alerts that are about no CI.
inline constexpr std::uint16_t format_with_agreements = 6;

inline void need_format(const Deciding& d, std::uint16_t format) {
  if (d.state.globals().format < format) d.out.add(FormatRaised{format});
}

}  // namespace tocsin
