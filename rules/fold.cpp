// Why this file is long: it has one short function per fact, and no other logic.
#include "rules/fold.hpp"

#include <algorithm>

#include "rules/kpi/count.hpp"
#include "rules/model/planted.hpp"
#include "rules/model/row_codec.hpp"

namespace tocsin {

// Friend of State: the only code that changes it.
struct Fold {
  State& s;
  Instant at;
  std::string_view bytes;
  bool ok = true;

  Globals& g() { return s.globals_; }

  // The row a fact speaks of; a fact about a row that is not there is not from this log.
  AlertRow* alert(const Fingerprint& f, std::uint32_t& slot) {
    slot = s.by_fingerprint_.find(f);
    if (slot == no_slot) return ok = false, nullptr;
    return &s.alerts_.change(slot);
  }
  IncidentRow* incident(IncidentNumber n, std::uint32_t& slot) {
    slot = s.incident_slot(n);
    if (slot == no_slot) return ok = false, nullptr;
    return &s.incidents_.change(slot);
  }
  // Changes a page through `how`, keeping the index of its channel right.
  template <class How>
  void page(PageId id, How&& how) {
    const std::uint32_t slot = s.page_slot(id);
    if (slot == no_slot) {
      ok = false;
      return;
    }
    s.index_page(s.pages_.at(slot), false);
    PageRow& row = s.pages_.change(slot);
    how(row);
    s.index_page(row, true);
    s.arm_page(slot);
  }
  // Changes an incident through `how`; every change is a revision and re-arms its deadlines.
  template <class How>
  void change(IncidentNumber n, How&& how) {
    std::uint32_t slot;
    IncidentRow* row = incident(n, slot);
    if (!row) return;
    how(*row);
    ++row->revision;
    s.arm_incident(slot);
  }
  void reword(IncidentRow& row, const IncidentWords& words) {
    const Blob* old = row.blob;
    row.blob = make_incident_blob(words);
    s.release(old);
  }
  // The timeline of an incident is the facts about it, in order, unchanged.
  void timeline(IncidentNumber n) {
    const std::uint32_t slot = s.incident_slot(n);
    if (slot == no_slot) return;
    s.archive_.add(n, timeline_key(n, ++s.incidents_.change(slot).timeline), std::string(bytes));
  }
  // Whether an alert is counted as firing, and as stale, in its incident is a bit on its own row,
  // so that no order of facts can count it twice.
  void count_in(AlertRow& row, bool firing, bool stale) {
    const std::uint32_t slot = s.incident_slot(row.incident);
    const bool was_firing = row.flags & AlertRow::counted_firing,
               was_stale = row.flags & AlertRow::counted_stale;
    row.flags = static_cast<std::uint8_t>(
        (row.flags & ~(AlertRow::counted_firing | AlertRow::counted_stale)) |
        (firing ? AlertRow::counted_firing : 0) | (stale ? AlertRow::counted_stale : 0));
    if (firing != was_firing) {
      const std::uint32_t own = s.by_fingerprint_.find(row.fingerprint());
      firing ? s.link_member(row.incident, own) : s.unlink_member(row.incident, own);
    }
    if (slot == no_slot) return;
    IncidentRow& i = s.incidents_.change(slot);
    i.alerts_firing += firing - was_firing;
    i.alerts_stale += stale - was_stale;
    i.monitoring_silent = i.alerts_stale > 0;
  }

