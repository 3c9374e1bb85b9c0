#pragma once
// Dead-man timers: silence is not health (BND-11). A heartbeat of the configuration is expected to
// be heard of again and again, by a ping or by an alert that fits it. When nothing came for longer
// than its bound, an alert of its own begins to fire, on the way that all alerts take; the next
// sign of life ends it.
//
// One that is added is expected from that moment on: what never reports is silent, too.
//
// Signs of life are volatile, as repeats of alerts are: they may only postpone. What is on record
// is the deadline. It looks at what was heard when it is due, and moves on. So a heartbeat costs a
// fact per bound, however often it beats. But a start forgets what was heard:
//
//  - bounds of up to an hour: it is given a whole round from the start on. Whatever was sent while
//    the daemon did not run, or was forgotten with it, comes again by then.
//  - longer ones, as of a nightly job: a round more would hide for a day what a nightly restart
//    has nothing to do with. Their signs of life are recorded (one in 5 minutes at most), so that
//    the deadline stands as it was. Only when the sign may have been sent while the daemon did not
//    run (the last quarter of its period and after) it is given a whole round, once in a silence,
//    and an hour after that: a restart every night cannot hide that the job is dead.
//
// All of it is elapsed time: a step of the wall clock moves nothing.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "rules/model/facts.hpp"

namespace tocsin {

// Compiles the index of those that alerts keep alive, and names their places in the configuration;
// they are sorted. The names of those that do not go, with the reasons.
std::vector<std::pair<std::string, std::string>> index_heartbeats(Settings& settings);

// One alert is a sign of life of so many at most, the first by name: each may end an incident, and
// a command has at most 256 facts.
inline constexpr std::size_t heartbeats_per_alert = 16;
// Those that an alert keeps alive, by place.
std::vector<std::uint32_t> heartbeats_of(const Settings& settings, AlertText text);

// How an alert of its own goes on its way.
using Hear = std::function<void(const ReceiveAlert&)>;

// A firing alert came that keeps some alive.
void signs_of_life(const Deciding& d, AlertText text, const Hear& hear);
Answer ping_heartbeat(const Deciding& d, const PingHeartbeat& c, const Hear& hear);
// It is due: heard of meanwhile, it goes on; else it is missed.
void heartbeat_due(const Deciding& d, std::uint32_t slot, const Hear& hear);

// All are measured, slice by slice: against the configuration that came, or after a start.
void start_heartbeat_sweep(const Deciding& d, const Settings& next);
void heartbeats_after_start(const Deciding& d);
void heartbeat_sweep_slice(const Deciding& d, const Hear& hear);

}  // namespace tocsin
