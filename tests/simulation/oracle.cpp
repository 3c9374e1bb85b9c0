// Why this file is long: one short rule per fact, and they are read together with the laws.
#include "tests/simulation/oracle.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "rules/dump.hpp"
#include "rules/fold.hpp"
#include "rules/model/matcher.hpp"
#include "rules/model/page.hpp"
#include "tests/simulation/company.hpp"

namespace tocsin::sim {
namespace {

constexpr std::size_t frame_bytes_max = (512u << 10) + (64u << 10);
constexpr std::size_t frame_facts_max = 4000 + 256;

// Independent of rules/: a first try is repeated after a second at least; the page that tries a
// failing channel goes on every 4 s.
Span least_back_off(std::uint16_t attempt) {
  std::int64_t ms = 1000;
  for (int i = 1; i < attempt && ms < 4'000; ++i) ms *= 2;
  return {ms};
}

}  // namespace

void broken(const char* law, std::string text) {
  throw Broken{law, std::move(text)};
}

// Walks the facts of one durable frame.
struct Watch {
  Oracle& o;
  Instant at;
  std::vector<std::pair<IncidentNumber, std::uint16_t>> urgent_steps;
  std::set<std::pair<IncidentNumber, std::uint16_t>> paged;
  std::set<IncidentNumber> unled;       // major from this frame on, and no manager was paged yet
  std::vector<IncidentNumber> related;  // in this frame, and not by a person
  std::set<IncidentNumber> untold;      // opened as P1 in this frame, and nobody was paged yet
  bool epoch_taken = false;

  void disposed(Disposition d, std::uint64_t n = 1) { o.dispositions_[index(d)] += n; }

  void on(const EpochTaken& f) {
    if (f.epoch <= o.epoch_) broken("6 once", "an epoch was taken twice");
    o.epoch_ = f.epoch, o.epoch_at_ = at, o.grace_ = f.stale_grace;
    o.between_lives_ = false;
    epoch_taken = true;
  }
  // Variants 0 and 1 of a company differ in nothing but their text.
  static std::string meaning(std::string_view text) {
    std::string out(text);
    if (out.starts_with("company 1 ")) out[8] = '0';
    return out;
  }
  void on(const ConfigApplied& f) {
    o.equivalent_reload_ = meaning(f.text) == meaning(o.config_);
    o.config_ = f.text;
  }
  void on(const HistoryLost& f) {
    if (!o.loss_due_ || f.from != o.lost_from_ || f.to != o.lost_to_)
      broken("7 checkpoint", "a loss was declared that is not the one that happened");
    o.loss_due_ = false;
    o.between_lives_ = true;
  }
  void on(const PagingPaused&) {
    o.paused_ = true, o.paused_at_ = at;
    o.between_lives_ = true;
  }
  void on(const PauseEnded&) {
    if (!o.paused_) broken("3 told", "a pause ended that was none");
    o.paused_ = false, o.resumed_at_ = at;
    for (auto& [n, due] : o.candidates_)
      if (due == when_resumed) due = at + minutes(10);
  }
  void on(const StepHeld& f) {
    if (!o.paused_) broken("3 told", "a step is held, and paging is not paused");
    if (at < f.due) broken("9 time", "a step was held before its time");
  }
  void on(const Tallied& f) {
    for (std::size_t i = 0; i + 5 <= f.dispositions.size(); i += 5) {
      std::uint32_t n;
      std::memcpy(&n, f.dispositions.data() + i + 1, sizeof n);
      disposed(static_cast<Disposition>(f.dispositions[i]), n);
    }
  }

  // The twin of what is counted: all of a bucket that came within the time of its rule.
  void on(const EventCounted& f) {
    auto& times = o.counted_[f.bucket];
    const Span within = f.over - at;
    std::erase_if(times, [&](Instant t) { return t <= at - within; });
    times.push_back(at);
    if (f.below != (times.size() < f.keep)) broken("4 conservation", "an event was miscounted");
    if (f.below) disposed(Disposition::counted_below_threshold);
  }
  void on(const HeartbeatMissed& f) {
    ++o.own_events_;
    const HeartbeatRow& row =
        o.shadow_->heartbeats().at(o.shadow_->heartbeat_slot(std::string(f.name)));
    const bool is_short = row.bound <= hours(1);
    if (at < f.due || at < f.since + row.bound)
      broken("9 time", "a heartbeat was missed before its time");
    if (is_short && row.since < o.epoch_at_ && at < o.epoch_at_ + row.bound)
      broken("11 never early", "a start called its own silence that of a heartbeat");
    const auto it = o.beats_.find(std::string(f.name));
    if (it == o.beats_.end()) return;
    // What a process that died had heard lately is not on record.
    const Span lost = it->second.epoch == o.epoch_ ? Span{} : minutes(5);
    if (at + lost < it->second.stamp + row.bound)
      broken("11 never early", "a heartbeat was missed that had been heard");
  }
  void on(const CountForgotten& f) { o.counted_.erase(f.bucket); }