  // ---- the store ----
  void on(const StoreCreated& f) { g().format = f.format, g().secret = f.secret; }
  void on(const EpochTaken& f) {
    g().epoch = f.epoch, g().stale_grace = f.stale_grace;
    g().boot = f.boot, g().boot_ms = f.boot_ms, g().boot_at = at;
  }
  void on(const ClockStepped& f) {
    g().offset_ms += f.by_ms;
    s.totals_.add(Metric::clock_steps);
    silences_follow_the_clock();
  }
  // A start is what the wall says; an end is over at the earlier of wall and elapsed time: a clock
  // that is set may shorten a silence, never draw it out.
  void silences_follow_the_clock() {
    std::vector<std::uint32_t> live;
    s.silences_.each([&](std::uint32_t slot, const SilenceRow& r) {
      if (r.state != SilenceState::expired) live.push_back(slot);
    });
    for (const std::uint32_t slot : live) {
      SilenceRow& r = s.silences_.change(slot);
      if (r.state == SilenceState::pending) r.starts_due = g().instant(r.starts_at);
      r.ends_due = earlier(r.ends_due, g().instant(r.ends_at));
      s.arm_silence(slot);
    }
  }
  void on(const ConfigApplied& f) {
    g().config_hash = f.hash;
    s.config_text_ = std::make_shared<const std::string>(f.text);
    s.config_text_dirty_ = true;
  }
  void on(const SourceNamed& f) {
    if (f.slot >= sources_max) return void(ok = false);
    if (g().sources.size() <= f.slot) g().sources.resize(f.slot + 1u);
    g().sources[f.slot] = f.name;
  }
  void on(const HistoryLost& f) {
    g().lost_from = f.from, g().lost_to = f.to, g().loss_unconfirmed = true;
    s.totals_.add(Metric::history_lost);
  }
  void on(const LossConfirmed&) { g().loss_unconfirmed = false; }
  void on(const PagingPaused& f) {
    g().paused = true, g().paused_why = f.why, g().paused_at = at, g().paused_epoch = g().epoch;
    if (f.why != WhyPaused::restored) return;
    g().restored_history = f.history, g().backup_seq = f.backup_seq;
    g().backup_at = f.backup_at, g().restored_at = f.restored_at;
  }
  // What was held while it lasted is due at this instant.
  void on(const PauseEnded&) {
    g().paused = false, g().resumed_at = at;
    std::vector<std::uint32_t> held, waiting;
    s.incidents_.each([&](std::uint32_t slot, const IncidentRow& r) {
      if (r.escalate_due == when_resumed) held.push_back(slot);
    });
    for (const std::uint32_t slot : held)
      s.incidents_.change(slot).escalate_due = at, s.arm_incident(slot);
    s.pages_.each([&](std::uint32_t slot, const PageRow& p) {
      if (p.state == PageState::waiting && !p.delivered && p.due == never) waiting.push_back(slot);
    });
    for (const std::uint32_t slot : waiting) {
      const PageId id = s.pages_.at(slot).id;
      page(id, [&](PageRow& p) { p.due = at; });
    }
  }
  void on(const LinkKeyMade& f) {
    g().link_key_before = g().link_key, g().link_key = f.key;
    g().link_generation = f.generation, g().link_key_from = g().next_page;
  }
  void on(const ChannelForgotten& f) {
    const auto it = g().channel_health.find(f.channel);
    if (it != g().channel_health.end()) g().channel_health.erase(it);
  }
  void on(const Tallied& f) { ok = count_tallied(s.totals_, f); }
  void on(const ReplanAdvanced& f) {
    g().replan_next = f.next, g().replan_due = f.due;
    if (f.next) s.push({f.due, DeadlineKind::replan, 0, 0, no_slot});
  }

  // ---- alerts ----
  void on(const AlertOpened& f) {
    if (s.by_fingerprint_.find(f.alert) != no_slot) return void(ok = false);
    AlertRow row;
    row.blob = make_alert_blob(f.alert, f.serial, f.ci, f.text);
    row.due = f.due;
    row.starts_at = f.starts_at, row.ends_at = f.ends_at;
    row.seen_at = row.changed_at = at;
    row.state = f.state, row.severity = f.severity, row.source = f.source;
    row.flags = f.time_suspect ? AlertRow::time_suspect : 0;
    s.insert_alert(row);
    g().next_alert = std::max(g().next_alert, AlertSerial(f.serial.value + 1));
    if (f.state == AlertState::tombstone) ++g().tombstones;
    count(s.totals_, f);
  }
  void on(const AlertChanged& f) {
    std::uint32_t slot;
    AlertRow* row = alert(f.alert, slot);
    if (!row) return;
    count(s.totals_, f, row->state);
    if (row->state == AlertState::tombstone && f.state != AlertState::tombstone) --g().tombstones;
    row->state = f.state, row->severity = f.severity, row->starts_at = f.starts_at;
    row->due = f.due, row->changed_at = at, row->source = f.source;
    if (f.state != AlertState::resolved) row->ends_at = {};
    if (f.state == AlertState::held)
      count_in(*row, false, false);  // its incident is over, and it fires anew
    s.arm_alert(slot);
  }
  void on(const AlertAnnotated& f) {
    std::uint32_t slot;
    AlertRow* row = alert(f.alert, slot);
    if (!row) return;
    const Blob* old = row->blob;
    row->blob = make_alert_blob(f.alert, row->serial(), row->ci(), f.text);
    s.release(old);
  }
  void on(const AlertRefreshed& f) {
    std::uint32_t slot;
    if (AlertRow* row = alert(f.alert, slot)) row->due = f.until, s.arm_alert(slot);
  }
  void on(const AlertStale& f) {
    std::uint32_t slot;
    AlertRow* row = alert(f.alert, slot);
    if (!row) return;
    row->state = AlertState::stale, row->due = f.retire, row->changed_at = at;
    s.arm_alert(slot);
    s.totals_.add(Metric::alerts_stale);
    count_in(*row, true, true);
  }
  void on(const AlertResolved& f) {
    std::uint32_t slot;
    AlertRow* row = alert(f.alert, slot);
    if (!row) return;
    const AlertState was = row->state;
    row->state = AlertState::resolved, row->ends_at = f.ends_at, row->due = f.retire,
    row->changed_at = at;
    s.arm_alert(slot);
    count(s.totals_, f, was);
    count_in(*row, false, false);
  }
  void on(const AlertKept& f) {
    std::uint32_t slot;
    if (AlertRow* row = alert(f.alert, slot)) row->due = f.retire, s.arm_alert(slot);
  }
  void on(const AlertForgotten& f) {
    const std::uint32_t slot = s.by_fingerprint_.find(f.alert);
    if (slot == no_slot) return void(ok = false);
    AlertRow row = s.alerts_.at(slot);
    if (row.state == AlertState::tombstone) --g().tombstones;
    count_in(row, false, false);
    s.erase_alert(slot);
  }

