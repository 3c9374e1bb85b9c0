// Words of the parts of an explanation.
#include "rules/explain.hpp"
#include "rules/model/calendar.hpp"
#include "rules/story.hpp"

namespace tocsin {
namespace {

std::string two(std::int64_t n) {
  return (n < 10 ? "0" : "") + std::to_string(n);
}

}  // namespace

std::string wall_words(Wall at) {
  constexpr std::int64_t day_ms = 86'400'000;
  const std::int64_t of_day = ((at.ms % day_ms) + day_ms) % day_ms / 1000;
  const auto days = static_cast<std::int32_t>((at.ms - of_day * 1000) / day_ms);
  return date_text(days) + " " + two(of_day / 3600) + ":" + two(of_day / 60 % 60) + ":" +
         two(of_day % 60) + " UTC";
}

std::string_view disposition_words(Disposition disposition) {
  switch (disposition) {
    case Disposition::incident_opened:
      return "it opens an incident of its own";
    case Disposition::correlated:
      return "it belongs to an incident that is there";
    case Disposition::reopened:
      return "it brings an incident back that was resolved lately";
    case Disposition::duplicate:
      return "nothing about it is new: it is counted, nothing is written, and nobody is told again";
    case Disposition::out_of_order:
      return "a late letter: it began before the end that is known; counted only";
    case Disposition::orphan_resolve:
      return "the end of something that nobody heard begin: remembered, so that its beginning is "
             "no news when it comes late; no incident";
    case Disposition::held_then_cleared:
      return "it was over before its hold-down was: counted, no incident";
    case Disposition::silenced:
      return "a silence covers it: it is in an incident, whose paging waits while everything that "
             "fires in it is silenced";
    case Disposition::maintenance_suppressed:
      return "a maintenance window covers it: no incident while that lasts";
    case Disposition::inhibited:
      return "a more serious alert speaks for it";
    case Disposition::flapping:
      return "it comes and goes: it stays in its incident, and its changes page nobody";
    case Disposition::informational:
      return "severity info opens no incident: counted, nobody is told";
    case Disposition::service_request:
      return "a request is no incident: it gets a number of its own, and pages nobody";
    case Disposition::work_item:
      return "something to be done, and no incident: counted and handed on";
    case Disposition::change_record:
      return "the notice of a change is no incident: counted and handed on";
    case Disposition::heartbeat:
      return "a sign of life is no incident: counted";
    case Disposition::unmatched:
      return "no rule of syslog wants this line: counted and forgotten";
    case Disposition::counted_below_threshold:
      return "its rule counts, and there were too few of them yet";
    case Disposition::shed:
      return "there is no room for it: refused with 503, and its sender is to send it again";
    case Disposition::rejected_auth:
      return "its sender did not prove who it is: refused with 401";
    case Disposition::rejected_malformed:
      return "it cannot be read: refused, and its sender is told why";
    case Disposition::quarantined:
      return "the daemon crashed on this input twice: refused with 422 for a day";
    case Disposition::count_:
      break;
  }
  return "";
}

}  // namespace tocsin