  // ---- alerts ----
  // A firing that began before a known end is late, whatever overtook it.
  void not_late(const Fingerprint& f, Wall starts_at) {
    const auto it = o.alerts_.find(f);
    if (it != o.alerts_.end() && it->second.ended.ms && starts_at <= it->second.ended)
      broken("4 conservation", "a firing that began before its end was taken for news");
  }
  // What is to be done in a while is no alert (BND-5, 7). Those who say how long write five digits
  // after the point.
  static bool has_time(std::string_view text) {
    std::string days(AlertText(text).annotation("days_left"));
    std::erase(days, '.');
    return !days.empty() && std::stoll(days) > horizon_days * 100'000;
  }
  void on(const AlertOpened& f) {
    if (o.alerts_.count(f.alert)) broken("10 one", "an alert was opened twice");
    if (has_time(f.text)) broken("5 quiet", "a forecast with time left was taken for an alert");
    Oracle::Alert& a = o.alerts_[f.alert];
    if (f.state == AlertState::tombstone)
      a.ended = f.ends_at, disposed(Disposition::orphan_resolve);
  }
  void on(const AlertChanged& f) {
    not_late(f.alert, f.starts_at);
    o.alerts_[f.alert].ended = {};
  }
  void on(const AlertResolved& f) {
    const Oracle::Alert& a = o.alerts_[f.alert];
    if (f.quiet_ms > 0 && a.promised_in == o.epoch_ && at < a.promised)
      broken("11 never early", "silence cleared an alert although a line had said it again");
    if (f.quiet_ms > 0 && (at < o.grace_ || at < o.epoch_at_ + milliseconds(f.quiet_ms)))
      broken("11 never early", "silence cleared an alert that a start had not listened for");
    o.alerts_[f.alert].promised = {};  // what it promised was about what is over
    o.alerts_[f.alert].muted = false, o.alerts_[f.alert].muted_until = never;
    if (f.quiet_ms > 0) return;  // nobody said so: no event, and no end that was told
    o.alerts_[f.alert].ended = f.ends_at;
    o.own_events_ += f.source == o.shadow_->source_slot(heartbeat_source);
    disposed(f.disposition);
    if (f.disposition == Disposition::held_then_cleared) disposed(f.disposition);
  }
  void on(const AlertStale& f) {
    const Oracle::Alert& a = o.alerts_[f.alert];
    if (at < f.due) broken("9 time", "an alert became stale before its time");
    if (at < o.grace_ || at < o.epoch_at_ + minutes(5))
      broken("11 never early", "an alert became stale inside the grace after a start");
    if (a.promised_in == o.epoch_ && at < a.promised)
      broken("11 never early", "an alert became stale although its sender had promised more");
  }
  void on(const AlertForgotten& f) { o.alerts_.erase(f.alert); }

