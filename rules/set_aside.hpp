#pragma once
// Events that are no incident signals (BND-5): handed on and counted, no row, no page. What another
// configuration would make of them can be asked later, so they are recorded as well, in bounds.

#include <optional>

#include "rules/model/facts.hpp"

namespace tocsin {

// What it is instead, if it is no incident signal. Among them a forecast that leaves more time than
// `forecast_horizon`; one that does not say how much it leaves is like any other alert.
std::optional<Disposition> set_aside(const Prepared& alert, const Settings& settings);
// It is set aside although it is an alert, so that a maintenance window may cover it.
bool aside_as_alert(Disposition aside);

// Ends the event with `why`, and records it when it is news.
void put_aside(const Deciding& d, const ReceiveAlert& c, Disposition why);
// One that a rule has counted, and that ended with that: each of them is news.
void record_counted(const Deciding& d, const ReceiveAlert& c);

}  // namespace tocsin