  // ---- incidents ----
  void on(const IncidentOpened& f) {
    if (s.incident_slot(f.incident) != no_slot) return void(ok = false);
    IncidentRow row;
    IncidentWords w;
    w.title = f.title, w.ci = f.ci, w.ci_class = f.ci_class, w.service = f.service;
    w.environment = f.environment, w.category = f.category, w.subcategory = f.subcategory;
    w.symptom = f.symptom, w.category_rule = f.category_rule, w.group = f.group;
    w.summary = f.summary, w.runbook = f.runbook;
    row.blob = make_incident_blob(w);
    row.number = f.incident, row.recurrence_of = f.recurrence_of;
    row.opened_at = row.cycle_at = at;
    row.escalate_due = f.escalate_due;
    row.occurred_at = f.occurred_at;
    row.severity = f.severity, row.impact = f.impact, row.urgency = f.urgency;
    row.priority = f.priority, row.ci_match = f.ci_match, row.origin = f.origin, row.self = f.self;
    s.insert_incident(row);
    g().next_incident = IncidentNumber(f.incident.value + 1);
    count(s.totals_, f);
  }
  void on(const DrillStarted& f) {
    if (s.incident_slot(f.incident) != no_slot) return void(ok = false);
    IncidentRow row;
    IncidentWords w;
    w.title = f.title;
    row.blob = make_incident_blob(w);
    row.number = f.incident, row.opened_at = row.cycle_at = at, row.occurred_at = f.occurred_at;
    row.close_due = f.close_due, row.priority = Priority::P5, row.drill = true;
    s.insert_incident(row);
    g().next_incident = IncidentNumber(f.incident.value + 1);
    s.totals_.add(Metric::drills);
  }
  void on(const AlertLinked& f) {
    std::uint32_t slot;
    AlertRow* row = alert(f.alert, slot);
    if (!row) return;
    const bool is_new = row->incident != f.incident;
    if (is_new) count_in(*row, false, false);
    row->incident = f.incident, row->state = AlertState::firing, row->severity = f.severity;
    row->starts_at = f.starts_at, row->due = f.due, row->changed_at = at;
    count_in(*row, true, false);
    s.arm_alert(slot);
    count(s.totals_, f);
    change(f.incident, [&](IncidentRow& i) {
      i.alerts_total += is_new, ++i.events;
      i.severity = std::min(i.severity, f.severity);
      if (f.starts_at.ms && f.starts_at < i.occurred_at) i.occurred_at = f.starts_at;
    });
  }
  void on(const AlertRelinked& f) {
    count(s.totals_, f);
    std::uint32_t slot;
    if (AlertRow* row = alert(f.alert, slot)) count_in(*row, true, false);
    change(f.incident, [&](IncidentRow& i) {
      ++i.events;
      i.severity = std::min(i.severity, f.severity);
    });
  }
  void on(const IncidentReopened& f) {
    change(f.incident, [&](IncidentRow& i) {
      ++i.reopened;
      start_cycle(i, f.cycle, f.escalate_due);
      i.held_until = never, i.held_by = {};
      i.links_from = g().next_page;
      // Whoever had it may be asleep: a reopened incident has to be answered again.
      i.state = IncidentState::new_;
      i.acknowledged_at = never;
      i.resolved_at = i.close_due = i.verify_due = i.prompt_due = never;
      i.restored_at = {};
      i.prompted = i.resolved_by_daemon = false;
      count(s.totals_, f, i);
    });
  }
  void start_cycle(IncidentRow& i, std::uint16_t cycle, Instant due) {
    i.cycle = cycle, i.step = i.repeat = 0, i.cycle_at = at, i.escalate_due = due,
    i.cycle_pages = 0;
  }
  void on(const PriorityChanged& f) {
    count(s.totals_, f);
    change(f.incident, [&](IncidentRow& i) {
      i.impact = f.impact, i.urgency = f.urgency, i.priority = f.priority, i.severity = f.severity;
      i.escalate_due = f.escalate_due;
      if (f.new_cycle) start_cycle(i, static_cast<std::uint16_t>(i.cycle + 1), f.escalate_due);
    });
  }
  void on(const IncidentAcknowledged& f) {
    change(f.incident, [&](IncidentRow& i) {
      IncidentWords w = i.words();
      w.owner = f.by;
      reword(i, w);
      count_acknowledged(s.totals_, f, i, at);
      i.links_from = g().next_page;
      i.state = IncidentState::in_progress;
      i.acknowledged_at = at;
      i.escalate_due = i.held_until = never;
      i.held_by = {};
    });
  }
  void on(const NoteAdded& f) {
    change(f.incident, [](IncidentRow&) {});  // a revision, and its place in the timeline
  }
  void on(const RecoverySeen& f) {
    change(f.incident, [&](IncidentRow& i) {
      i.restored_at = f.restored_at, i.verify_due = f.verify_due;
      i.escalate_due = never;  // ESC-15: no new step while it is being verified
    });
  }
  void on(const VerifyFailed& f) {
    change(f.incident, [&](IncidentRow& i) {
      i.restored_at = {}, i.verify_due = i.prompt_due = never, i.prompted = false;
      i.escalate_due = f.escalate_due;
    });
  }
  void on(const RestoredPrompted& f) {
    change(f.incident, [&](IncidentRow& i) {
      i.verify_due = never, i.prompt_due = f.prompt_due, i.prompted = true;
    });
  }
  void on(const IncidentResolved& f) {
    change(f.incident, [&](IncidentRow& i) {
      IncidentWords w = i.words();
      w.resolution_note = f.note, w.resolved_by = f.by;
      reword(i, w);
      i.state = IncidentState::resolved;
      i.code = f.code, i.cause = f.cause, i.resolved_by_daemon = f.by_daemon;
      i.needs_review |= f.needs_review;
      i.resolved_at = at, i.restored_at = f.restored_at, i.close_due = f.close_due;
      if (planted("fold_reads_settings")) i.close_due = at + Span{planted_setting};
      i.escalate_due = i.verify_due = i.prompt_due = i.held_until = never;
      i.held_by = {};
      count_resolved(s.totals_, i, s.globals_.wall(at));
    });
  }
  void on(const IncidentClosed& f) {
    std::uint32_t slot;
    IncidentRow* row = incident(f.incident, slot);
    if (!row) return;
    row->state = IncidentState::closed;
    ++row->revision;
    row->close_due = never;
    count_closed(s.totals_, *row);
  }
  // A closed incident leaves the live rows when nobody is owed a word about it any more.
  void retire_if_done(IncidentNumber n) {
    const std::uint32_t slot = s.incident_slot(n);
    if (slot == no_slot || s.incidents_.at(slot).state != IncidentState::closed) return;
    const std::set<PageId> pages = s.pages_of(n);
    for (PageId id : pages)
      if (!s.pages_.at(s.page_slot(id)).delivered) return;
    s.archive_.add(n, row_key(closed_prefix, n.value), RowCodec::encode(s.incidents_.at(slot)));
    for (PageId id : pages) s.erase_page(s.page_slot(id));
    s.erase_incident(slot);
  }
  void on(const EscalationStepped& f) {
    count(s.totals_, f);
    change(f.incident, [&](IncidentRow& i) {
      i.step = f.next_step, i.repeat = f.next_repeat, i.escalate_due = f.next_due;
    });
  }
  void on(const StepHeld& f) {
    change(f.incident, [](IncidentRow& i) { i.escalate_due = when_resumed; });
  }
  void on(const DeadlineMoved& f) {
    change(f.incident, [&](IncidentRow& i) {
      if (f.kind == DeadlineKind::escalation) i.escalate_due = f.due;
      if (f.kind == DeadlineKind::auto_close) i.close_due = f.due;
    });
  }