  // ---- incidents ----
  void on(const IncidentOpened& f) {
    if (f.incident.value != o.next_incident_++) broken("10 one", "numbers are not dense");
    Oracle::Incident& i = o.incidents_[f.incident];
    i.priority = f.priority, i.cycle_at = i.opened_at = at;
    if (f.priority == Priority::P1) untold.insert(f.incident);
    if (f.subcategory == "brute_force") o.restricted_.insert(f.incident);
    ++o.opened_;
  }
  void on(const AlertLinked& f) {
    Oracle::Alert& a = o.alerts_[f.alert];
    if (!a.muted) return disposed(f.disposition);
    // Its event was disposed of when the window took it. Nothing pages while a window is open.
    a.muted = false, a.muted_until = never;
    // What began before a window is not of it (BV08).
    if (!o.clock_stepped_ && o.in_a_window(f.alert, at, true))
      broken("5 quiet", "an alert became an incident although a window covers it");
  }
  // Alerts that began under another clock are not told from those that began inside.
  void on(const ClockStepped&) { o.clock_stepped_ = true; }
  // The shadow hears of it with the end of the frame, its alerts before.
  void on(const SilenceExpired& f) { o.expired_.insert(f.silence); }
  void on(const AlertSuppressed& f) {
    Oracle::Alert& a = o.alerts_[f.alert];
    if (!a.muted) disposed(Disposition::maintenance_suppressed);
    a.muted = true, a.muted_until = f.until;
    if (f.until <= at) broken("9 time", "an alert is suppressed by a window that is over");
    if (!o.in_a_window(f.alert, at))
      broken("3 told", "an alert is suppressed, and no window covers it");
  }
  void on(const AlertRelinked& f) { disposed(f.disposition); }
  void on(const IncidentReopened& f) {
    Oracle::Incident& i = o.incident(f.incident);
    if (!i.resolved) broken("10 one", "an open incident was reopened");
    const Oracle::Incident before = i;
    i = Oracle::Incident{};
    i.priority = before.priority, i.told = before.told, i.cycle_at = at;
    i.parent = before.parent, i.reported = before.reported, i.major = before.major;
    spend_links(f.incident);
  }
  template <class F>
  void prioritized(const F& f) {
    Oracle::Incident& i = o.incident(f.incident);
    if (i.priority != f.before) broken("10 one", "a priority changed from what it was not");
    const auto& [response, resolution] = o.clocks_[f.incident].of;
    if (const auto& late = resolution.breached ? resolution : response;
        late.breached && i.priority < f.priority)
      ++o.agreements_[{Metric::downgrades_after_breach,
                       static_cast<std::uint8_t>(late.breached_as)}];
    i.priority = f.priority;
    if (f.new_cycle) i.cycle_at = at;
  }
  void on(const PriorityChanged& f) {
    const std::uint32_t slot = o.shadow_->incident_slot(f.incident);
    if (slot != no_slot && o.shadow_->incidents().at(slot).locked)
      broken("5 quiet", "a priority was changed over the head of the person who had set it");
    prioritized(f);
  }
  void on(const PriorityAdjusted& f) { prioritized(f); }
  void on(const PriorityOverridden& f) { prioritized(f); }
  void on(const OverrideEnded& f) { prioritized(f); }
  void on(const IncidentAcknowledged& f) {
    Oracle::Incident& i = o.incident(f.incident);
    if (i.answered || i.resolved)
      broken("5 quiet", "an incident was acknowledged twice or too late");
    i.answered = true;
    if (f.page && o.spent_.count(f.page))
      broken("6 once", "a link acted twice, or for an incident that has ended since");
    if (f.page && o.sent_[f.page] != f.incident)
      broken("6 once", "a link answered another incident than its own");
    spend_links(f.incident);
  }
  void spend_links(IncidentNumber n) {
    for (const auto& [page, incident] : o.sent_)
      if (incident == n) o.spent_.insert(page);
  }
  void on(const DrillStarted& f) {
    if (f.incident.value != o.next_incident_++) broken("10 one", "numbers are not dense");
    Oracle::Incident& i = o.incidents_[f.incident];
    i.priority = Priority::P5, i.drill = true, i.close_due = f.close_due, i.opened_at = at;
  }
  void on(const RecoverySeen& f) { o.incident(f.incident).verify_due = f.verify_due; }
  void on(const VerifyFailed& f) {
    Oracle::Incident& i = o.incident(f.incident);
    i.verify_due = i.prompt_due = never;
  }
  void on(const RestoredPrompted& f) {
    Oracle::Incident& i = o.incident(f.incident);
    if (at < i.verify_due) broken("9 time", "a recovery was believed before its time");
    i.verify_due = never, i.prompt_due = f.prompt_due;
  }
  void on(const IncidentResolved& f) {
    Oracle::Incident& i = o.incident(f.incident);
    if (i.resolved) broken("10 one", "an incident was resolved twice");
    o.clocks_[f.incident].ended = closure_class(f.code);
    const bool unanswered = f.by_daemon && f.code == ClosureCode::no_response_from_caller;
    const Instant due = unanswered              ? i.hold_until
                        : i.prompt_due != never ? i.prompt_due
                                                : i.verify_due;
    if (f.by_daemon && f.code != ClosureCode::resolved_with_parent && (due == never || at < due))
      broken("9 time", "an incident resolved by itself before its time");
    if (unanswered && !(i.on_hold && i.hold_resolves))
      broken("3 told", "an incident ended for want of an answer that nobody waits for");
    if (f.by_daemon && i.major) broken("19 major", "a major incident ended by itself");
    if (i.major && f.close_due != never) broken("19 major", "a major incident closes by itself");
    i.on_hold = false, i.hold_until = never;
    o.candidates_.erase(f.incident);
    const bool cascade = f.code == ClosureCode::resolved_with_parent;
    if (cascade && !(i.parent && o.incident(i.parent).resolved))
      broken("3 told", "an incident ended with a parent that goes on");
    if (f.by_daemon && i.reported && !unanswered)
      broken("3 told", "an incident ended by itself that people have reported");
    i.resolved = true, i.resolved_at = at, i.close_due = f.close_due,
    i.verify_due = i.prompt_due = never;
  }
  void on(const IncidentClosed& f) {
    Oracle::Incident& i = o.incident(f.incident);
    if (!i.resolved && !i.drill) broken("10 one", "an incident was closed that was not resolved");
    if (f.by_daemon && at < i.close_due) broken("9 time", "an incident closed before its time");
    if (f.by_daemon && i.major) broken("19 major", "a major incident closed by itself");
    if (!i.drill) ++o.closed_, completed(f.incident);
    i.over = true;
  }
  void on(const IncidentForgotten& f) {
    const auto it = o.incidents_.find(f.number);
    if (it == o.incidents_.end() || !it->second.over)
      broken("retention", "an incident was forgotten that is not closed");
    if (o.shadow_->incident_slot(f.number) != no_slot)
      broken("retention", "an incident was forgotten that somebody is still to hear of");
    const Oracle::Incident& i = it->second;
    if (at < (i.drill ? i.opened_at : i.resolved_at) + retention)
      broken("retention", "an incident was forgotten before its time");
  }
  void on(const IncidentRelated& f) {
    Oracle::Incident &child = o.incident(f.incident), &parent = o.incident(f.parent);
    if (f.incident == f.parent || parent.parent)
      broken("3 told", "a child was given a parent that does not speak");
    if (child.resolved || parent.resolved) broken("3 told", "what is over has no family");
    child.parent = f.parent;
    if (f.why != WhyRelated::person) related.push_back(f.incident);
    untold.erase(f.incident);
  }
  void on(const IncidentDetached& f) {
    Oracle::Incident& i = o.incident(f.incident);
    if (i.parent != f.parent) broken("3 told", "an incident left another parent than its own");
    i.parent = {};
    if (f.new_cycle) i.cycle_at = at;
  }
  void on(const StormStarted& f) {
    if (std::exchange(o.storm_, true)) broken("10 one", "a storm began while another is on");
    if (f.alerts < static_cast<std::uint32_t>(storm_alerts))
      broken("9 time", "a storm of " + std::to_string(f.alerts) + " alerts");
  }
  void on(const StormEnded&) {
    if (!std::exchange(o.storm_, false)) broken("10 one", "a storm ended that was none");
  }
  void on(const EscalationStepped& f) {
    Oracle::Incident& i = o.incident(f.incident);
    if (i.parent) broken("5 quiet", "a step was taken for a child");
    untold.erase(f.incident);
    if (at < f.due) broken("9 time", "a step was taken before its time");
    if (i.answered || i.resolved) broken("5 quiet", "a step was taken for an answered incident");
    if (o.paused_) broken("5 quiet", "a step was taken while paging is paused");
    if (i.verify_due != never) broken("5 quiet", "a step was taken while a recovery is verified");
    if (o.silenced(f.incident, at))
      broken("5 quiet", "a step was taken although all that fires is muted");
    i.last_step_due = f.due;
    if (i.priority <= Priority::P2) urgent_steps.emplace_back(f.incident, f.step);
  }
  void on(const DeadlineMoved& f) {
    if (f.kind == DeadlineKind::auto_close) o.incident(f.incident).close_due = f.due;
    if (o.equivalent_reload_ && f.why == WhyMoved::policy_changed)
      broken("14 named config", "an equivalent configuration moved a deadline");
  }

