#pragma once
// A page is an obligation on record: requested, attempts started and each settled exactly once,
// until it is delivered, undeliverable or cancelled. Unknown is tried again under the same key.

#include "rules/model/facts.hpp"
#include "rules/oncall/escalation.hpp"

namespace tocsin {

// Writes PageRequested and, in the same frame, AttemptStarted if the channel has room, else
// PageQueued.
void request_page(const Deciding& d, IncidentNumber incident, const Recipient& to, WhyPage why,
                  std::uint16_t step, std::uint16_t repeat, std::uint8_t channel_rank);

// What became of an attempt: late ones change nothing, but for a late `accepted`. gave_up: the
// channel will not take this page; reached_nobody: no channel of the person took it, and it was one
// that wakes.
enum class Settled { late, delivered, failed, gave_up, reached_nobody, pointless };

// The channel answered, or the shell says that nothing was sent. Late and foreign outcomes are
// counted and dropped, but for a late `accepted`: the page was delivered.
Settled settle(const Deciding& d, const SettleAttempt& outcome);

// A deadline of a page: its lease ran out, or it is time to try again.
void page_due(const Deciding& d, PageId page, DeadlineKind kind);

// First turn of an epoch: what older epochs left in flight is unknown, at once. At most `limit`
// pages.
void settle_older_epochs(const Deciding& d, std::size_t limit);

// Obligations that make no sense any more: waiting pages of an answered or resolved incident. What
// is in flight cannot be called back and ends with its outcome.
void cancel_pages(const Deciding& d, IncidentNumber incident);

// The key a channel sees. Stable over attempts, restarts and texts.
PageKey page_key(const Globals& store, IncidentNumber incident, std::uint16_t cycle,
                 std::uint16_t step, std::uint16_t repeat, PageKind kind, WhyPage why,
                 std::string_view person, std::string_view channel);

// 1, 2, 4 ... 60 s, a quarter of it jittered by the key, so that a thousand pages do not return as
// one. The most urgent page of a channel that keeps failing goes on every 4 to 5 s instead.
Span back_off(std::uint16_t attempt, PageKey key);

// What the shell gives itself to say how an attempt ended, after the time for the attempt.
inline constexpr Span answer_grace{5'000};

// All that a channel needs, from the state of this instant; `given`: the time for the attempt.
SendOrder order_for(const Deciding& d, const PageRow& page, Span given);

}  // namespace tocsin
