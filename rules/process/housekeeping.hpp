#pragma once
// The process itself as an actor: a start, a clock, a configuration, a loss.

#include <optional>

#include "rules/model/facts.hpp"

namespace tocsin {

inline constexpr std::size_t outbox_slice = 100;  // of one decision: its facts stay under 256

// The first durable act of a start. Makes the store's secret when there is none.
void take_epoch(const Deciding& d, const TakeEpoch& c);

// A configuration comes into force: named, its sources numbered, live rows measured against it.
void apply_config(const Deciding& d, const ApplyConfig& c);

void step_clock(const Deciding& d, const StepClock& c);
// Clocks of agreements that count by a calendar are planned anew, `wait` from now: a time of the
// day that was set is not believed at once.
inline constexpr Span step_stays = minutes(5);
void replan_calendars(const Deciding& d, Span wait);
// From a minute on, a stepped clock is an incident of our own; none while one is open.
std::optional<IncidentNumber> clock_incident(const Deciding& d, std::int64_t by_ms);

// Acknowledged history is gone: declared, and a critical incident of our own; a note while one is
// open.
std::optional<IncidentNumber> declare_loss(const Deciding& d, const DeclareLoss& c);
// The key that signs links is replaced; what the one before signed stays valid.
Answer rotate_link_key(const Deciding& d, const RotateLinkKey& c);
Answer confirm_loss(const Deciding& d, const ConfirmLoss& c);

}  // namespace tocsin