  // ---- what waits, and what is major ----
  void on(const HoldStarted& f) {
    Oracle::Incident& i = o.incident(f.incident);
    if (!i.answered || i.resolved) broken("3 told", "an incident waits that nobody has answered");
    if (f.until <= at || f.due > f.until || f.due < at)
      broken("3 told", "an incident waits without an end ahead");
    if (i.major) broken("19 major", "a major incident waits");
    if (f.pauses && i.priority == Priority::P1) broken("3 told", "the clock of a P1 stands still");
    if (f.parent && !(i.parent == f.parent && o.incident(f.parent).on_hold))
      broken("3 told", "an incident waits with a parent that does not");
    i.on_hold = true, i.hold_until = f.until, i.hold_resolves = f.resolves;
    i.prompt_due = never;
  }
  void on(const HoldEnded& f) {
    Oracle::Incident& i = o.incident(f.incident);
    if (!std::exchange(i.on_hold, false)) broken("10 one", "a hold ended that was none");
    if (f.why == WhyHoldEnded::its_end && at < i.hold_until)
      broken("9 time", "a hold ended before its time");
    i.hold_until = never;
  }
  void on(const CallerReminded& f) {
    if (!o.incident(f.incident).on_hold) broken("5 quiet", "a question is asked again in vain");
  }
  void on(const MajorProposed& f) {
    const Oracle::Incident& i = o.incident(f.incident);
    if (i.resolved || i.parent || i.major || i.drill || o.candidates_.count(f.incident))
      broken("19 major", "an incident is a candidate that is nobody's to decide about");
    if (f.decide_due != at + minutes(10)) broken("19 major", "a decision has no end");
    o.candidates_[f.incident] = f.decide_due;
  }
  // Only while nobody could be asked.
  void on(const MajorReviewPlanned& f) {
    const auto it = o.candidates_.find(f.incident);
    if (it == o.candidates_.end()) return;
    if (o.paused_ ? f.due == when_resumed : f.due == o.resumed_at_ + minutes(10))
      it->second = f.due;
  }
  void on(const MajorDecided& f) {
    Oracle::Incident& i = o.incident(f.incident);
    const auto it = o.candidates_.find(f.incident);
    const bool candidate = it != o.candidates_.end();
    const bool accepted = f.decision == MajorDecision::accepted;
    if (accepted && f.by_daemon && (!candidate || at < it->second))
      broken("9 time", "a major incident was declared before its time");
    if (accepted && f.by_daemon && (o.paused_ || at < o.resumed_at_ + minutes(10)))
      broken("19 major", "it was decided without those who could not be asked");
    if (accepted && f.business_impact.empty()) broken("19 major", "nothing is said of its impact");
    if (!accepted && f.by_daemon && f.decision != MajorDecision::withdrawn)
      broken("19 major", "nobody but people says that it is none");
    if (i.resolved) broken("19 major", "what is over was decided");
    if (accepted && f.manager.empty() && !i.major) unled.insert(f.incident);
    i.major = accepted;
    if (candidate) o.candidates_.erase(it);
  }

