// The people and things around the daemon: senders, channels, operators, and what goes wrong.
// Why this file is long: one short function for each of them.
#include <algorithm>

#include "rules/model/silence.hpp"
#include "rules/prepare.hpp"
#include "tests/simulation/world.hpp"

namespace tocsin::sim {
namespace {

constexpr std::int64_t minute_ms = 60'000, day_ms = 24 * 60 * minute_ms;

Actor actor(const std::string& person) {
  Actor a{person, 0};
  for (Role r : {Role::engineer, Role::incident_manager, Role::service_desk})
    a.roles |= 1u << index(r);
  return a;
}

}  // namespace

// ---- senders ----

void World::make_senders() {
  static constexpr const char* alerts[] = {"Down", "Slow", "Full", "Odd"};
  static constexpr const char* severities[] = {"critical", "critical", "error", "warning", "info"};
  const std::int64_t n = random_.between(3, 9);
  for (std::int64_t i = 0; i < n; ++i) {
    Sender s;
    s.alert = random_.one_of(alerts);
    s.ci = ci_name(static_cast<int>(random_.below(ci_count)));
    s.severity = random_.one_of(severities);
    s.source = static_cast<std::uint8_t>(random_.below(2));
    s.polite = random_.percent(75);
    s.gives_ends = s.polite && random_.percent(70);
    s.interval = random_.between(2, 4) * minute_ms;
    if (swarm_.bad_clocks && random_.percent(30))
      s.skew = random_.between(-26, 26) * 60 * minute_ms;
    if (random_.percent(4)) s.event_class = EventClass::request;
    senders_.push_back(s);
    if (swarm_.ha_pairs && random_.percent(40)) {  // its twin sees the same, a little later
      s.skew += random_.between(-3000, 3000);
      senders_.push_back(s);
    }
  }
  Sender machine;
  machine.alert = random_.one_of(alerts), machine.severity = random_.one_of(severities);
  machine.ci = ci_name(static_cast<int>(random_.below(ci_count)));
  machine.syslog = true, machine.polite = random_.percent(70);
  machine.interval = random_.between(2, 4) * minute_ms;
  senders_.push_back(machine);
  // What is to be full in fourteen days and some hours is an incident in some hours.
  Sender prophet = senders_.front();
  prophet.alert = "Filling", prophet.event_class = EventClass::alert;
  prophet.ci = ci_name(static_cast<int>(random_.below(ci_count)));
  prophet.runs_out = start_ + (horizon_days * 24 * 60 + random_.below(10 * 60)) * minute_ms;
  senders_.push_back(prophet);
  for (std::size_t i = 0; i < senders_.size(); ++i)
    at(start_ + random_.below(120 * minute_ms), [this, i] { outage(i); });
}

void World::outage(std::size_t i) {
  Sender& s = senders_[i];
  if (healed_) return;
  const std::uint64_t mine = ++outages_;
  s.firing = true, s.heard_start = false, s.heard_end = true;
  s.starts = Wall{now_ + skew_ + s.skew};
  s.resends = 0;
  resend(i, mine);
  const std::int64_t lasts =
      random_.percent(30) ? random_.below(4 * minute_ms) : random_.below(90 * minute_ms);
  at(now_ + lasts + 1, [this, i] { recover_sender(i); });
}

void World::recover_sender(std::size_t i) {
  Sender& s = senders_[i];
  if (!s.firing) return;
  s.firing = false;
  if (s.syslog && !healed_) at(now_ + random_.below(500 * minute_ms), [this, i] { outage(i); });
  if (s.syslog) return;
  s.ends = Wall{std::max(now_ + skew_ + s.skew, s.starts.ms + 1)};
  if (random_.percent(4) && !healed_)
    return at(now_ + random_.below(600 * minute_ms),
              [this, i] { outage(i); });  // never says that it is over
  s.heard_end = false;
  s.resends = 0;
  resend(i, outages_);
  if (!healed_) at(now_ + random_.below(500 * minute_ms), [this, i] { outage(i); });
}

// A polite sender repeats what fires, and what is over until it was heard, three times.
void World::resend(std::size_t i, std::uint64_t outage) {
  Sender& s = senders_[i];
  const bool resolved = !s.firing;
  if (resolved && s.heard_end && s.resends > 2) return;
  send(i, resolved, swarm_.lossy_senders ? 1 : 0);
  ++s.resends;
  const bool again =
      s.polite || (!healed_ && random_.percent(10)) || (healed_ && resolved && !s.heard_end);
  if (again && (s.firing == !resolved)) {
    const std::int64_t began = s.starts.ms;
    const bool firing = s.firing;
    at(now_ + s.interval, [this, i, began, firing, outage] {
      if (senders_[i].starts.ms == began && senders_[i].firing == firing) resend(i, outage);
    });
  }
}

void World::send(std::size_t i, bool resolved, int copies_left) {
  const Sender& s = senders_[i];
  const Wall starts = s.starts, ends = resolved       ? s.ends
                                       : s.gives_ends ? Wall{now_ + skew_ + s.skew + 4 * s.interval}
                                                      : Wall{};
  const bool lossy = swarm_.lossy_senders && !healed_;
  if (lossy && copies_left > 0 && random_.percent(10))  // a copy comes later, perhaps after the end
    at(now_ + random_.below(20 * minute_ms),
       [this, i, resolved, starts, ends] { deliver({i}, resolved, starts, ends); });
  if (lossy && random_.percent(15)) return;
  deliver({i}, resolved, starts, ends);
}

void World::deliver(std::vector<std::size_t> who, bool resolved, Wall starts, Wall ends) {
  if (!node_) return;
  AlertsRequest request;
  request.batch = std::make_shared<AlertBatch>();
  request.settings = node_->sequencer->settings();
  request.received_at = wall();
  const Sender& first = senders_[who.front()];
  const auto slot = node_->state.source_slot(first.syslog   ? syslog_source
                                             : first.source ? "generic"
                                                            : "prometheus");
  request.source = slot;
  for (const std::size_t i : who) {
    const Sender& s = senders_[i];
    IncomingAlert in;
    in.text_at = static_cast<std::uint32_t>(request.batch->bytes.size());
    const std::string summary = "it is " + s.alert;
    std::vector<Pair> labels{{"alertname", s.alert}, {"ci", s.ci}};
    if (s.syslog) labels.emplace_back("rule", "quiet");
    labels.emplace_back("severity", s.severity);
    std::vector<Pair> annotations{{"summary", summary}};
    const std::int64_t left_ms = s.runs_out - now_;
    std::string days_left = std::to_string(left_ms / day_ms) + ".";
    days_left += std::to_string(100'000 + left_ms % day_ms * 100'000 / day_ms).substr(1);
    if (s.runs_out) annotations.insert(annotations.begin(), {"days_left", days_left});
    pack_alert(request.batch->bytes, labels, annotations, "");
    in.text_size = static_cast<std::uint32_t>(request.batch->bytes.size()) - in.text_at;
    in.starts_at = s.syslog ? Wall{} : starts;
    in.ends_at = s.syslog ? wall() + quiet_after : ends, in.resolved = resolved,
    in.event_class = s.event_class;
    request.batch->alerts.push_back(in);
  }
  for (const auto& in : request.batch->alerts)
    request.prepared.push_back(
        prepare(*request.batch, in, *request.settings, node_->state.globals().secret,
                request.source, request.received_at, Span{}, node_->state.source_name(slot)));
  std::vector<std::pair<Fingerprint, Wall>> told;
  for (std::size_t k = 0; k < who.size(); ++k) {
    const Prepared& p = request.prepared[k];
    senders_[who[k]].fingerprint = p.fingerprint;
    const bool counts =
        p.rule >= 0 && request.settings->rules[static_cast<std::size_t>(p.rule)].count;
    // What is written has five digits after the point.
    const std::int64_t left_ms = senders_[who[k]].runs_out - now_;
    const bool later = left_ms * 100'000 / day_ms > horizon_days * 100'000;
    const bool aside =
        counts || p.event_class != EventClass::alert || p.severity == Severity::info || later;
    if (!aside && !resolved) told.emplace_back(p.fingerprint, p.until);
  }
  given_ += who.size();
  const Wall begins = first.syslog ? request.received_at : starts;
  request.done = [this, who, told, resolved, starts, begins](bool, std::uint64_t) {
    heard_ += who.size();
    for (const auto& [fingerprint, until] : told)
      oracle_.stored(fingerprint, begins, node_->state.globals().instant(until));
    for (const std::size_t i : who)
      if (senders_[i].starts == starts)
        (resolved ? senders_[i].heard_end : senders_[i].heard_start) = true;
  };
  give(Work{{}, std::move(request), {}, 0});
}

// Many things break at once, and one request tells.
void World::storm() {
  std::vector<std::size_t> who;
  for (std::size_t i = 0; i < senders_.size(); ++i)
    if (!senders_[i].firing && senders_[i].event_class == EventClass::alert &&
        senders_[i].source == senders_[0].source && !senders_[i].syslog) {
      senders_[i].firing = true;
      senders_[i].starts = wall();
      who.push_back(i);
      at(now_ + random_.below(60 * minute_ms), [this, i] { recover_sender(i); });
      at(now_ + senders_[i].interval, [this, i] {
        if (senders_[i].firing) resend(i, outages_);
      });
    }
  if (who.empty()) return;
  const std::size_t times = static_cast<std::size_t>(random_.between(1, 8));
  std::vector<std::size_t> all;
  for (std::size_t k = 0; k < times; ++k) all.insert(all.end(), who.begin(), who.end());
  deliver(all, false, wall(), {});
}

// ---- what beats ----

// In time, as long as it lives.
void World::beat(const std::string& heartbeat) {
  const bool guard = heartbeat == "guard";
  const std::int64_t every = guard ? 170 * minute_ms : 10 * minute_ms;
  at(now_ + every - beats_.below(every / 2), [this, heartbeat] { beat(heartbeat); });
  std::int64_t& silent_until = silent_until_[heartbeat];
  if (now_ < silent_until && !healed_) return;
  if (beats_.percent(guard ? 20 : 4))
    silent_until = now_ + beats_.below((guard ? 9 * 60 : 90) * minute_ms);
  for (std::int64_t i = beats_.below(3); i >= 0; --i) sign_of_life(heartbeat);
}

void World::sign_of_life(const std::string& heartbeat) {
  if (!node_) return;
  const Instant stamp = log_now();
  const auto heard = [this, heartbeat, stamp] {
    ++heard_;
    oracle_.heard(heartbeat, stamp, log_now());
  };
  ++given_;
  if (heartbeat == "pulse")
    return give(PingHeartbeat{heartbeat, 0}, [this, heard](const Answer& a, std::uint64_t) {
      if (a.code == Answer::Code::done) return heard();
      ++heard_;  // it is not expected at the moment
    });
  AlertsRequest request;
  request.batch = std::make_shared<AlertBatch>();
  request.settings = node_->sequencer->settings();
  request.received_at = wall();
  request.source = node_->state.source_slot("prometheus");
  pack_alert(request.batch->bytes, {{"alertname", "Guard"}, {"severity", "critical"}}, {}, "");
  IncomingAlert in;
  in.text_size = static_cast<std::uint32_t>(request.batch->bytes.size());
  in.starts_at = Wall{start_};
  request.batch->alerts.push_back(in);
  request.prepared.push_back(prepare(*request.batch, in, *request.settings,
                                     node_->state.globals().secret, request.source,
                                     request.received_at, Span{}, "prometheus"));
  request.done = [heard](bool, std::uint64_t) { heard(); };
  give(Work{{}, std::move(request), {}, 0});
}

// ---- who reports ----

// One person, or many within minutes; about something or about nobody knows what. Some say it
// twice.
void World::somebody_reports() {
  if (healed_) return;
  const std::int64_t again = people_.percent(30) ? 2 : 150;
  at(now_ + people_.below(again * minute_ms), [this] { somebody_reports(); });
  static constexpr const char* words[] = {"nothing works", "it is slow", "how do I export it?"};
  static constexpr const char* names[] = {"ann", "u1", "u2"};
  ReportByPerson c;
  c.by = {people_.one_of(names), 1u << index(Role::requester)};
  c.text = people_.one_of(words);
  if (people_.percent(70)) c.ci = ci_name(static_cast<int>(people_.below(ci_count)));
  c.request = people_.percent(30);
  for (std::int64_t copies = 1 + people_.below(2); copies > 0 && node_; --copies) {
    ++given_;
    give(c, [this](const Answer& a, std::uint64_t) {
      ++heard_;
      if (a.code != Answer::Code::shed) oracle_.told(a);
    });
  }
}

void World::somebody_handles() {
  if (healed_) return;
  at(now_ + people_.below(60 * minute_ms), [this] { somebody_handles(); });
  const RequestNumber n(static_cast<std::uint32_t>(people_.between(1, 40)));
  const bool done = people_.percent(50), convert = people_.percent(20);
  if (!node_) return;
  if (convert && done)
    return give(ConvertIncident{IncidentNumber(n.value), actor("ann"), "a wish"});
  if (convert) {
    ++given_;
    return give(ConvertRequest{n, actor("ben")},
                [this](const Answer& a, std::uint64_t) { heard_ += a.code == Answer::Code::done; });
  }
  if (done) return give(FinishRequest{n, actor("ann"), "done"});
  give(TakeRequest{n, actor("ben")});
}

// ---- who lets things wait, and who leads ----

void World::somebody_leads() {
  if (healed_) return;
  at(now_ + leaders_.below(25 * minute_ms), [this] { somebody_leads(); });
  if (!node_) return;
  const IncidentNumber n(static_cast<std::uint32_t>(leaders_.between(1, 30)));
  const std::int64_t kind = leaders_.below(10);
  if (kind < 5) {
    HoldIncident c{n,
                   actor("ann"),
                   static_cast<HoldReason>(leaders_.below(7)),
                   "somebody else has to move first",
                   "CHG-1",
                   "since when?"};
    if (leaders_.percent(70)) c.lasts = Span{1 + leaders_.below(120 * minute_ms)};
    give(c);
  } else if (kind < 6) {
    give(ResumeIncident{n, actor("ben")});
  } else {
    lead(n);
  }
}

void World::lead(IncidentNumber n) {
  Actor fay = actor("fay");
  if (leaders_.percent(70)) fay.roles |= 1u << index(Role::major_incident_manager);
  const auto act = static_cast<MajorAct>(leaders_.below(4));
  give(DecideMajor{n, fay, act, "simulated it is", "people cannot pay"});
  if (leaders_.percent(60)) return;
  give(ResolveIncident{n, fay, ClosureCode::config_corrected, CauseCode::configuration,
                       "put back what had been changed", leaders_.percent(10)});
  if (leaders_.percent(50)) give(CloseIncident{n, fay, "nothing to be learned of it"});
}

// ---- channels ----

void World::send_out(const SendOrder& order) {
  ++result.pages;
  const std::size_t which = order.channel == "chat" ? 0 : order.channel == "pager" ? 1 : 2;
  const auto mode = healed_ ? Channel::Mode::accept : channels_[which].mode;
  const std::int64_t soon = random_.between(1, 1500);
  switch (mode) {
    case Channel::Mode::accept:
    case Channel::Mode::slow:
      settle(order, AttemptOutcome::accepted, {}, mode == Channel::Mode::slow ? 9'000 : soon);
      operator_reacts(order);
      break;
    case Channel::Mode::refuse:
      settle(order, AttemptOutcome::refused, {}, soon);
      break;
    case Channel::Mode::swallow:  // it came, and the answer did not
      oracle_.accepted(order.page);
      settle(order, AttemptOutcome::unknown, {}, soon);
      operator_reacts(order);
      break;
    case Channel::Mode::hang:
      settle(order, AttemptOutcome::unknown, {}, 10'000);
      break;
    case Channel::Mode::busy:
      settle(order, AttemptOutcome::not_sent, seconds(random_.between(0, 400)), soon);
      break;
    case Channel::Mode::silent:  // our own fault: the backstop has to catch it, and the answer is
                                 // late
      settle(order, AttemptOutcome::accepted, {}, 80'000);
      break;
  }
}

void World::settle(const SendOrder& order, AttemptOutcome outcome, Span retry_after,
                   std::int64_t delay) {
  const std::uint64_t life = life_;
  const SettleAttempt settled{order.page,
                              order.attempt,
                              order.epoch,
                              outcome,
                              outcome == AttemptOutcome::accepted ? "" : "simulated",
                              retry_after};
  at(now_ + delay, [this, life, settled] {
    if (life != life_) return;
    if (settled.outcome == AttemptOutcome::accepted) oracle_.accepted(settled.page);
    give(Command(settled));
  });
}

// ---- operators ----

void World::operator_reacts(const SendOrder& order) {
  if (healed_ || order.kind != PageKind::page || random_.percent(35)) return;
  const IncidentNumber n = order.incident;
  const std::string person = order.person.empty() ? "eve" : order.person;
  std::int64_t when = now_ + random_.below(random_.percent(50) ? 5 * minute_ms : 45 * minute_ms);
  // Some answer at the very instant at which the next step is due.
  if (random_.percent(30) && node_) {
    const auto slot = node_->state.incident_slot(n);
    if (slot != no_slot && node_->state.incidents().at(slot).escalate_due < when_uninhibited)
      when = std::max(now_, now_ + (node_->state.incidents().at(slot).escalate_due - log_now()).ms);
  }
  const auto token = order.link.find("/a/");
  if (token != std::string::npos && random_.percent(50))
    at(when, [this, link = order.link.substr(token + 3)] { press(link, 2); });
  else
    at(when, [this, n, person] { acknowledge(n, person); });
  if (random_.percent(60)) {
    const std::int64_t later = when + random_.below(90 * minute_ms);
    at(later, [this, n, person] { operator_resolves(n, person, 3); });
  }
}

void World::acknowledge(IncidentNumber n, const std::string& person) {
  if (!node_) return;
  const Instant stamp = log_now();
  give(AcknowledgeIncident{n, actor(person), "link"},
       [this, n, stamp](const Answer& a, std::uint64_t) {
         if (a.code == Answer::Code::done) oracle_.acknowledged(n, stamp);
       });
  if (random_.percent(20)) give(NoteIncident{n, actor(person), "looking at it"});
}

// The button behind the link of a page; browsers and gateways send the same form again, also days
// later.
void World::press(const std::string& token, int replays) {
  if (!node_) return;
  const Instant stamp = log_now();
  give(AcknowledgeByLink{token}, [this, stamp](const Answer& a, std::uint64_t) {
    if (a.code == Answer::Code::done) oracle_.acknowledged(a.incident, stamp);
    if (a.code == Answer::Code::already && a.by.empty())
      broken("2 held", "somebody was told that it is answered, and not by whom");
  });
  if (replays > 0 && random_.percent(50))
    at(now_ + random_.below(random_.percent(50) ? minute_ms : 1500 * minute_ms),
       [this, token, replays] { press(token, replays - 1); });
}

void World::operator_resolves(IncidentNumber n, const std::string& person, int tries) {
  if (!node_ || healed_) return;
  const bool force = random_.percent(10);
  give(ResolveIncident{n, actor(person), ClosureCode::config_corrected, CauseCode::configuration,
                       "put back what had been changed", force},
       [this, n, person, tries](const Answer& a, std::uint64_t) {
         if (a.code != Answer::Code::illegal_transition || tries == 0) return;
         at(now_ + random_.below(60 * minute_ms),
            [this, n, person, tries] { operator_resolves(n, person, tries - 1); });
       });
  if (random_.percent(20))
    at(now_ + random_.below(30 * minute_ms), [this, n, person] {
      if (node_) give(CloseIncident{n, actor(person)});
    });
}

// ---- what goes wrong ----

void World::faults() {
  static constexpr Channel::Mode modes[] = {
      Channel::Mode::accept, Channel::Mode::accept, Channel::Mode::refuse, Channel::Mode::swallow,
      Channel::Mode::hang,   Channel::Mode::busy,   Channel::Mode::slow,   Channel::Mode::silent};
  std::function<void()>* next = new std::function<void()>;
  std::shared_ptr<std::function<void()>> keep(next);
  *next = [this, weak = std::weak_ptr(keep)] {
    if (healed_) return;
    const std::int64_t kind = random_.below(100);
    if (kind < 35 && swarm_.bad_channels) {
      const auto which = static_cast<std::size_t>(random_.below(3));
      break_channel(which, random_.one_of(modes));
    } else if (kind < 45 && swarm_.crashes && node_) {
      crash("by fate");
    } else if (kind < 55 && swarm_.clock_steps) {
      step_clock();
    } else if (kind < 65 && swarm_.reloads) {
      reload();
    } else if (kind < 70 && swarm_.storms) {
      storm();
    } else if (kind >= 85 && kind < 88) {
      window();
    } else if (kind == 88) {
      end_some_window();
    } else if (kind >= 82 && kind < 95 && swarm_.silences) {
      silence();
    } else if (kind >= 95 && swarm_.silences) {
      expire_some_silence();
    } else if (kind < 72) {
      prioritize();
    } else if (kind < 73) {
      acknowledge(IncidentNumber(static_cast<std::uint32_t>(random_.between(1, 30))), "ann");
    } else if (kind < 76 && node_) {
      given_ += 3, heard_ += 3;
      give(CountRejected{static_cast<std::uint8_t>(random_.below(40)), Disposition::rejected_auth,
                         3});
    } else if (kind >= 79 && kind < 83 && node_) {
      give(StartDrill{actor("eve"), random_.percent(50) ? "ann" : "sms"});
    } else if (kind >= 83 && kind < 85 && node_) {
      Actor admin{"eve", 1u << index(Role::administrator)};
      const auto key = static_cast<std::uint64_t>(random_.between(1, 1'000'000));
      give(RotateLinkKey{admin, {key, 2, 3, 4}});
    } else if (kind < 79 && node_ && node_->state.globals().loss_unconfirmed) {
      give(ConfirmLoss{actor("eve")});
    }
    if (const auto again = weak.lock())
      at(now_ + random_.below(50 * minute_ms), [again] { (*again)(); });
  };
  at(now_ + minute_ms, [keep] { (*keep)(); });
}

// A manager knows better, for a while, for good, or no more.
void World::prioritize() {
  const IncidentNumber n(static_cast<std::uint32_t>(random_.between(1, 30)));
  const std::int64_t kind = random_.below(4);
  const Priority priority = static_cast<Priority>(random_.below(5));
  const int by = static_cast<int>(random_.below(3)) - 1;
  const Span lasts{kind == 0 ? 0 : random_.between(1, 5 * 60) * minute_ms};
  if (!node_) return;
  if (kind == 3 && by == 0)
    return give(CategorizeIncident{
        n, actor("eve"), n.value % 4 ? "storage/filesystem" : "security/malware", "simulated"});
  if (kind == 3) return give(AdjustPriority{n, actor("eve"), by, {}, "simulated"});
  std::optional<Priority> wanted = priority;
  if (kind == 2) wanted.reset();
  give(OverridePriority{n, actor("eve"), wanted, lasts, "simulated it is"});
}

// For minutes, as most outages, or until something else happens to it.
void World::break_channel(std::size_t which, Channel::Mode mode) {
  channels_[which].mode = mode;
  if (random_.percent(20)) return;
  at(now_ + random_.below(20 * minute_ms), [this, which, mode] {
    if (channels_[which].mode == mode) channels_[which].mode = Channel::Mode::accept;
  });
}

// Of one thing or of many, now or later, new or changed; now and then at the very instant at which
// the next step of somebody's incident is due.
void World::silence() {
  if (!node_) return;
  static constexpr const char* alerts[] = {"Down", "Slow", "Full", "Odd"};
  std::vector<Matcher> matchers;
  const std::int64_t kind = random_.below(4);
  const std::string ci = ci_name(static_cast<int>(random_.below(ci_count)));
  const std::string alert = random_.one_of(alerts);
  if (kind == 0) matchers.push_back({"alertname", Matcher::Op::equal, alert, nullptr});
  if (kind <= 1) matchers.push_back({"ci", Matcher::Op::equal, ci, nullptr});
  if (kind == 2) matchers.push_back({"ci", Matcher::Op::matches, "ci-[0-4]", nullptr});
  if (kind == 3) matchers.push_back({"alertname", Matcher::Op::matches, ".+", nullptr});
  if (kind == 3) matchers.push_back({"severity", Matcher::Op::not_equal, "error", nullptr});
  SetSilence c{actor("eve"), {}, pack_matchers(matchers), "eve", "simulated", {}, {}};
  c.starts_at = wall();
  if (random_.percent(30)) c.starts_at = c.starts_at + Span{random_.below(60 * minute_ms)};
  c.ends_at = c.starts_at + Span{1 + random_.below(180 * minute_ms)};
  std::vector<std::pair<SilenceId, std::uint32_t>> known;
  node_->state.silences().each([&](std::uint32_t slot, const SilenceRow& r) {
    if (r.kind == SuppressionKind::silence) known.emplace_back(r.id, slot);
  });
  std::sort(known.begin(), known.end());
  if (!known.empty() && random_.percent(40)) {
    const auto which = random_.below(static_cast<std::int64_t>(known.size()));
    const SilenceRow& row =
        node_->state.silences().at(known[static_cast<std::size_t>(which)].second);
    c.uuid = row.uuid;
    if (random_.percent(70)) c.matchers = row.words().matchers, c.starts_at = row.starts_at;
  }
  std::int64_t when = now_;
  if (random_.percent(40))
    node_->state.incidents().each([&](std::uint32_t, const IncidentRow& r) {
      if (r.escalate_due < when_uninhibited)
        when = std::max(now_, now_ + (r.escalate_due - log_now()).ms);
    });
  at(when, [this, c] { give(c); });
}

std::optional<Fingerprint> World::some_live(SuppressionKind kind) {
  std::vector<std::pair<SilenceId, Fingerprint>> known;
  node_->state.silences().each([&](std::uint32_t, const SilenceRow& r) {
    if (r.kind == kind && r.state != SilenceState::expired) known.emplace_back(r.id, r.uuid);
  });
  if (known.empty()) return {};
  std::sort(known.begin(), known.end());
  const auto which = random_.below(static_cast<std::int64_t>(known.size()));
  return known[static_cast<std::size_t>(which)].second;
}

void World::expire_some_silence() {
  if (!node_) return;
  if (const auto uuid = some_live(SuppressionKind::silence))
    give(ExpireSilence{actor("eve"), *uuid});
}

// On some CIs, on what somebody says broke, or both; now, or at the very end of another.
void World::window() {
  if (!node_) return;
  AddWindow c;
  c.by = actor("eve"), c.owner = "eve", c.reason = "simulated";
  const std::int64_t kind = random_.below(4);
  if (kind != 0)
    for (std::int64_t i = random_.between(1, 4); i > 0; --i)
      c.cis.push_back(ci_name(static_cast<int>(random_.below(ci_count))));
  c.dependents = random_.percent(30);
  if (kind <= 1)
    c.matchers = pack_matchers({{"alertname", Matcher::Op::matches, "Down|Full", nullptr}});
  if (random_.percent(30)) c.change = "CHG-1";
  c.starts_at = wall();
  if (random_.percent(30)) c.starts_at = c.starts_at + Span{random_.below(60 * minute_ms)};
  c.ends_at = c.starts_at + Span{1 + random_.below(120 * minute_ms)};
  give(c);
}

void World::end_some_window() {
  if (!node_) return;
  if (const auto uuid = some_live(SuppressionKind::window)) give(EndWindow{actor("eve"), *uuid});
}

void World::step_clock() {
  const std::int64_t kind = random_.below(6);
  if (kind == 0) skew_ += hours(1).ms;
  if (kind == 1) skew_ -= hours(1).ms;
  if (kind == 2) skew_ = 2'082'758'400'000 - now_;  // 2036
  if (kind == 3) skew_ = 0;
  if (kind == 4) skew_ += random_.between(-30'000, 30'000);
  if (kind == 5) skew_ += random_.between(-1500, 1500);
  note("the wall clock was set");
}

void World::reload() {
  variant_ = random_.percent(25)
                 ? Variant::base
                 : static_cast<Variant>(random_.below(static_cast<std::int64_t>(Variant::count_)));
  if (random_.percent(20))
    variant_ = variant_ == Variant::base ? Variant::equivalent : Variant::base;
  wanted_ = settings_of(company_, variant_);
  if (node_ && random_.percent(80)) give(ApplyConfig{wanted_, "reload"});
}

// ---- the end ----

void World::heal() {
  note("healed");
  healed_ = true;
  skew_ = 0;
  for (auto& c : channels_) c.mode = Channel::Mode::accept;
  if (!node_) start();
  resume_paging();
  for (const char* one : {"guard", "pulse"}) sign_of_life(one);
  for (std::size_t i = 0; i < senders_.size(); ++i) {
    senders_[i].skew = 0;
    if (!senders_[i].firing && !senders_[i].heard_end) resend(i, outages_);
  }
  run_until(now_ + 10 * minute_ms + 20'000);
  // Whoever repeats does so on: all is counted when nothing came after the counts were written.
  for (std::uint64_t came = 0; came != given_ + heard_;) {
    came = given_ + heard_;
    give(FlushTallies{});
    run_until(now_ + 1000);
    while (!in_flight_.empty()) run_until(now_ + 1);
  }
}

void World::check_drained() {
  if (!node_) broken("16 drain", "the process is not running");
  const State& s = node_->state;
  release();
  if (node_->durable != node_->sequencer->head() || node_->sequencer->owes())
    broken("16 drain", "something is decided and not said");
  oracle_.drained(log_now());
  oracle_.equals(s, "8 same bytes");
  oracle_.totals(s);
  oracle_.archive(store_.rows, s);
  std::uint64_t received = 0;
  for (auto n : s.totals().received) received += n;
  received -= oracle_.own_events();
  const auto settings = node_->sequencer->settings();
  for (const Heartbeat& h : settings->heartbeats) {
    const std::uint32_t slot = s.heartbeat_slot(h.name);
    if (slot == no_slot || s.heartbeats().at(slot).state != HeartbeatState::alive)
      broken("16 drain", "heartbeat " + h.name + " lives, and counts as silent");
  }
  // A kill may lose ten seconds of tallies; without one the count is exact.
  if (received > given_ || (result.crashes == 0 && received != heard_))
    broken("4 conservation",
           "received " + std::to_string(received) + " of " + std::to_string(heard_) + " events");
  result.incidents = s.globals().next_incident.value - 1;
  for (const Sender& sender : senders_) {
    if (!sender.polite || sender.event_class != EventClass::alert || sender.severity == "info")
      continue;
    const std::uint32_t slot = s.alert_slot(sender.fingerprint);
    if (slot == no_slot) continue;
    const AlertState state = s.alerts().at(slot).state;
    if (sender.firing && state == AlertState::stale && now_ - sender.starts.ms > 6 * minute_ms)
      broken("16 drain", sender.alert + " on " + sender.ci + " is repeated and counts as stale");
  }
}

}  // namespace tocsin::sim
