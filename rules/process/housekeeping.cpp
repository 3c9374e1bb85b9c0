#include "rules/process/housekeeping.hpp"

#include <algorithm>

#include "rules/model/planted.hpp"
#include "rules/process/self.hpp"

namespace tocsin {
namespace {

constexpr std::int64_t clock_incident_ms = 60'000;

}  // namespace

void take_epoch(const Deciding& d, const TakeEpoch& c) {
  if (d.state.globals().format == 0) d.out.add(StoreCreated{first_fact_format, c.secret});
  const Span grace{std::max(d.settings.resolve_timeout.ms, d.settings.stale_grace_min.ms)};
  d.out.add(EpochTaken{c.epoch, planted("restart_inside_ends_at") ? Instant{} : d.now + grace,
                       c.version, c.boot, c.boot_ms});
  if (d.state.globals().link_generation == 0 && c.link_key != LinkKey{})
    d.out.add(LinkKeyMade{1, c.link_key, "daemon"});
}

void apply_config(const Deciding& d, const ApplyConfig& c) {
  if (c.settings->hash == d.state.globals().config_hash) {
    d.out.answer.code = Answer::Code::already;
    return;
  }
  if (!c.made_from.empty() && c.made_from != d.state.globals().config_hash) {
    d.out.answer.code = Answer::Code::illegal_transition;
    d.out.answer.message = "another configuration has come into force meanwhile";
    return;
  }
  // Live rows are measured anew only when what they were planned by has changed.
  const bool same_plans = d.settings.hash == d.state.globals().config_hash &&
                          std::equal(std::begin(d.settings.policies), std::end(d.settings.policies),
                                     std::begin(c.settings->policies)) &&
                          d.settings.auto_close_after == c.settings->auto_close_after;
  const bool same_answers =
      same_priorities(d.settings, *c.settings) && same_agreements(d.settings, *c.settings);
  d.out.add(ConfigApplied{c.settings->hash, c.why, c.settings->text});
  for (const auto& source : c.settings->sources) {
    const std::size_t next = d.state.globals().sources.size();
    if (d.state.source_slot(source) == sources_max && next < sources_max - 1)
      d.out.add(SourceNamed{static_cast<std::uint8_t>(next), source});
  }
  // One that is under way for the sake of the plans goes on for both.
  const Globals& g = d.state.globals();
  const bool plans_under_way = g.replan_next && !g.replan_priorities_only;
  if ((!same_plans || !same_answers) && d.state.incidents().size() > 0)
    d.out.add(ReplanAdvanced{IncidentNumber(1), d.now, same_plans && !plans_under_way});
}

void step_clock(const Deciding& d, const StepClock& c) {
  d.out.add(ClockStepped{c.by_ms, c.reason});
}

void replan_calendars(const Deciding& d, Span wait) {
  const bool none = std::all_of(std::begin(d.settings.sla), std::end(d.settings.sla),
                                [](const Agreement& a) { return a.calendar == always_open; });
  const Globals& g = d.state.globals();
  if (none || d.state.incidents().size() == 0) return;
  // A wait that is under way is not begun anew, or a clock that never stops stepping would keep
  // everything waiting.
  const Instant due = g.replan_next && g.replan_due > d.now ? g.replan_due : d.now + wait;
  d.out.add(ReplanAdvanced{IncidentNumber(1), due, !g.replan_next || g.replan_priorities_only});
}

std::optional<IncidentNumber> clock_incident(const Deciding& d, std::int64_t by_ms) {
  if (std::abs(by_ms) < clock_incident_ms) return {};
  if (open_about(d.state, d.settings.instance_name, "time_sync")) return {};
  const std::string title = "clock of " + d.settings.instance_name + " stepped by " +
                            std::to_string(by_ms / 1000) +
                            " s; hours of calendars are counted by the new time in 5 minutes";
  return open_self(d, title, "compute", "time_sync", Severity::warning, Priority::P3,
                   "the wall clock moved by a minute or more");
}

std::optional<IncidentNumber> declare_loss(const Deciding& d, const DeclareLoss& c) {
  d.out.add(HistoryLost{c.from, c.to, c.why});
  const std::string title = "acknowledged history is lost: frames " + std::to_string(c.from) +
                            " to " + std::to_string(c.to);
  if (const auto open = open_about(d.state, d.settings.instance_name, "pipeline")) {
    d.out.add(NoteAdded{*open, "daemon", title});
    return {};
  }
  return open_self(d, title, "monitoring", "pipeline", Severity::critical, Priority::P1, c.why);
}

Answer rotate_link_key(const Deciding& d, const RotateLinkKey& c) {
  Answer a;
  if (!c.by.may(Role::administrator)) {
    a.code = Answer::Code::forbidden, a.message = c.by.person + " may not rotate the key of links";
  } else {
    d.out.add(LinkKeyMade{d.state.globals().link_generation + 1, c.key, c.by.person});
  }
  return a;
}

Answer confirm_loss(const Deciding& d, const ConfirmLoss& c) {
  Answer a;
  if (!d.state.globals().loss_unconfirmed) {
    a.code = Answer::Code::already, a.message = "no loss waits for a confirmation";
  } else if (!c.by.may(Role::administrator) && !c.by.may(Role::incident_manager)) {
    a.code = Answer::Code::forbidden,
    a.message = c.by.person + " may not confirm a loss of history";
  } else {
    d.out.add(LossConfirmed{c.by.person});
  }
  return a;
}

}  // namespace tocsin