  void on(const PagingHeld& f) {
    change(f.incident,
           [&](IncidentRow& i) { i.held_until = i.escalate_due = f.until, i.held_by = f.silence; });
  }
  void on(const PagingResumed& f) {
    change(f.incident, [&](IncidentRow& i) {
      i.held_until = never, i.held_by = {};
      start_cycle(i, f.cycle, f.escalate_due);
    });
  }
  void on(const MutesAdvanced& f) {
    g().mute_next = f.next, g().mute_due = f.due;
    if (f.next) s.push({f.due, DeadlineKind::mute_sweep, 0, 0, no_slot});
  }

  // ---- silences ----
  template <class How>
  void silence(SilenceId id, How&& how) {
    const std::uint32_t slot = s.silence_slot(id);
    if (slot == no_slot) return void(ok = false);
    SilenceRow& row = s.silences_.change(slot);
    row.changed_at = at;
    how(row);
    s.arm_silence(slot);
  }
  void reword(SilenceRow& row, const SilenceWords& words) {
    const Blob* old = row.blob;
    row.blob = make_silence_blob(words);
    s.release(old);
  }
  void on(const SilenceCreated& f) {
    if (s.silence_slot(f.silence) != no_slot) return void(ok = false);
    SilenceRow row;
    row.blob = make_silence_blob({f.by, f.created_by, f.comment, {}, f.matchers});
    row.id = f.silence, row.replaces = f.replaces, row.uuid = f.uuid;
    row.starts_at = f.starts_at, row.ends_at = f.ends_at;
    row.starts_due = f.starts_due, row.ends_due = f.ends_due;
    row.created_at = row.changed_at = at;
    row.state = f.starts_due <= at ? SilenceState::active : SilenceState::pending;
    s.insert_silence(row);
    g().next_silence = SilenceId(f.silence.value + 1);
  }
  void on(const SilenceUpdated& f) {
    silence(f.silence, [&](SilenceRow& row) {
      SilenceWords w = row.words();
      w.by = f.by, w.created_by = f.created_by, w.comment = f.comment;
      reword(row, w);
      row.starts_at = f.starts_at, row.ends_at = f.ends_at;
      row.starts_due = f.starts_due, row.ends_due = f.ends_due;
    });
  }
  void on(const SilenceStarted& f) {
    silence(f.silence, [](SilenceRow& row) { row.state = SilenceState::active; });
  }
  void on(const SilenceExpired& f) {
    silence(f.silence, [&](SilenceRow& row) {
      if (row.state != SilenceState::expired)
        s.change_silence_index().erase(row.id, row.words().matchers);
      SilenceWords w = row.words();
      w.ended_by = f.by;
      reword(row, w);
      row.state = SilenceState::expired, row.why_expired = f.why;
      row.starts_at = std::min(row.starts_at, f.ended_at);
      row.ends_at = f.ended_at, row.ends_due = at, row.forget_due = f.forget_due;
    });
  }
  void on(const SilenceForgotten& f) {
    const std::uint32_t slot = s.silence_slot(f.silence);
    if (slot == no_slot) return void(ok = false);
    s.erase_silence(slot);
  }

