#include "rules/folding.hpp"

#include "rules/kpi/count.hpp"

namespace tocsin {

void Fold::on(const StoreCreated& f) {
  g().format = f.format, g().secret = f.secret;
}

void Fold::on(const FormatRaised& f) {
  g().format = f.format;
}

void Fold::on(const EpochTaken& f) {
  g().epoch = f.epoch, g().stale_grace = f.stale_grace;
  g().boot = f.boot, g().boot_ms = f.boot_ms, g().boot_at = at;
}

void Fold::on(const ClockStepped& f) {
  g().offset_ms += f.by_ms;
  s.totals_.add(Metric::clock_steps);
  silences_follow_the_clock();
  reassessments_follow_the_clock(f.by_ms);
}

void Fold::on(const ConfigApplied& f) {
  g().config_hash = f.hash;
  s.config_text_ = std::make_shared<const std::string>(f.text);
  s.config_text_dirty_ = true;
}

void Fold::on(const SourceNamed& f) {
  if (f.slot >= sources_max) return void(ok = false);
  if (g().sources.size() <= f.slot) g().sources.resize(f.slot + 1u);
  g().sources[f.slot] = f.name;
}

void Fold::on(const HistoryLost& f) {
  g().lost_from = f.from, g().lost_to = f.to, g().loss_unconfirmed = true;
  s.totals_.add(Metric::history_lost);
}

void Fold::on(const LossConfirmed&) {
  g().loss_unconfirmed = false;
}

void Fold::on(const PagingPaused& f) {
  g().paused = true, g().paused_why = f.why, g().paused_at = at, g().paused_epoch = g().epoch;
  if (f.why != WhyPaused::restored) return;
  g().restored_history = f.history, g().backup_seq = f.backup_seq;
  g().backup_at = f.backup_at, g().restored_at = f.restored_at;
}

// What was held while it lasted is due at this instant.
void Fold::on(const PauseEnded&) {
  g().paused = false, g().resumed_at = at;
  std::vector<std::uint32_t> held, waiting;
  s.incidents_.each([&](std::uint32_t slot, const IncidentRow& r) {
    if (r.escalate_due == when_resumed || r.major_due == when_resumed) held.push_back(slot);
  });
  for (const std::uint32_t slot : held) {
    IncidentRow& r = s.incidents_.change(slot);
    if (r.escalate_due == when_resumed) r.escalate_due = at;
    if (r.major_due == when_resumed) r.major_due = at;
    s.arm_incident(slot);
  }
  s.pages_.each([&](std::uint32_t slot, const PageRow& p) {
    if (p.state == PageState::waiting && !p.delivered && p.due == never) waiting.push_back(slot);
  });
  for (const std::uint32_t slot : waiting) {
    const PageId id = s.pages_.at(slot).id;
    page(id, [&](PageRow& p) { p.due = at; });
  }
}

void Fold::on(const LinkKeyMade& f) {
  g().link_key_before = g().link_key, g().link_key = f.key;
  g().link_generation = f.generation, g().link_key_from = g().next_page;
}

void Fold::on(const ChannelForgotten& f) {
  const auto it = g().channel_health.find(f.channel);
  if (it != g().channel_health.end()) g().channel_health.erase(it);
}

void Fold::on(const Tallied& f) {
  ok = count_tallied(s.totals_, f);
}

void Fold::on(const ReplanAdvanced& f) {
  g().replan_next = f.next, g().replan_due = f.due;
  g().replan_priorities_only = f.priorities_only;
  if (f.next) s.push({f.due, DeadlineKind::replan, 0, 0, no_slot});
}

}  // namespace tocsin
