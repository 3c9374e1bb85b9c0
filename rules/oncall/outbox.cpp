#include "rules/oncall/outbox.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "rules/model/planted.hpp"
#include "rules/oncall/pause.hpp"

namespace tocsin {
namespace {

constexpr Span lease_backstop{60'000};  // a lease that fires is a bug of ours, and counted
constexpr Span retry_after_max = minutes(5);
constexpr Span unreachable_pause = minutes(1);
// A page that wakes is with the person's next channel within 30 s; an attempt in less than
// attempt_min is not worth its start.
constexpr Span patience = seconds(25);
constexpr Span attempt_min = seconds(5);
// From so many failures in a row on a channel fails, and not a page. Its most urgent page goes on
// trying as after its third attempt, every 4 to 5 s, so that success comes within 5 s of the
// channel's recovery.
constexpr std::uint32_t failing_from = 3;
constexpr std::uint16_t probing_attempt = 3;
constexpr Span probe_late = seconds(5);
constexpr std::size_t woken_max =
    64;  // by a recovery, per decision; the others back off to the end

bool wakes(const PageRow& page) {
  return page.kind == PageKind::page;
}

const IncidentRow* incident_of(const Deciding& d, const PageRow& page) {
  const std::uint32_t slot = d.state.incident_slot(page.incident);
  return slot == no_slot ? nullptr : &d.state.incidents().at(slot);
}

// Asks managers to decide, or to lead what others have decided.
bool asks_managers(const PageRow& page) {
  return page.why == WhyPage::major_proposed ||
         (page.why == WhyPage::major_accepted && wakes(page));
}

// A page or information whose incident needs no answer any more.
bool pointless(const Deciding& d, const PageRow& page, WhyEnded& why) {
  const IncidentRow* row = incident_of(d, page);
  if (!row) return why = WhyEnded::closed, true;
  if (page.kind == PageKind::notice) return false;
  // A drill asks every channel, whatever the person has already answered.
  if (row->drill) return why = WhyEnded::closed, !row->unresolved();
  // "It is over" would be a lie once it has come back.
  if (page.kind == PageKind::recall) return why = WhyEnded::superseded, row->unresolved();
  // Whoever has it is not who decides about it.
  if (page.why == WhyPage::major_proposed)
    return why = WhyEnded::decided, row->major != MajorState::candidate;
  if (asks_managers(page)) {
    const bool led = !row->is_major() || !row->words().manager.empty();
    return why = WhyEnded::decided, !row->unresolved() || led;
  }
  if (planted("ack_leaves_page_open")) return false;
  if (!row->unresolved()) return why = WhyEnded::resolved, true;
  // News of the hierarchic matrix is news, whoever has it by now.
  const bool news = hierarchic(page.step);
  if (!news && row->acknowledged_at != never) return why = WhyEnded::acknowledged, true;
  if (row->parent) return why = WhyEnded::parent_speaks, true;
  if (row->held_until != never && !planted("silenced_page_goes_on"))
    return why = WhyEnded::silenced, true;
  if (!news && page.cycle != row->cycle) return why = WhyEnded::superseded, true;
  return false;
}

// The place of the person's next channel. The list may have changed since the page was asked for:
// what follows the channel that failed, or stands where it stood. An all-clear goes where the page
// went.
std::optional<std::size_t> next_channel(const std::vector<std::string>& channels,
                                        const PageRow& page) {
  if (page.kind == PageKind::recall) return {};
  const auto it = std::find(channels.begin(), channels.end(), page.channel());
  const std::size_t next = it == channels.end()
                               ? page.channel_rank
                               : static_cast<std::size_t>(it - channels.begin()) + 1;
  if (next >= channels.size()) return {};
  return next;
}

// How long its channel may still be tried before the next one of the person takes over; `never`
// when there is none, or nobody is to be woken.
Instant patience_ends(const Deciding& d, const PageRow& page) {
  if (!wakes(page) || page.why == WhyPage::drill) return never;
  const auto channels = channels_for(d.settings, page.person(), page.kind);
  const Instant began = later(page.requested_at, d.state.globals().resumed_at);
  return next_channel(channels, page) ? began + patience : never;
}

void start_attempt(const Deciding& d, PageId id) {
  const PageRow page = d.state.pages().at(d.state.page_slot(id));
  const Channel* channel = d.settings.channel(page.channel());
  const std::uint32_t room = channel ? channel->in_flight_max : 1;
  // While paging is paused drills are alone, and do not queue behind what waits for its end.
  const bool paused = paging_paused(d), drill = drill_while_paused(d, page);
  if (paused ? !drill : d.state.in_flight(page.channel()) >= room) {
    const WhyQueued why = paused ? WhyQueued::paging_paused : WhyQueued::channel_full;
    if (page.due != never) d.out.add(PageQueued{page.incident, id, why});
    return;
  }
  Span given = channel ? channel->answers_within : seconds(10);
  if (const Instant end = patience_ends(d, page); end != never)
    given = Span{std::clamp((end - d.now).ms, attempt_min.ms, given.ms)};
  const Instant lease = d.now + given + answer_grace + lease_backstop;
  d.out.add(AttemptStarted{page.incident, id, static_cast<std::uint16_t>(page.attempt + 1),
                           d.state.globals().epoch, lease});
  d.out.orders.push_back(order_for(d, d.state.pages().at(d.state.page_slot(id)), given));
}

void end_page(const Deciding& d, const PageRow& page, PageEnd end, WhyEnded why) {
  // Views into the row would dangle once the fact is folded.
  const std::string person(page.person()), channel(page.channel());
  d.out.add(PageEnded{page.incident, page.id, end, why, person, channel});
}

// Nobody of the step just taken could be reached: the next step is due at once (ESC-6). When no
// step is left, the rounds that repeat go on, but a minute apart: a refusal must neither silence
// nor flood.
void hurry_escalation(const Deciding& d, const PageRow& page) {
  const std::uint32_t slot = d.state.incident_slot(page.incident);
  if (slot == no_slot) return;
  const IncidentRow row = d.state.incidents().at(slot);
  const bool newest = page.cycle == row.cycle &&
                      (row.repeat == 0 ? page.step + 1 == row.step
                                       : page.step == row.step && page.repeat + 1 == row.repeat);
  if (!newest || !row.unresolved() || row.escalate_due >= when_resumed || row.held_until != never)
    return;
  const bool step_left = row.step < d.settings.policies[index(row.priority)].steps.size();
  const Instant due = d.now + (step_left ? Span{0} : unreachable_pause);
  if (due < row.escalate_due)
    d.out.add(DeadlineMoved{page.incident, DeadlineKind::escalation, row.escalate_due, due,
                            WhyMoved::all_channels_failed});
}

// The next channel of the person, else the escalation hurries; false: there was none. A drill asks
// each channel by itself.
bool give_up_channel(const Deciding& d, const PageRow& page, WhyEnded why) {
  const std::string person(page.person());
  const auto channels = channels_for(d.settings, person, page.kind);
  const bool drill = page.why == WhyPage::drill;
  const auto next = drill ? std::nullopt : next_channel(channels, page);
  if (next) {
    // In this order: with its last page gone, a closed incident would be gone as well.
    const bool decides = asks_managers(page);
    request_page(d, page.incident, {person, channels[*next], page.kind},
                 decides ? page.why : WhyPage::next_channel, page.step, page.repeat,
                 static_cast<std::uint8_t>(page.channel_rank + 1));
    end_page(d, page, PageEnd::undeliverable, why);
    return true;
  }
  end_page(d, page, PageEnd::undeliverable, drill ? why : WhyEnded::all_channels_failed);
  if (wakes(page) && !asks_managers(page)) hurry_escalation(d, page);
  return false;
}

std::uint32_t failures_of(const Deciding& d, std::string_view channel) {
  const auto& watched = d.state.globals().channel_health;
  const auto it = watched.find(channel);
  return it == watched.end() ? 0 : it->second.failures;
}

// Its most urgent page tries a failing channel. When that one ended, the next one takes over; what
// was told to wait does not.
void keep_trying(const Deciding& d, const std::string& channel) {
  constexpr int ended_max = 16;  // on the way, per decision
  if (paging_paused(d) || failures_of(d, channel) < failing_from) return;
  for (int i = 0; i < ended_max; ++i) {
    const auto first = d.state.backing_off(channel, 1);
    if (first.empty() || d.state.in_flight(channel) > 0) return;
    const PageRow page = d.state.pages().at(d.state.page_slot(first[0]));
    if (page.due <= d.now + probe_late) return;
    WhyEnded why{};
    if (!pointless(d, page, why)) {
      d.out.add(PageQueued{page.incident, page.id, WhyQueued::first_in_line});
      return start_attempt(d, page.id);
    }
    end_page(d, page, PageEnd::cancelled, why);
  }
}

// A slot became free: the most urgent page that still makes sense takes it. What waited too long
// for it goes on to the person's next channel.
void fill_channel(const Deciding& d, const std::string& channel) {
  constexpr int ended_max = 64, passed_on_max = 16;  // on the way, per decision
  if (paging_paused(d)) return;
  for (int i = 0; i < ended_max; ++i) {
    const auto next = d.state.next_waiting(channel);
    if (!next) return keep_trying(d, channel);
    WhyEnded why{};
    const PageRow page = d.state.pages().at(d.state.page_slot(*next));
    const Instant end = patience_ends(d, page);
    if (pointless(d, page, why))
      end_page(d, page, PageEnd::cancelled, why);
    else if (end != never && d.now + attempt_min > end && i < passed_on_max)
      give_up_channel(d, page, WhyEnded::passed_on);
    else
      return start_attempt(d, *next);
  }
}

// A failing channel took a page: what backed off because of it goes at once, most urgent first.
void wake_channel(const Deciding& d, const std::string& channel) {
  constexpr std::uint32_t started_max = 8;  // per decision
  if (paging_paused(d)) return;
  for (const PageId id : d.state.backing_off(channel, woken_max))
    d.out.add(PageQueued{d.state.pages().at(d.state.page_slot(id)).incident, id,
                         WhyQueued::channel_recovered});
  const Channel* known = d.settings.channel(channel);
  const std::uint32_t room = std::min<std::uint32_t>(known ? known->in_flight_max : 1, started_max);
  // The last of them is for the slot that has just become free.
  for (std::uint32_t n = d.state.in_flight(channel) + 1; n < room; ++n) fill_channel(d, channel);
}

// All attempts are used up. For a page that tries a failing channel often that is a matter of time:
// not before the attempts would have been used up by back-off alone.
bool exhausted(const Deciding& d, const PageRow& page) {
  if (page.attempt >= UINT16_MAX) return true;
  if (page.attempt < d.settings.attempts_max) return false;
  const auto& watched = d.state.globals().channel_health;
  const auto it = watched.find(page.channel());
  if (it == watched.end() || it->second.failures + 1 < failing_from) return true;
  Span total{0};
  for (std::uint16_t n = 1; n < d.settings.attempts_max; ++n) total.ms += back_off(n, page.key).ms;
  const Instant began =
      later(later(page.requested_at, d.state.globals().resumed_at), it->second.failing_since);
  return began + total <= d.now;
}

// A page that no other one of a failing channel goes before tries it more often.
Span wait_of(const Deciding& d, const PageRow& page) {
  if (failures_of(d, page.channel()) + 1 < failing_from) return back_off(page.attempt, page.key);
  const auto first = d.state.backing_off(page.channel(), 1);
  if (!first.empty()) {
    const PageRow& other = d.state.pages().at(d.state.page_slot(first[0]));
    if (std::tuple(other.priority, other.kind, other.id) <
        std::tuple(page.priority, page.kind, page.id))
      return back_off(page.attempt, page.key);
  }
  return back_off(std::min(page.attempt, probing_attempt), page.key);
}

void delivered(const Deciding& d, const PageRow& page) {
  const IncidentRow* row = incident_of(d, page);
  // It reached somebody after it was over: they hear that, too. Asked for first, since a closed
  // incident is gone with its last page.
  if (row && !row->unresolved() && (page.kind == PageKind::page || page.kind == PageKind::inform)) {
    const Recipient to{std::string(page.person()), std::string(page.channel()), PageKind::recall};
    request_page(d, page.incident, to, WhyPage::recalled, page.step, page.repeat, 0);
  }
  end_page(d, page, PageEnd::delivered, WhyEnded::accepted_by_channel);
}

}  // namespace

PageKey page_key(const Globals& store, IncidentNumber incident, std::uint16_t cycle,
                 std::uint16_t step, std::uint16_t repeat, PageKind kind, WhyPage why,
                 std::string_view person, std::string_view channel) {
  std::string bytes;
  ByteWriter w(bytes);
  // Of this store and this history of it: numbers begin again elsewhere.
  w("store", store.secret), w("history", store.history());
  w("incident", incident);
  if (!planted("key_without_cycle")) w("cycle", cycle);
  w("step", step), w("repeat", repeat), w("kind", kind);
  // Steps and channel changes share a key space; what is said outside the steps has one per reason.
  const bool of_step = why == WhyPage::step_due || why == WhyPage::repeat_due ||
                       why == WhyPage::next_channel || why == WhyPage::policy_exhausted ||
                       why == WhyPage::nobody_to_page;
  w("why", of_step ? std::uint8_t{0} : static_cast<std::uint8_t>(index(why) + 1));
  w("person", person), w("channel", channel);
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.high64, h.low64};
}

Span back_off(std::uint16_t attempt, PageKey key) {
  const std::int64_t base =
      std::min<std::int64_t>(60'000, 1000LL << std::min<int>(attempt ? attempt - 1 : 0, 6));
  return {base + static_cast<std::int64_t>(key.low % static_cast<std::uint64_t>(base / 4 + 1))};
}

void request_page(const Deciding& d, IncidentNumber n, const Recipient& to, WhyPage why,
                  std::uint16_t step, std::uint16_t repeat, std::uint8_t channel_rank) {
  const IncidentRow row = d.state.incidents().at(d.state.incident_slot(n));
  const PageKey key =
      page_key(d.state.globals(), n, row.cycle, step, repeat, to.kind, why, to.person, to.channel);
  for (PageId id : d.state.pages_of(n))
    if (const PageRow& live = d.state.pages().at(d.state.page_slot(id)); live.key == key) return;
  const PageId page = d.state.globals().next_page;
  d.out.add(PageRequested{n, page, key, to.kind, why, row.cycle, step, repeat, channel_rank,
                          row.priority, d.now, to.person, to.channel});
  start_attempt(d, page);
}

Settled settle(const Deciding& d, const SettleAttempt& o) {
  const std::uint32_t slot = d.state.page_slot(o.page);
  if (slot == no_slot) return Settled::late;  // ended meanwhile: nothing is owed
  const PageRow page = d.state.pages().at(slot);
  const bool current =
      page.state == PageState::in_flight && page.attempt == o.attempt && page.epoch == o.epoch;
  if (!current) {
    if (o.outcome != AttemptOutcome::accepted || page.delivered ||
        page.state == PageState::in_flight)
      return Settled::late;
    delivered(d, page);
    return Settled::delivered;
  }
  const std::string channel(page.channel());
  WhyEnded why{};
  const bool done = o.outcome == AttemptOutcome::accepted;
  const bool over = !done && pointless(d, page, why);
  const Span asked{std::min(o.retry_after.ms, retry_after_max.ms)};
  const bool recovered = done && failures_of(d, channel) >= failing_from;
  Span wait = asked.ms > 0 ? back_off(page.attempt, page.key) : wait_of(d, page);
  const bool told_to_wait = asked > wait;
  if (told_to_wait) wait = asked;
  if (planted("back_off_in_memory")) wait = {};
  const Instant end = patience_ends(d, page);
  const bool too_late = end != never && d.now + wait + attempt_min > end;
  // A channel that only asks for patience has not failed for good.
  const bool for_good = o.outcome == AttemptOutcome::refused || exhausted(d, page);
  const bool give_up = !done && !over && (for_good || !d.settings.channel(channel) || too_late);
  const Instant retry = done || over || give_up ? never : d.now + wait;
  d.out.add(AttemptSettled{
      page.incident, page.id, page.attempt, page.epoch, o.outcome, WhySettled::channel_answered,
      retry, std::string_view(o.detail).substr(0, 200), retry != never && told_to_wait});
  Settled settled = Settled::failed;
  if (done) {
    delivered(d, page);
    settled = Settled::delivered;
  } else if (over) {
    end_page(d, page, PageEnd::cancelled, why);
    settled = Settled::pointless;
  } else if (give_up) {
    const bool went_on = give_up_channel(d, page,
                                         o.outcome == AttemptOutcome::refused ? WhyEnded::refused
                                         : too_late                           ? WhyEnded::passed_on
                                                    : WhyEnded::attempts_exhausted);
    if (!went_on && wakes(page))
      settled = Settled::reached_nobody;
    else if (for_good)
      settled = Settled::gave_up;
  }
  if (recovered) wake_channel(d, channel);
  fill_channel(d, channel);
  return settled;
}

void page_due(const Deciding& d, PageId id, DeadlineKind kind) {
  const PageRow page = d.state.pages().at(d.state.page_slot(id));
  WhyEnded why{};
  const std::string channel(page.channel());
  if (kind == DeadlineKind::page_lease) {
    d.out.add(AttemptSettled{page.incident, id, page.attempt, page.epoch, AttemptOutcome::unknown,
                             WhySettled::lease_expired, d.now + back_off(page.attempt, page.key),
                             "no answer"});
    fill_channel(d, channel);
  } else if (pointless(d, page, why)) {
    end_page(d, page, PageEnd::cancelled, why);
    keep_trying(d, channel);
  } else {
    start_attempt(d, id);
  }
}

void settle_older_epochs(const Deciding& d, std::size_t limit) {
  std::vector<std::pair<PageId, std::uint32_t>> left;
  d.state.pages().each([&](std::uint32_t slot, const PageRow& row) {
    if (row.state == PageState::in_flight && row.epoch != d.state.globals().epoch)
      left.emplace_back(row.id, slot);
  });
  std::sort(left.begin(), left.end());
  if (left.size() > limit) left.resize(limit);
  for (const auto& [id, slot] : left) {
    const PageRow page = d.state.pages().at(slot);
    d.out.add(AttemptSettled{page.incident, id, page.attempt, page.epoch, AttemptOutcome::unknown,
                             WhySettled::older_epoch, d.now, "the process that sent it ended"});
    fill_channel(d,
                 std::string(page.channel()));  // its slot is free, and it may not be wanted again
  }
}

void cancel_pages(const Deciding& d, IncidentNumber n) {
  const PageIds pages = d.state.pages_of(n);
  std::set<std::string> channels;
  for (PageId id : pages) {
    const std::uint32_t slot = d.state.page_slot(id);
    if (slot == no_slot) continue;
    const PageRow page = d.state.pages().at(slot);
    WhyEnded why{};
    if (page.delivered || page.state != PageState::waiting || !pointless(d, page, why)) continue;
    channels.emplace(page.channel());
    end_page(d, page, PageEnd::cancelled, why);
  }
  for (const std::string& channel : channels) keep_trying(d, channel);
}

}  // namespace tocsin
