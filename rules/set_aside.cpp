#include "rules/set_aside.hpp"

#include "rules/classify/classify.hpp"
#include "rules/intake/forecast.hpp"
#include "rules/process/format.hpp"

namespace tocsin {
namespace {

Instant good_until(const Deciding& d, const Prepared& alert) {
  return alert.until == until_cleared ? never : d.state.globals().instant(alert.until);
}

// Days that a forecast leaves, the last of them begun; 0: it is none.
std::int32_t days_left(const Prepared& alert, Disposition why) {
  const auto left = why == Disposition::work_item ? time_left(alert.text) : std::nullopt;
  return left ? static_cast<std::int32_t>((left->ms + hours(24).ms - 1) / hours(24).ms) : 0;
}

// It begins anew: another start, or it had ended or fallen silent before. Or it leaves another
// number of days, so that a replay with another horizon finds when it is an incident.
bool news(const Deciding& d, const Prepared& alert, std::int32_t days,
          const AsideMemory::Known* known) {
  if (!known || known->over != alert.resolved) return true;
  if (alert.resolved) return false;
  if (days != known->days) return true;
  return alert.starts_at > known->starts_at || known->until < d.now;
}

// `fell_silent`: until when the one before it was good, if it was not heard of any more.
void record(const Deciding& d, const ReceiveAlert& c, Disposition why, Instant fell_silent) {
  const Prepared& alert = *c.alert;
  const AsideMemory& memory = d.sightings.aside;
  AsideMemory::Seen seen;
  seen.known = {alert.fingerprint, alert.starts_at, good_until(d, alert), alert.resolved,
                days_left(alert, why)};
  const auto bytes = static_cast<std::int64_t>(alert.text.bytes().size());
  if (memory.room(d.now) < bytes) {
    seen.missed = true;
  } else {
    need_format(d, format_with_decisions);
    d.out.add(EventSetAside{alert.fingerprint, c.source, why, alert.sent_as, alert.resolved,
                            alert.starts_at, alert.until, fell_silent, memory.missed(),
                            alert.text.bytes()});
    seen.bytes = bytes;
  }
  d.out.aside = seen;
}

}  // namespace

std::optional<Disposition> set_aside(const Prepared& alert, const Settings& settings) {
  switch (alert.event_class) {
    case EventClass::heartbeat:
      return Disposition::heartbeat;
    case EventClass::request:
      return Disposition::service_request;
    case EventClass::change:
      return Disposition::change_record;
    default:
      break;
  }
  if (alert.severity == Severity::info) return Disposition::informational;
  const auto left = time_left(alert.text);
  if (left && *left > settings.forecast_horizon && is_forecast(classify(alert, settings).symptom))
    return Disposition::work_item;
  return {};
}

bool aside_as_alert(Disposition aside) {
  return aside == Disposition::informational || aside == Disposition::work_item;
}

void put_aside(const Deciding& d, const ReceiveAlert& c, Disposition why) {
  d.out.tally(c.source, why);
  if (d.settings.keep_events == Span{}) return;
  const Prepared& alert = *c.alert;
  const AsideMemory::Known* known = d.sightings.aside.find(alert.fingerprint);
  if (news(d, alert, days_left(alert, why), known)) {
    const bool fell_silent = known && !known->over && known->until < d.now;
    return record(d, c, why, fell_silent ? known->until : Instant{});
  }
  AsideMemory::Seen seen;
  seen.known = *known;
  seen.known.until = later(known->until, good_until(d, alert));
  d.out.aside = seen;
}

void record_counted(const Deciding& d, const ReceiveAlert& c) {
  if (d.settings.keep_events == Span{}) return;
  record(d, c, Disposition::counted_below_threshold, {});
}

}  // namespace tocsin