  // ---- pages ----
  void on(const PageRequested& f) {
    if (f.kind == PageKind::recall) forget_delivered(f);
    PageRow row;
    row.blob = make_page_blob(f.person, f.channel);
    row.id = f.page, row.key = f.key, row.requested_at = at, row.due = f.due;
    row.incident = f.incident, row.cycle = f.cycle, row.step = f.step, row.repeat = f.repeat;
    row.kind = f.kind, row.why = f.why, row.priority = f.priority,
    row.channel_rank = f.channel_rank;
    s.insert_page(row);
    g().next_page = PageId(f.page.value + 1);
    change(f.incident, [](IncidentRow& i) { ++i.cycle_pages; });
  }
  // They are being told that it is over: nobody is left to tell again.
  void forget_delivered(const PageRequested& f) {
    const std::set<PageId> pages = s.pages_of(f.incident);
    for (PageId id : pages) {
      const std::uint32_t slot = s.page_slot(id);
      const PageRow& row = s.pages_.at(slot);
      if (row.delivered && row.person() == f.person && row.channel() == f.channel)
        s.erase_page(slot);
    }
  }
  void on(const PageQueued& f) {
    page(f.page, [](PageRow& p) { p.due = never; });
  }
  void on(const AttemptStarted& f) {
    page(f.page, [&](PageRow& p) {
      p.state = PageState::in_flight, p.attempt = f.attempt, p.epoch = f.epoch, p.due = f.lease;
    });
  }
  void on(const AttemptSettled& f) {
    count(s.totals_, f, of_drill(f.incident));
    std::string channel;
    page(f.page, [&](PageRow& p) {
      channel = p.channel();
      p.state = PageState::waiting, p.due = f.retry, p.told_to_wait = f.told_to_wait;
    });
    if (f.outcome == AttemptOutcome::accepted) return channel_took(channel);
    if (f.why != WhySettled::channel_answered) return;
    if (ChannelHealth* health = health_of(channel))
      if (++health->failures == 1) health->failing_since = at;
  }
  bool of_drill(IncidentNumber n) const {
    const std::uint32_t slot = s.incident_slot(n);
    return slot != no_slot && s.incidents_.at(slot).drill;
  }
  // Nothing for a channel beyond those that are watched.
  ChannelHealth* health_of(const std::string& channel) {
    auto& watched = g().channel_health;
    const auto it = watched.find(channel);
    if (it != watched.end()) return &it->second;
    return watched.size() < channel_health_max ? &watched[channel] : nullptr;
  }
  void channel_took(const std::string& channel) {
    if (ChannelHealth* health = health_of(channel)) *health = {0, never, at};
  }
  void on(const PageEnded& f) {
    const std::uint32_t slot = s.page_slot(f.page);
    if (slot == no_slot) return void(ok = false);
    const PageRow row = s.pages_.at(slot);
    count_page_ended(s.totals_, f, row, channel_label(row.channel()), of_drill(row.incident), at);
    if (f.end == PageEnd::delivered) channel_took(std::string(row.channel()));
    // A delivered page is kept while its incident is open: its reader is to hear of the recovery.
    const std::uint32_t of = s.incident_slot(row.incident);
    const bool open = of != no_slot && s.incidents_.at(of).unresolved();
    if (open && f.end == PageEnd::delivered &&
        (row.kind == PageKind::page || row.kind == PageKind::inform)) {
      forget_same_reader(row);
      page(f.page, [](PageRow& p) { p.delivered = true, p.due = never; });
    } else {
      s.erase_page(slot);
    }
  }
  // Label of a channel: its place among the first ten ever used, then `other`.
  std::uint8_t channel_label(std::string_view channel) {
    auto& names = g().channels;
    const auto place =
        static_cast<std::size_t>(std::find(names.begin(), names.end(), channel) - names.begin());
    if (place == names.size() && place < channel_labels_max) names.emplace_back(channel);
    return static_cast<std::uint8_t>(std::min(place, channel_labels_max));
  }
  void forget_same_reader(const PageRow& kept) {
    const std::set<PageId> pages = s.pages_of(kept.incident);
    for (PageId id : pages) {
      const std::uint32_t slot = s.page_slot(id);
      const PageRow& row = s.pages_.at(slot);
      if (id != kept.id && row.delivered && row.person() == kept.person() &&
          row.channel() == kept.channel())
        s.erase_page(slot);
    }
  }
};

bool fold(State& state, const FactView& view) {
  Fold fold{state, view.at, view.bytes};
  const bool known = with_fact(view, [&](const auto& fact) {
    fold.on(fact);
    using F = std::decay_t<decltype(fact)>;
    if constexpr (ConcernsIncident<F>) {
      if (!fact.incident) return;
      fold.timeline(fact.incident);
      if constexpr (std::is_same_v<F, IncidentClosed> || std::is_same_v<F, PageEnded>)
        fold.retire_if_done(fact.incident);
    }
  });
  return known && fold.ok;
}

bool fold_frame(State& state, std::uint64_t seq, std::string_view payload) {
  PayloadReader reader(payload);
  FactView fact;
  while (reader.next(fact))
    if (!fold(state, fact)) return false;
  if (reader.damaged()) return false;
  frame_folded(state, seq, reader.header().at);
  return true;
}

void frame_folded(State& state, std::uint64_t seq, Instant at) {
  Fold fold{state, at, {}};
  fold.g().seq = seq;
  fold.g().at = at;
}

}  // namespace tocsin
