// Why this file is long: one sentence per fact, and nothing else.
#include "rules/story.hpp"

#include <algorithm>

#include "rules/dump.hpp"
#include "rules/model/row_codec.hpp"

namespace tocsin {
namespace {

std::string spaced(std::string_view word) {
  std::string out(word);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}
std::string who(Text person, Text channel) {
  if (person.empty()) return std::string(channel);
  return std::string(person) + " by " + std::string(channel);
}
std::string duration(Span s) {
  const std::int64_t total = s.ms / 1000;
  if (total < 120) return std::to_string(total) + " s";
  if (total < 7200) return std::to_string(total / 60) + " min";
  return std::to_string(total / 3600) + " h";
}

std::string join_words(JoinReason why) {
  switch (why) {
    case JoinReason::opened_it:
      return "it opened this incident";
    case JoinReason::same_fingerprint:
      return "the same alert is part of it";
    case JoinReason::same_ci_and_subcategory:
      return "same CI and same subcategory";
    case JoinReason::same_ci_recently:
      return "same CI, and the incident is young";
    case JoinReason::reopened_same_fingerprint:
      return "the same alert had been part of it";
    case JoinReason::reopened_same_ci_and_subcategory:
      return "same CI and subcategory as what was resolved";
    case JoinReason::same_pool:
      return "another CI of the same pool";
    case JoinReason::upstream:
      return "its CI depends on that of the incident";
    case JoinReason::same_ci:
      return "same CI";
    case JoinReason::same_reporter:
      return "who reported it says more";
    case JoinReason::count_:
      break;
  }
  return "";
}

std::string page_words(PageKind kind) {
  switch (kind) {
    case PageKind::page:
      return "page";
    case PageKind::inform:
      return "information";
    case PageKind::recall:
      return "all-clear";
    case PageKind::notice:
      return "notice";
    case PageKind::count_:
      break;
  }
  return "";
}

std::string why_words(WhyPage why) {
  switch (why) {
    case WhyPage::step_due:
      return "the step is due";
    case WhyPage::repeat_due:
      return "nobody has answered, the policy repeats";
    case WhyPage::policy_exhausted:
      return "nobody has answered the whole policy, so the catch-all is called";
    case WhyPage::nobody_to_page:
      return "the step names nobody who can be reached, so the catch-all is called";
    case WhyPage::next_channel:
      return "the channel before did not take it";
    case WhyPage::recalled:
      return "they were called and are to know that it is over";
    case WhyPage::restored_prompt:
      return "all alerts are clear, the owner is asked whether it is over";
    case WhyPage::monitoring_silent:
      return "its monitoring went silent";
    case WhyPage::drill:
      return "it is a drill";
    case WhyPage::priority_raised:
      return "the priority of their incident was raised";
    case WhyPage::parent_resolved:
      return "the incident that spoke for theirs is over, and theirs is not";
    case WhyPage::caller_reminded:
      return "the question is not answered yet";
    case WhyPage::no_response:
      return "it is resolved, since the question was not answered";
    case WhyPage::hold_over:
      return "their incident waits no longer";
    case WhyPage::major_proposed:
      return "somebody has to decide whether it is a major incident";
    case WhyPage::major_accepted:
      return "it is a major incident from here on";
    case WhyPage::override_review:
      return "what is calculated differs from the priority that a person has set";
    case WhyPage::sla_risk:
      return "the time in which it is to work again runs out";
    case WhyPage::sla_breach:
      return "the time in which it was to work again is over";
    case WhyPage::count_:
      break;
  }
  return "";
}

std::string hold_words(WhyHoldEnded why, std::string by) {
  switch (why) {
    case WhyHoldEnded::person:
      return by + " goes on with it";
    case WhyHoldEnded::its_end:
      return "its time is over, and it goes on";
    case WhyHoldEnded::answered:
      return by + " has answered, and it goes on";
    case WhyHoldEnded::new_alert:
      return by + " is new in it, and it goes on";
    case WhyHoldEnded::higher_severity:
      return by + " is worse than before, and it goes on";
    case WhyHoldEnded::raised_to_P1:
      return "it is a P1 now, and goes on";
    case WhyHoldEnded::with_parent:
      return "it goes on, as its parent does";
    case WhyHoldEnded::major:
      return "it is a major incident, and goes on";
    case WhyHoldEnded::count_:
      break;
  }
  return "";
}

std::string criterion_words(MajorCriterion criterion) {
  return criterion == MajorCriterion::manual ? std::string("says so")
                                             : "MI-" + std::string(name(criterion));
}

std::string review_at(Instant due, Instant at) {
  if (due == when_resumed) return "when paging is resumed";
  if (due == when_uninhibited) return "when it is not inhibited any more";
  return "in " + duration(due - at);
}

std::string goal(ClockKind clock) {
  return clock == ClockKind::response ? "to answer" : "to be restored";
}
std::string in_calendar(Text calendar) {
  return calendar.empty() ? "" : " of calendar " + std::string(calendar);
}
std::string planned_words(WhyPlanned why) {
  switch (why) {
    case WhyPlanned::held:
      return "the clock stands still";
    case WhyPlanned::went_on:
      return "the clock goes on";
    case WhyPlanned::reopened:
      return "it was reopened, and the clock goes on";
    case WhyPlanned::fires_again:
      return "it was not over, and the clock has never stopped";
    case WhyPlanned::recomputed:
      return "what is agreed, its calendar or the time of the day has changed";
    case WhyPlanned::clock_stepped:
      return "the time of the day was set, and is not believed before it has stayed so";
    default:
      return "the priority has changed";
  }
}

struct Story {
  TimelineEntry& e;
  Instant at;
  void say(std::string kind, std::string actor, std::string text) {
    e.kind = std::move(kind), e.actor = std::move(actor), e.text = std::move(text);
  }