  // ---- pages ----
  void on(const PageRequested& f) {
    if (f.page.value != o.next_page_++) broken("6 once", "page ids are not dense");
    // A reload may turn round the list of somebody whose page is on its way from channel to
    // channel. It then comes to one that gave it up: the same word by the same way, so the same
    // key.
    const bool leads = f.why == WhyPage::major_accepted && f.kind == PageKind::page;
    const bool decides = f.why == WhyPage::major_proposed || leads;
    if (!o.keys_.insert(f.key).second && f.why != WhyPage::next_channel && !decides)
      broken("6 once", "a key was given to two pages: " + hex(f.key));
    if (o.keys_of_lost_.count(f.key))
      broken("6 once", "a page has the key of one that a lost store had sent");
    Oracle::Page p;
    p.key = f.key, p.incident = f.incident, p.kind = f.kind, p.requested = at;
    p.person = f.person, p.channel = f.channel, p.decides = decides, p.news = hierarchic(f.step);
    o.pages_[f.page] = p;
    o.sent_[f.page] = f.incident;
    if (leads) unled.erase(f.incident);
    if (f.kind == PageKind::page) paged.emplace(f.incident, f.step);
    if (f.kind == PageKind::recall) o.incident(f.incident).told.erase({p.person, p.channel});
  }
  void on(const PageQueued& f) {
    // Back-off ends early only when it is said why, and never what a channel asked for.
    Oracle::Page& p = o.page(f.page);
    const bool early = f.why == WhyQueued::channel_recovered || f.why == WhyQueued::first_in_line;
    if (early && p.told_to_wait && at < p.retry)
      broken("9 time", "a channel asked for patience and is tried before");
    if (early) p.retry = {};
  }
  void on(const AttemptStarted& f) {
    Oracle::Page& p = o.page(f.page);
    const Oracle::Incident& i = o.incident(p.incident);
    if (p.in_flight) broken("6 once", "an attempt was started while another is in flight");
    if (f.attempt != p.attempt + 1) broken("6 once", "attempts are not numbered in order");
    if (f.epoch != o.epoch_) broken("15 fenced", "an attempt was started for another epoch");
    if (at < p.retry) broken("9 time", "an attempt was started before its back-off was over");
    const bool alarm = !p.decides && (p.kind == PageKind::page || p.kind == PageKind::inform);
    if (p.decides && !o.candidates_.count(p.incident) && !i.major)
      broken("5 quiet", "somebody is asked what is decided");
    if (i.drill ? i.over : alarm && ((i.answered && !p.news) || i.resolved))
      broken("5 quiet", "an attempt was started for an answered incident");
    const std::uint32_t slot = o.shadow_->incident_slot(p.incident);
    if (alarm && slot != no_slot && o.shadow_->incidents().at(slot).held_until != never)
      broken("5 quiet", "an attempt was started for a silenced incident");
    if (o.paused_ && !(i.drill && p.requested >= o.paused_at_))
      broken("5 quiet", "an attempt was started while paging is paused");
    if (p.kind == PageKind::recall && !i.resolved)
      broken("5 quiet", "an all-clear for an open incident");
    p.attempt = f.attempt, p.epoch = f.epoch, p.in_flight = true;
  }
  void on(const AttemptSettled& f) {
    Oracle::Page& p = o.page(f.page);
    if (!p.in_flight || p.attempt != f.attempt || p.epoch != f.epoch)
      broken("6 once", "an attempt was settled that is not in flight");
    if (!o.incident(p.incident).drill) ++o.outcomes_[index(f.outcome)];
    p.in_flight = false, p.retry = f.retry == never ? Instant{} : f.retry;
    p.told_to_wait = f.told_to_wait;
    if (f.why != WhySettled::older_epoch && f.retry != never &&
        f.retry < at + least_back_off(f.attempt))
      broken("6 once", "no back-off on record: a restart would forget it");
  }
  void on(const PageEnded& f) {
    const Oracle::Page p = o.page(f.page);
    if (p.in_flight && f.end != PageEnd::delivered)
      broken("6 once", "a page ended while in flight");
    if (f.end == PageEnd::delivered && !o.accepted_.count(f.page))
      broken("6 once", "a page counts as delivered that nobody has taken");
    if (f.end == PageEnd::delivered && (p.kind == PageKind::page || p.kind == PageKind::inform) &&
        !(o.incident(p.incident).resolved && recall_is_on_its_way(p)))
      o.incident(p.incident).told.emplace(p.person, p.channel);
    o.pages_.erase(f.page);
  }
  bool recall_is_on_its_way(const Oracle::Page& page) const {
    for (const auto& [id, p] : o.pages_)
      if (p.kind == PageKind::recall && p.incident == page.incident && p.person == page.person &&
          p.channel == page.channel)
        return true;
    return false;
  }
  // ---- clocks of agreements ----
  void one_more(Metric m, ClockKind clock, Priority priority, std::size_t what) {
    ++o.agreements_[{m, static_cast<std::uint8_t>(clock), static_cast<std::uint8_t>(priority),
                     static_cast<std::uint8_t>(what)}];
  }
  void on(const ClocksStarted& f) {
    if (o.incident(f.incident).drill || o.clocks_.count(f.incident))
      broken("19 agreements", "clocks were started twice, or for a drill");
    for (Oracle::Clock& clock : o.clocks_[f.incident].of)
      clock.exists = true, clock.priority = f.priority;
  }
  void on(const ClockPlanned& f) {
    Oracle::Clock& clock = o.clocks_[f.incident].of[index(f.clock)];
    clock.priority = f.priority;
  }
  // Nothing is due of what may be over. A breach of what has ended is said with its end.
  void not_verified(IncidentNumber n, ClockKind clock) {
    const Oracle::Incident& i = o.incident(n);
    if (!i.resolved && (i.verify_due != never || i.prompt_due != never))
      broken("19 agreements",
             "a clock of " + std::string(name(clock)) + " went on while a recovery is verified");
  }
  void on(const ClockWarned& f) {
    not_verified(f.incident, f.clock);
    if (at < f.due) broken("9 time", "somebody was warned before its time");
    one_more(Metric::sla_warnings, f.clock, f.priority, f.percent);
  }
  void on(const ClockBreached& f) {
    not_verified(f.incident, f.clock);
    if (at < f.breached_at) broken("9 time", "an agreement was broken before its time");
    Oracle::Clock& clock = o.clocks_[f.incident].of[index(f.clock)];
    if (std::exchange(clock.breached, true)) return;
    clock.breached_as = f.priority, clock.breached_at = f.breached_at;
    one_more(Metric::sla_breaches, f.clock, f.priority, index(f.why));
  }
  void on(const ClockEnded& f) {
    Oracle::Clock& clock = o.clocks_[f.incident].of[index(f.clock)];
    const bool late = clock.breached && clock.breached_at < f.ended_at;
    if (f.met && (late || f.ended_at > at || f.elapsed_ms > f.target_ms))
      broken("19 agreements", "a clock was met that was not");
    // A breach after the end did not happen: it was not known yet that it was over.
    if (!f.met && !late) broken("19 agreements", "a clock was not met that nothing had broken");
    if (f.met) clock.breached = false;
  }
  void completed(IncidentNumber n) {
    const Oracle::Clocks& clocks = o.clocks_[n];
    if (clocks.ended == ClosureClass::duplicate || clocks.ended == ClosureClass::invalid) return;
    for (const ClockKind kind : {ClockKind::response, ClockKind::resolution})
      if (const Oracle::Clock& c = clocks.of[index(kind)]; c.exists)
        one_more(Metric::sla_completed, kind, c.breached ? c.breached_as : c.priority, c.breached);
  }

  // ---- what people ask for and report ----
  void on(const IncidentReported& f) {
    disposed(f.disposition);
    const Oracle::Incident& i = o.incident(f.incident);
    if (i.resolved) broken("10 one", "a report joined an incident that is over");
    const bool first = !std::exchange(o.incident(f.incident).reported, true);
    const bool opened = f.why == JoinReason::opened_it;
    if (opened && !(first && i.opened_at == at))
      broken("10 one", "a report opened an incident that was there before");
    if (!opened && o.restricted_.count(f.incident))
      broken("18 restricted", "a report joined what not everybody may read");
    if (opened != (f.disposition == Disposition::incident_opened))
      broken("4 conservation", "a report is not what it counts as");
  }
  void on(const RecoveryLeftToPeople& f) {
    Oracle::Incident& i = o.incident(f.incident);
    if (!i.reported && !i.major)
      broken("3 told", "a recovery is left to people who have said nothing");
    if (at < std::min(i.verify_due, i.prompt_due))
      broken("9 time", "a recovery was believed before its time");
    i.verify_due = i.prompt_due = never;
  }
  void on(const RequestOpened& f) {
    if (f.request.value != o.next_request_++) broken("10 one", "numbers of requests are not dense");
    for (const auto& [n, known] : o.requests_) {
      if (known.by_person || !f.by.empty()) continue;
      if (known.key == f.alert && known.starts_at == f.starts_at && (f.starts_at.ms || !known.done))
        broken("10 one", "a request was given two numbers");
    }
    o.requests_[f.request] = {f.alert, f.starts_at, !f.by.empty()};
    if (o.requests_.size() > requests_max) broken("13 bounds", "more requests than are kept");
  }
  void on(const IncidentConverted& f) {
    if (o.incident(f.incident).resolved || !o.requests_.count(f.request))
      broken("10 one", "an incident became a request that is not there");
  }
  void on(const RequestConverted& f) {
    const auto it = o.requests_.find(f.request);
    if (it == o.requests_.end() || std::exchange(it->second.done, true))
      broken("10 one", "a request that is done became an incident");
    it->second.forget_due = f.forget_due;
    if (!o.incident(f.number).reported)
      broken("10 one", "a request became an incident that knows nothing of it");
  }
  void on(const RequestTaken& f) {
    if (!o.requests_.count(f.request) || o.requests_[f.request].done)
      broken("10 one", "a request was taken that is done");
  }
  void on(const RequestDone& f) {
    const auto it = o.requests_.find(f.request);
    if (it == o.requests_.end() || std::exchange(it->second.done, true))
      broken("10 one", "a request was done twice");
    it->second.forget_due = f.forget_due;
  }
  void on(const RequestForgotten& f) {
    const auto it = o.requests_.find(f.request);
    if (it == o.requests_.end() || !it->second.done)
      broken("retention", "a request was forgotten that nobody has done");
    if (at < it->second.forget_due && o.requests_.size() < requests_max)
      broken("retention", "a request was forgotten before its time, and there is room");
    o.requests_.erase(it);
  }

