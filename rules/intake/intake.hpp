#pragma once
// What an incoming event is in the light of what is already known about its key (BND-4, BND-5).

#include "rules/model/facts.hpp"

namespace tocsin {

// A hash is confirmed on the label bytes themselves.
bool same_labels(const AlertRow& row, const Prepared& alert);

// A firing event for a key that has a row.
enum class Known {
  repeat,  // unchanged: same start and severity. A moved end and new annotations are sightings
  out_of_order,  // it started before the end that is known
  held_changed,  // inside its hold-down, with another severity
  changed,       // firing, with another severity or a later start
  back,          // stale, ended or only remembered, and firing again
};
Known judge_firing(const AlertRow& row, const Prepared& alert);

enum class KnownEnd { repeat, out_of_order, ends };
KnownEnd judge_resolve(const AlertRow& row, const Prepared& alert);

// Writes AlertOpened for a key without a row.
void remember(const Deciding& d, const ReceiveAlert& c, AlertState state, Instant due);
// A resolve whose firing was never seen: a tombstone, while there is room for one.
void remember_orphan(const Deciding& d, const ReceiveAlert& c);
// Writes AlertChanged (and the new annotations with it) for a key with a row.
void change(const Deciding& d, const ReceiveAlert& c, AlertState state, Instant due);
// The time to remember an ended alert is over; kept while its incident is open or could be
// reopened.
void forget_or_keep(const Deciding& d, std::uint32_t slot);

}  // namespace tocsin