  void on(const IncidentOpened& f) {
    say("created", "daemon",
        std::string(name(f.priority)) + ": " + std::string(f.title) + " (" +
            std::string(f.priority_reason) + "; " + std::string(f.category) + "/" +
            std::string(f.subcategory) + " by rule " + std::string(f.category_rule) +
            (f.group.empty() ? std::string(", nobody owns it")
                             : ", owned by " + std::string(f.group)) +
            (f.recurrence_of ? ", it happened before in " + to_text(f.recurrence_of) : "") + ")");
  }
  void on(const DrillStarted& f) {
    say("created", std::string(f.by),
        std::string(f.by) + " started a drill for " + std::string(f.target));
  }
  void on(const AlertLinked& f) {
    say("event_linked", "source",
        std::string(f.name) + (f.ci.empty() ? "" : " on " + std::string(f.ci)) + ", " +
            std::string(name(f.severity)) + ": " + join_words(f.why) +
            (f.was_held ? "; it had been held back first" : ""));
  }
  void on(const AlertRelinked& f) {
    say("event_linked", "source",
        std::string(f.name) +
            (f.before == AlertState::firing ? " changed, now " : " fires again, ") +
            std::string(name(f.severity)));
  }
  void on(const AlertResolved& f) {
    if (f.quiet_ms > 0)
      return say("alert_resolved", "daemon",
                 std::string(f.name) + " is clear: no line has said it again for " +
                     duration(milliseconds(f.quiet_ms)));
    say("alert_resolved", "source", std::string(f.name) + " is clear");
  }
  void on(const AlertStale& f) {
    say("alert_stale", "daemon",
        std::string(f.name) +
            " was not heard again in time; silence is not health, so the incident stays open");
  }
  void on(const IncidentReopened& f) {
    say("reopened", f.trigger == ReopenTrigger::alert ? "source" : std::string(f.by),
        "reopened by " + std::string(f.by) + "; the escalation starts again as cycle " +
            std::to_string(f.cycle));
  }
  void on(const PriorityChanged& f) {
    say("prioritized", "daemon",
        std::string(name(f.before)) + " becomes " + std::string(name(f.priority)) + ": " +
            std::string(f.reason) +
            (f.new_cycle ? "; nobody has answered, so the escalation starts again" : ""));
  }
  void on(const PriorityAdjusted& f) {
    const auto moved = [](const char* what, int by) {
      return by == 0 ? std::string()
                     : std::string(what) + (by < 0 ? " one up" : " one down") + ", ";
    };
    const std::string how = moved("impact", f.impact_by) + moved("urgency", f.urgency_by);
    say("prioritized", std::string(f.by),
        std::string(name(f.before)) + " becomes " + std::string(name(f.priority)) + ", " +
            (how.empty() ? "as it was calculated, " : how) + "says " + std::string(f.by) + ": " +
            std::string(f.reason));
  }
  void on(const IncidentCategorized& f) {
    say("categorized", std::string(f.by),
        "it is about " + std::string(f.category) + "/" + std::string(f.subcategory) + ", says " +
            std::string(f.by) + (f.reason.empty() ? "" : ": " + std::string(f.reason)));
  }
  void on(const PriorityOverridden& f) {
    say("override_set", std::string(f.by),
        std::string(name(f.before)) + " becomes " + std::string(name(f.priority)) + ", says " +
            std::string(f.by) + ": " + std::string(f.reason) + "; calculated is " +
            std::string(name(f.calculated)) + "; locked " +
            (f.until == never ? std::string("until a person ends it")
                              : "for " + duration(f.until - at)));
  }
  void on(const OverrideEnded& f) {
    const bool person = f.why == WhyUnlocked::by_person;
    say(person ? "override_ended" : "override_expired", person ? std::string(f.by) : "daemon",
        std::string(name(f.before)) + " becomes " + std::string(name(f.priority)) +
            " as calculated: " + std::string(f.reason));
  }
  void on(const PriorityCalculated& f) {
    say(f.differs ? "override_review" : "prioritized", "daemon",
        "would be " + std::string(name(f.calculated)) + " without the person who set it" +
            (f.reason.empty() ? "" : ": " + std::string(f.reason)));
  }
  void on(const IncidentRestricted& f) {
    say("restricted", "daemon",
        "restricted, because its subcategory is " + std::string(f.subcategory) +
            ": pages carry its number, priority and link only");
  }
  void on(const ExposureConfirmed& f) {
    say("exposure_confirmed", "source", std::string(f.name) + " confirms that data was exposed");
  }
  void on(const KnownErrorMatched& f) {
    say("known_error", "daemon",
        "known error " + std::string(f.known_error) +
            (f.automated ? ", whose workaround is automated: " : ": ") + std::string(f.workaround));
  }
  void on(const IncidentAcknowledged& f) {
    say("acknowledged", std::string(f.by),
        std::string(f.by) + " has it (by " + std::string(f.via) +
            (f.page ? " of page " + std::to_string(f.page.value) : "") + "); no further pages");
  }
  void on(const NoteAdded& f) { say("note", std::string(f.by), std::string(f.text)); }
  void on(const RecoverySeen& f) {
    say("restored", "daemon",
        f.verify_due <= at ? "all alerts are clear, and the quiet was the wait for it to last"
                           : "all alerts are clear; it counts as restored when that lasts " +
                                 duration(f.verify_due - at));
  }
  void on(const VerifyFailed& f) {
    say("verify_failed", "daemon",
        f.name.empty() ? std::string("it was reported again: it is not over")
                       : std::string(f.name) + " came back inside the verify window");
  }
  void on(const ClocksStarted& f) {
    say("sla_started", "daemon",
        "agreed for " + std::string(name(f.priority)) + ": an answer within " +
            duration({f.response_ms}) + ", restored within " + duration({f.resolution_ms}) +
            in_calendar(f.calendar));
  }
  // TIM-7: with both dates, as far as there are any.
  void on(const ClockPlanned& f) {
    const auto due = [&](Instant t) {
      return t == never ? std::string("no date")
             : t <= at  ? duration(at - t) + " ago"
                        : "in " + duration(t - at);
    };
    std::string text = duration({f.target_ms}) + in_calendar(f.calendar) + " " + goal(f.clock) +
                       ", due " + due(f.due);
    if (f.due != f.before_due && f.before_due != never) text += ", was " + due(f.before_due);
    const bool recomputed = f.why == WhyPlanned::recomputed;
    say(recomputed ? "sla_recomputed" : "sla_planned", "daemon",
        std::string(name(f.priority)) + ": " + text + ": " + planned_words(f.why));
  }
  void on(const ClockWarned& f) {
    say("sla_warning", "daemon",
        std::to_string(f.percent) + " % of the time " + goal(f.clock) + " is used up" +
            (at > f.due ? ", since " + duration(at - f.due) : "") +
            (f.told ? "" : "; nobody is told of it by this incident"));
  }
  void on(const ClockBreached& f) {
    const bool late = at > f.breached_at;
    say("sla_breached", "daemon",
        "the time " + goal(f.clock) + " as " + std::string(name(f.priority)) + " is over" +
            (late ? " since " + duration(at - f.breached_at) : "") +
            (f.why == WhyBreached::due ? std::string()
                                       : ": " + planned_words(f.why == WhyBreached::recomputed
                                                                  ? WhyPlanned::recomputed
                                                                  : WhyPlanned::reprioritised)));
  }
  void on(const ClockEnded& f) {
    say("sla_ended", "daemon",
        std::string(f.clock == ClockKind::response ? "answered" : "restored") + " after " +
            std::to_string(f.elapsed_ms / 1000) + " s of " + duration({f.target_ms}) +
            (f.met ? ": in time" : ": not in time"));
  }
  void on(const ClockTold& f) {
    say("sla_warning", "daemon",
        std::to_string(f.percent) +
            " % of the time to be restored is used up, and nobody was told of it yet");
  }
  void on(const RestoredPrompted& f) {
    say("restored", "daemon",
        "still clear; " + std::string(f.owner) + " is asked whether it is over, and after " +
            duration(f.prompt_due - at) + " without an answer it counts as resolved");
  }
  void on(const IncidentResolved& f) {
    std::string text = "resolved as " + spaced(name(f.code));
    if (f.cause != CauseCode::unknown) text += ", cause " + spaced(name(f.cause));
    if (!f.note.empty()) text += ": " + std::string(f.note);
    if (!f.reason.empty()) text += " (" + std::string(f.reason) + ")";
    if (f.needs_review) text += "; to be reviewed";
    say("resolved", std::string(f.by), std::move(text));
  }
  void on(const IncidentClosed& f) {
    say("closed", std::string(f.by), "closed: " + std::string(f.reason));
  }
  void on(const EscalationStepped& f) {
    std::string text = "escalation step " + std::to_string(f.step);
    if (f.why == WhyPage::repeat_due || f.why == WhyPage::policy_exhausted)
      text += ", round " + std::to_string(f.repeat + 1);
    text += ": " + why_words(f.why);
    if (f.skipped) text += "; " + std::to_string(f.skipped) + " overdue steps taken with it";
    if (f.late) text += "; late by " + duration(at - f.due);
    text += f.next_due == never ? "; no further step" : "; next in " + duration(f.next_due - at);
    say("escalated", "daemon", std::move(text));
  }
  void on(const DeadlineMoved& f) {
    say("state_changed", "daemon",
        spaced(name(f.kind)) + " is now due " +
            (f.due == never ? std::string("never") : "in " + duration(f.due - at)) + ": " +
            (f.why == WhyMoved::policy_changed ? "the policy changed"
                                               : "no channel of the person took the page"));
  }
  void on(const PageRequested& f) {
    say("page_requested", "daemon",
        page_words(f.kind) + " for " + who(f.person, f.channel) + ": " + why_words(f.why));
  }
  void on(const LoweringProposed& f) {
    say("lowering_proposed", "daemon",
        "it would be " + std::string(name(f.proposed)) +
            " now, which is for a person to say: " + std::string(f.reason));
  }
  void on(const ReassessmentPlanned& f) {
    say("reassessment_planned", "daemon",
        f.due == never ? std::string("its priority no longer depends on the time")
                       : "service hours begin or end in " + duration(f.due - at) +
                             ": its priority is looked at again then");
  }
  void on(const StepHeld&) {
    say("step_held", "daemon",
        "a step is due, and paging is paused: nobody is paged before a person resumes it");
  }
  void on(const PageQueued& f) {
    say("page_queued", "daemon",
        f.why == WhyQueued::paging_paused ? "paging is paused: it goes when a person resumes it"
        : f.why == WhyQueued::channel_recovered
            ? "the channel takes pages again: it goes as soon as there is room"
        : f.why == WhyQueued::first_in_line
            ? "it is the most urgent one for a channel that fails: it is tried now"
            : "the channel is busy; it goes as soon as there is room");
  }
  void on(const AttemptStarted& f) {
    say("page_attempted", "daemon", "attempt " + std::to_string(f.attempt));
  }
  void on(const AttemptSettled& f) {
    std::string text = "attempt " + std::to_string(f.attempt) + " " + spaced(name(f.outcome));
    if (!f.detail.empty()) text += ": " + std::string(f.detail);
    if (f.retry != never) text += "; again in " + duration(f.retry - at) + " under the same key";
    say(f.outcome == AttemptOutcome::accepted ? "page_accepted" : "page_failed", "daemon",
        std::move(text));
  }
  void on(const PageEnded& f) {
    const char* kind = f.end == PageEnd::delivered   ? "page_sent"
                       : f.end == PageEnd::cancelled ? "page_cancelled"
                                                     : "page_failed";
    say(kind, "daemon",
        who(f.person, f.channel) + ": " + spaced(name(f.end)) + ", " + spaced(name(f.why)));
  }
  void on(const PagingHeld& f) {
    say("paging_held", std::string(f.by),
        "everything that fires in it is silenced by " + std::string(f.by) +
            ", so nobody is paged " + "for " + duration(f.until - at) +
            (f.comment.empty() ? "" : ": " + std::string(f.comment)));
  }
  void on(const PagingInhibited& f) {
    say("paging_held", std::string(f.owner),
        "everything that fires in it is inhibited by rule " + std::string(f.rule) + " of " +
            std::string(f.owner) + " while " + std::string(f.source) +
            " fires, so nobody is paged: " + std::string(f.reason));
  }
  void on(const PagingResumed& f) {
    say("paging_resumed", "daemon",
        std::string(f.why == WhyResumed::silence_over
                        ? "no silence covers it any more and nobody has answered"
                    : f.why == WhyResumed::inhibition_over
                        ? "what inhibited it has ended and nobody has answered"
                        : "an alert that nothing mutes fires in it, too") +
            ", so the escalation starts as cycle " + std::to_string(f.cycle));
  }
  void on(const StormJoined& f) {
    say("storm_joined", "daemon",
        "opened in storm " + std::to_string(f.storm) +
            (f.speaker == f.incident ? std::string(": nothing in it is known to be related")
                                     : ", told by " + to_text(f.speaker)));
  }
  void on(const IncidentRelated& f) {
    const std::string what(f.what), parent = to_text(f.parent);
    say("linked", f.why == WhyRelated::person ? what : std::string("daemon"),
        f.why == WhyRelated::late_root_cause
            ? "child of " + parent + ", which opened later about what " + what + " depends on"
        : f.why == WhyRelated::storm ? "child of " + parent + " in a storm: " + what
        : f.why == WhyRelated::moved ? "child of " + parent + ", as " + what + " is now"
                                     : "child of " + parent + ", says " + what);
  }
  void on(const IncidentDetached& f) {
    const std::string parent = to_text(f.parent);
    say("unlinked", f.why == WhyDetached::person ? std::string(f.by) : std::string("daemon"),
        f.why == WhyDetached::parent_resolved_child_firing
            ? "parent resolved, child firing: " + parent + " is over and this is not" +
                  (f.new_cycle ? "; the escalation starts as cycle " + std::to_string(f.cycle) : "")
        : f.why == WhyDetached::parent_resolved_child_reported
            ? "parent resolved, child reported: " + parent +
                  " is over, and people who have reported this are to say whether it is" +
                  (f.new_cycle ? "; the escalation starts as cycle " + std::to_string(f.cycle) : "")
        : f.why == WhyDetached::parent_resolved_child_waits
            ? "parent resolved: " + parent + " is over, and this goes on waiting for its caller"
        : f.why == WhyDetached::parent_resolved_child_major
            ? "parent resolved: " + parent + " is over, and a major incident is for its manager"
        : f.why == WhyDetached::parent_is_over
            ? "no child of " + parent + " any more, which is over"
            : "no child of " + parent + " any more");
  }
  void on(const AlertFlapping& f) {
    say("alert_flapping", "daemon",
        std::string(f.name) +
            (f.flapping ? " is flapping: it began to fire " + std::to_string(f.transitions) +
                              " times within a short while; recovery has to last longer now"
                        : " is not flapping any more"));
  }
  void on(const AlertReleased& f) {
    say("alert_released", "daemon",
        std::string(f.name) + " had been suppressed by maintenance " + std::string(f.window) +
            (f.change.empty() ? "" : ", change " + std::string(f.change)) + " of " +
            std::string(f.owner) + ": " + std::string(f.reason) +
            "; no window covers it any more, and it still fires");
  }
  void on(const IncidentReported& f) {
    say("reported", std::string(f.by),
        std::string(f.reporter) +
            (f.by == f.reporter ? std::string() : " (by " + std::string(f.by) + ")") + " reports" +
            (f.ci.empty() ? std::string() : " of " + std::string(f.ci)) + ": " +
            std::string(f.text) + " (" +
            (f.why == JoinReason::opened_it ? "it opened this incident" : join_words(f.why)) + ")");
  }
  void on(const IncidentConverted& f) {
    say("linked", std::string(f.by),
        "it is " + to_text(f.request) + " from here on, says " + std::string(f.by) +
            ": something is asked for, and nothing is broken");
  }
  void on(const HoldStarted& f) {
    std::string text = "on hold, " + spaced(name(f.reason)) + ", for " + duration(f.until - at);
    if (f.parent) text += " as " + to_text(f.parent) + " is";
    if (!f.reference.empty()) text += ", " + std::string(f.reference);
    text += ": " + std::string(f.note);
    if (!f.question.empty()) text += "; the question: " + std::string(f.question);
    if (f.pauses) text += "; its clock of resolution stands still";
    if (f.resolves) text += "; without an answer it is resolved then";
    say("hold_started", std::string(f.by), std::move(text));
  }
  void on(const HoldEnded& f) {
    const bool person = f.why == WhyHoldEnded::person || f.why == WhyHoldEnded::answered;
    say("hold_ended", person ? std::string(f.by) : "daemon",
        "not on hold any more: " + hold_words(f.why, std::string(f.by)));
  }
  void on(const CallerReminded& f) {
    say("caller_reminded", "daemon",
        "reminder " + std::to_string(f.reminder) + ": the caller has not answered yet");
  }
  void on(const MajorProposed& f) {
    say("major_proposed", f.by.empty() ? "daemon" : std::string(f.by),
        "may be a major incident, " + (f.by.empty() ? std::string() : std::string(f.by) + " ") +
            criterion_words(f.criterion) + ": " + std::string(f.reason) +
            "; without a decision it is one in " + duration(f.decide_due - at));
  }
  void on(const MajorDecided& f) {
    std::string text = f.decision == MajorDecision::accepted   ? "a major incident"
                       : f.decision == MajorDecision::rejected ? "no major incident"
                       : f.decision == MajorDecision::demoted  ? "no major incident any more"
                                                               : "no candidate any more";
    if (!f.by_daemon) text += ", says " + std::string(f.by);
    if (!f.reason.empty()) text += ": " + std::string(f.reason);
    if (!f.business_impact.empty()) text += "; business impact: " + std::string(f.business_impact);
    if (f.decision == MajorDecision::accepted)
      text += "; " + (f.manager.empty() ? "nobody" : std::string(f.manager)) + " leads it";
    say("major_" + std::string(name(f.decision)), std::string(f.by), std::move(text));
  }
  void on(const MajorReviewPlanned& f) {
    say("major_review_planned", "daemon",
        f.due == never ? "not looked at any more whether it is a major incident"
                       : review_at(f.due, at) +
                             " it is looked at again whether it is a major incident");
  }
  void on(const RecoveryLeftToPeople& f) {
    say("restored", "daemon",
        std::string("its alerts stayed clear, and ") +
            (f.major ? "it is a major incident: it is not resolved before its manager says so"
                     : "people have reported it: it is not resolved before a person says so") +
            (f.owner.empty() ? std::string() : "; " + std::string(f.owner) + " is asked"));
  }
  template <class F>
  void on(const F&) {
    say("state_changed", "daemon", std::string(FactTag<F>::name));
  }
};

}  // namespace

std::string story_words(JoinReason why) {
  return join_words(why);
}
std::string span_words(Span span) {
  return duration(span);
}

std::optional<TimelineEntry> read_entry(std::string_view value) {
  FactView view;
  TimelineEntry entry;
  if (!read_one_fact(value, view)) return {};
  entry.at = view.at;
  const bool known = with_fact(view, [&](const auto& fact) { Story{entry, view.at}.on(fact); });
  if (!known) return {};
  entry.fields = fields_of(view);
  return entry;
}

std::optional<ArchivedIncident> read_archived(std::string_view value) {
  ArchivedIncident out;
  const bool ok = RowCodec::decode(value, out.row);
  out.words = std::shared_ptr<const Blob>(out.row.blob, [](const Blob* blob) { free_blob(blob); });
  if (!ok) return {};
  return out;
}

}  // namespace tocsin