  template <class F>
  void on(const F&) {}

  void done() {
    for (const auto& step : urgent_steps)
      if (!paged.count(step)) broken("3 told", "a step of an urgent incident paged nobody");
    if (epoch_taken)
      for (const auto& [id, p] : o.pages_)
        if (p.in_flight && p.epoch != o.epoch_)
          broken("6 once", "an attempt of an older epoch was not settled at the start");
    if (o.loss_due_) broken("7 checkpoint", "history was lost and not declared");
    // A start is given a moment for what came due while nobody ran.
    for (const auto& [n, due] : o.candidates_)
      if (later(due, o.epoch_at_) + minutes(1) < at && !o.between_lives_)
        broken("19 major", to_text(n) + " is a candidate, and nobody decides");
    if (!unled.empty())
      broken("19 major", to_text(*unled.begin()) + " is major, and nobody is paged to lead it");
    // Who waits speaks for nobody of whom nobody has heard.
    for (const IncidentNumber n : related) {
      const std::uint32_t slot = o.shadow_->incident_slot(n);
      const IncidentRow row = slot == no_slot ? IncidentRow{} : o.shadow_->incidents().at(slot);
      const bool unseen = row.unresolved() && row.acknowledged_at == never && row.alerts_firing > 0;
      if (unseen && row.parent && o.incident(row.parent).on_hold && !o.silenced(n, at))
        broken("3 told", to_text(n) + " is nobody's but that of a parent that waits");
    }
    // Whatever else goes on, nobody waits for the page of a P1 that nothing else speaks for.
    for (const IncidentNumber n : untold) {
      const std::uint32_t slot = o.shadow_->incident_slot(n);
      if (!o.paused_ && slot != no_slot && o.shadow_->incidents().at(slot).held_until == never)
        broken("3 told", to_text(n) + " opened as P1 and paged nobody at once");
    }
  }
};

Oracle::Oracle() : shadow_(std::make_unique<State>()) {}

Oracle::Page& Oracle::page(PageId id) {
  const auto it = pages_.find(id);
  if (it == pages_.end()) broken("6 once", "a page that has ended, or never was, goes on");
  return it->second;
}
Oracle::Incident& Oracle::incident(IncidentNumber n) {
  const auto it = incidents_.find(n);
  if (it == incidents_.end()) broken("10 one", "an incident that was never opened");
  return it->second;
}

void Oracle::frame(std::uint64_t seq, std::string_view payload) {
  const std::uint64_t expected = loss_due_ ? lost_to_ + 1 : seq_ + 1;
  if (seq != expected)
    broken("7 checkpoint",
           "frame " + std::to_string(seq) + " where " + std::to_string(expected) + " is next");
  hash_ = XXH3_64bits_withSeed(payload.data(), payload.size(), hash_);
  take(seq, payload);
  log_[seq] = payload;
}

void Oracle::take(std::uint64_t seq, std::string_view payload) {
  PayloadReader reader(payload);
  if (payload.size() > frame_bytes_max || reader.header().facts > frame_facts_max)
    broken("13 bounds", "a frame of " + std::to_string(payload.size()) + " bytes");
  if (reader.header().at < at_) broken("9 time", "the time of the log went back");
  Watch watch{*this, {}, {}, {}};
  FactView fact;
  while (reader.next(fact)) {
    if (fact.at < at_ || fact.at > reader.header().at)
      broken("9 time", "a fact is outside the time of its frame");
    at_ = fact.at;
    watch.at = fact.at;
    with_fact(fact, [&](const auto& f) { watch.on(f); });
    if (!fold(*shadow_, fact)) broken("8 same bytes", "cannot be folded: " + to_text(fact));
  }
  if (reader.damaged()) broken("8 same bytes", "a frame is damaged");
  at_ = reader.header().at;
  watch.done();
  held_are_silenced();
  silent_ones_are_told();
  frame_folded(*shadow_, seq, reader.header().at);
  seq_ = seq;
}

void Oracle::heard(const std::string& heartbeat, Instant stamp, Instant released) {
  beats_[heartbeat] = {stamp, released, epoch_};
}

// At every frame's end: who is silent beyond the bound has an alert, and who lives has none.
void Oracle::silent_ones_are_told() {
  if (between_lives_) return;
  std::map<std::string_view, bool> missed;
  shadow_->heartbeats().each([&](std::uint32_t, const HeartbeatRow& row) {
    missed[row.name()] = row.state == HeartbeatState::missed;
    if (row.state == HeartbeatState::missed) return;
    const auto it = beats_.find(std::string(row.name()));
    Instant last = later(row.since, epoch_at_);
    if (it != beats_.end()) last = later(last, it->second.released);
    if (at_ > last + row.bound)
      broken("3 told", "heartbeat " + std::string(row.name()) + " is silent, and nobody is told");
  });
  shadow_->alerts().each([&](std::uint32_t, const AlertRow& alert) {
    if (alert.state > AlertState::stale) return;
    const std::string_view name = alert.text().label("heartbeat");
    if (name.empty()) return;
    bool& said = missed[name];
    if (!said) broken("3 told", "an alert says that heartbeat " + std::string(name) + " is silent");
    said = false;
  });
  for (const auto& [name, silent] : missed)
    if (silent) broken("3 told", "heartbeat " + std::string(name) + " is silent, and no alert is");
}

// The plain twin: every firing alert of it against every silence. Independent of the index, of the
// order in which anything came, and of what is recorded as held.
bool Oracle::silenced(IncidentNumber n, Instant at) {
  const std::uint32_t row = shadow_->incident_slot(n);
  if (row != no_slot && by_people(shadow_->incidents().at(row).origin)) return false;
  if (shadow_->silences().size() == 0 && settings_now().inhibit.empty()) return false;
  if (!shadow_->children_of(n).empty()) return false;  // it speaks for others
  bool any = false, all = true;
  shadow_->alerts().each([&](std::uint32_t, const AlertRow& alert) {
    if (alert.incident != n || !(alert.flags & AlertRow::counted_firing)) return;
    any = true;
    bool covered = false;
    shadow_->silences().each([&](std::uint32_t, const SilenceRow& s) {
      if (s.kind != SuppressionKind::silence) return;
      if (s.state == SilenceState::expired || s.starts_due > at || s.ends_due <= at) return;
      covered = covered || matches_all(matchers_of(s.words().matchers), alert.text());
    });
    all = all && (covered || (!shadow_->globals().sources_next && inhibited(alert)));
  });
  return any && all;
}

// The plain twin: every rule, and every other alert that fires.
bool Oracle::inhibited(const AlertRow& target) {
  bool found = false;
  for (const InhibitRule& rule : settings_now().inhibit) {
    if (found || !matches_all(rule.target, target.text())) continue;
    const bool both = matches_all(rule.source, target.text());
    shadow_->alerts().each([&](std::uint32_t, const AlertRow& source) {
      if (found || !source.fires() || !matches_all(rule.source, source.text())) return;
      if (both && matches_all(rule.target, source.text())) return;
      bool equal = true;
      for (const std::string& label : rule.equal)
        equal = equal && source.text().label(label) == target.text().label(label);
      found = equal;
    });
  }
  return found;
}

const std::vector<Matcher>& Oracle::matchers_of(std::string_view packed) {
  auto [it, fresh] = matchers_.try_emplace(std::string(packed));
  std::string why;
  if (fresh) it->second = unpack_matchers(packed, why).value();
  return it->second;
}

const Settings& Oracle::settings_now() {
  if (!settings_ || settings_->text != config_) settings_ = settings_of(config_);
  return *settings_;
}

// The plain twin: all windows, one after the other.
bool Oracle::in_a_window(const Fingerprint& fingerprint, Instant at, bool began) {
  const AlertRow& alert = shadow_->alerts().at(shadow_->alert_slot(fingerprint));
  const Wall wall = shadow_->globals().wall(at);
  const auto any_of = [&](const std::vector<std::string>& cis) {
    return cis.empty() || std::find(cis.begin(), cis.end(), alert.ci()) != cis.end();
  };
  bool found = false;
  for (const MaintenanceWindow& w : settings_now().windows) {
    std::vector<std::string> cis = w.cis;
    if (w.dependents) cis.insert(cis.end(), {"ci-0", "ci-3", "ci-4"});  // see company.cpp
    found = found || (any_of(cis) && matches_all(w.match, alert.text()) && w.schedule.at(wall) &&
                      (!began || w.schedule.at(alert.starts_at)));
  }
  shadow_->silences().each([&](std::uint32_t, const SilenceRow& w) {
    if (w.kind != SuppressionKind::window || w.state == SilenceState::expired) return;
    if (expired_.count(w.id)) return;
    if (w.starts_due > at || w.ends_due <= at) return;
    if (began && alert.starts_at < w.starts_at) return;
    const SilenceWords words = w.words();
    found = found || (any_of(unpack_cis(words.cis)) &&
                      matches_all(matchers_of(words.matchers), alert.text()));
  });
  return found;
}

// What is kept quiet is silenced, or looked at before anything else happens.
void Oracle::held_are_silenced() {
  if (shadow_->globals().mute_next || shadow_->globals().sources_next) return;
  shadow_->incidents().each([&](std::uint32_t, const IncidentRow& r) {
    if (r.held_until == never || r.held_until <= at_ || r.verify_due != never) return;
    if (!silenced(r.number, at_))
      broken("3 told", to_text(r.number) + " is kept quiet, and nothing mutes it");
  });
}

void Oracle::lost(std::uint64_t head, std::uint64_t from, std::uint64_t to) {
  Log kept = std::move(log_);
  kept.erase(kept.upper_bound(head), kept.end());
  rewind(std::move(kept));
  loss_due_ = true, lost_from_ = from, lost_to_ = to;
}

void Oracle::restored(Log log) {
  std::set<PageKey> given = keys_;
  given.insert(keys_of_lost_.begin(), keys_of_lost_.end());
  rewind(std::move(log));
  for (const PageKey& key : keys_) given.erase(key);
  keys_of_lost_ = std::move(given);
  accepted_.erase(accepted_.lower_bound(PageId(next_page_)), accepted_.end());
}

void Oracle::rewind(Log kept) {
  const std::uint64_t hash = hash_;
  auto accepted = std::move(accepted_);
  auto released = std::move(released_);
  *this = Oracle();
  accepted_ = std::move(accepted), released_ = std::move(released);
  for (const auto& [seq, payload] : kept) {  // with the losses that were declared before
    PayloadReader reader(payload);
    FactView fact;
    while (reader.next(fact))
      with_fact(fact, [&](const auto& f) {
        if constexpr (std::is_same_v<std::decay_t<decltype(f)>, HistoryLost>)
          loss_due_ = true, lost_from_ = f.from, lost_to_ = f.to;
      });
    take(seq, payload);
  }
  log_ = std::move(kept);
  hash_ = hash;
  // Attempts of the lost frames may have left: their pages are asked for again under the same keys.
  released_.clear();
}

// BND-12: number, priority and link.
void Oracle::restricted(const SendOrder& o) const {
  if (restricted_.count(o.incident) == 0) return;
  for (const std::string* word : {&o.ci, &o.service, &o.category, &o.impact, &o.group, &o.summary,
                                  &o.runbook, &o.known_error, &o.workaround, &o.owner})
    if (!word->empty()) broken("18 restricted", "a page of a restricted incident says " + *word);
  if (o.title != "restricted incident")
    broken("18 restricted", "a page of a restricted incident is about " + o.title);
}

void Oracle::order(const SendOrder& o) {
  const auto it = pages_.find(o.page);
  if (it == pages_.end() || !it->second.in_flight || it->second.attempt != o.attempt)
    broken("2 held", "a page left before its attempt was durable");
  if (it->second.key != o.key) broken("6 once", "a page left under another key than its own");
  if (o.epoch != epoch_) broken("15 fenced", "a page left for another epoch");
  restricted(o);
  if (released_[{o.page.value, o.attempt}]++) broken("6 once", "an attempt was released twice");
}

void Oracle::stored(const Fingerprint& alert, Wall starts, Instant promised) {
  const auto it = alerts_.find(alert);
  if (it == alerts_.end())
    broken("2 held", "a sender was told that an alert is stored, and it is not");
  Alert& a = it->second;
  if (a.ended.ms && starts <= a.ended) return;  // a late letter about what is over
  if (a.promised_in != epoch_ || a.promised < promised) a.promised = promised;
  a.promised_in = epoch_;
}

void Oracle::told(const Answer& answer) {
  if (answer.request ? answer.request.value >= next_request_ : !incident(answer.incident).reported)
    broken("2 held", "somebody was told that their report is known, and it is not");
}

void Oracle::acknowledged(IncidentNumber n, Instant stamp) {
  const Incident& i = incident(n);
  if (!i.answered && !i.resolved)
    broken("2 held", "somebody was told that they have it, and they do not");
  // A cycle that began while the answer waited takes its first step at once, and rightly.
  if (i.last_step_due >= stamp && i.cycle_at < stamp)
    broken("5 quiet", "a step was taken although the answer had arrived before it was due");
}

void Oracle::equals(const State& state, const char* law) const {
  if (state.canonical() != shadow_->canonical())
    broken(law,
           "the state at " + std::to_string(state.globals().seq) + " is not the fold of the log");
}

void Oracle::totals(const State& state) const {
  for (std::size_t i = 0; i < std::size(dispositions_); ++i)
    if (state.totals().dispositions[i] != dispositions_[i])
      broken("12 totals", std::string(name(static_cast<Disposition>(i))) + " is " +
                              std::to_string(state.totals().dispositions[i]) + ", recounted " +
                              std::to_string(dispositions_[i]));
  std::uint64_t opened = 0, closed = 0, outcomes[EnumTable<AttemptOutcome>::count] = {};
  for (const auto& [key, n] : state.totals().counters) {
    if (key.metric == Metric::incidents_opened) opened += n;
    if (key.metric == Metric::incidents_closed) closed += n;
    if (key.metric == Metric::attempts) outcomes[key.a] += n;
  }
  const auto requests = state.totals().counters.find({Metric::requests_opened});
  const std::uint64_t asked = requests == state.totals().counters.end() ? 0 : requests->second;
  if (asked != next_request_ - 1) broken("12 totals", "requests are miscounted");
  if (opened != opened_ || closed != closed_) broken("12 totals", "incidents are miscounted");
  if (std::memcmp(outcomes, outcomes_, sizeof outcomes) != 0)
    broken("12 totals", "attempts are miscounted");
  std::map<CounterKey, std::uint64_t> agreements;
  for (const auto& [key, n] : state.totals().counters)
    if (key.metric >= Metric::sla_completed && key.metric <= Metric::downgrades_after_breach)
      agreements[key] = n;
  if (agreements != agreements_) broken("12 totals", "clocks of agreements are miscounted");
}

void Oracle::drained(Instant now) const {
  for (const auto& [id, p] : pages_)
    if (p.requested + minutes(10) <= now)
      broken("16 drain", "page " + std::to_string(id.value) + " of " + to_text(p.incident) +
                             " to " + p.person + " by " + p.channel + " is still owed");
  for (const auto& [fingerprint, a] : alerts_)
    if (a.muted && a.muted_until + minutes(1) <= now)
      broken("16 drain", "a window is over, and what it suppressed is still not looked at");
  for (const auto& [n, i] : incidents_)
    if (i.resolved && !i.told.empty())
      broken("16 drain", i.told.begin()->first + " was paged for " + to_text(n) +
                             " and not told that it is over");
}

// The timeline and the closed incidents: on disk, or waiting in memory for the next checkpoint.
void Oracle::archive(const absl::btree_map<std::string, std::string, std::less<>>& rows,
                     const State& state) const {
  std::map<std::string_view, const ArchiveEntry*> pending, made;  // the newest of each key
  const auto snapshot = const_cast<State&>(state).snapshot();
  snapshot->archive.each([&](const ArchiveEntry& e) { pending[e.key] = &e; });
  const auto all = const_cast<State&>(*shadow_).snapshot();
  all->archive.each([&](const ArchiveEntry& e) { made[e.key] = &e; });
  for (const auto& [key, entry] : made) {
    const auto waiting = pending.find(key);
    const auto it = rows.find(key);
    const bool there = waiting != pending.end() ? !waiting->second->gone : it != rows.end();
    if (entry->gone) {
      if (there) broken("retention", "a forgotten row is still there");
      continue;
    }
    const std::string_view value = waiting != pending.end() ? waiting->second->value
                                   : there                  ? std::string_view(it->second)
                                                            : std::string_view();
    if (!there || value != entry->value) broken("7 checkpoint", "an entry of the timeline is gone");
  }
}

}  // namespace tocsin::sim
