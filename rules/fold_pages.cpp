#include "rules/folding.hpp"

#include <algorithm>

#include "rules/kpi/count.hpp"
#include "rules/model/page.hpp"

namespace tocsin {

void Fold::on(const PageRequested& f) {
  if (f.kind == PageKind::recall) forget_delivered(f);
  PageRow row;
  row.blob = make_page_blob(f.person, f.channel);
  row.id = f.page, row.key = f.key, row.requested_at = at, row.due = f.due;
  row.incident = f.incident, row.cycle = f.cycle, row.step = f.step, row.repeat = f.repeat;
  row.kind = f.kind, row.why = f.why, row.priority = f.priority, row.channel_rank = f.channel_rank;
  s.insert_page(row);
  g().next_page = PageId(f.page.value + 1);
  change(f.incident, [](IncidentRow& i) { ++i.cycle_pages; });
}

// They are being told that it is over: nobody is left to tell again.
void Fold::forget_delivered(const PageRequested& f) {
  const PageIds pages = s.pages_of(f.incident);
  for (PageId id : pages) {
    const std::uint32_t slot = s.page_slot(id);
    const PageRow& row = s.pages_.at(slot);
    if (row.delivered && row.person() == f.person && row.channel() == f.channel) s.erase_page(slot);
  }
}

void Fold::on(const PageQueued& f) {
  page(f.page, [](PageRow& p) { p.due = never; });
}

void Fold::on(const AttemptStarted& f) {
  page(f.page, [&](PageRow& p) {
    p.state = PageState::in_flight, p.attempt = f.attempt, p.epoch = f.epoch, p.due = f.lease;
  });
}

void Fold::on(const AttemptSettled& f) {
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

bool Fold::of_drill(IncidentNumber n) const {
  const std::uint32_t slot = s.incident_slot(n);
  return slot != no_slot && s.incidents_.at(slot).drill;
}

// Nothing for a channel beyond those that are watched.
ChannelHealth* Fold::health_of(const std::string& channel) {
  auto& watched = g().channel_health;
  const auto it = watched.find(channel);
  if (it != watched.end()) return &it->second;
  return watched.size() < channel_health_max ? &watched[channel] : nullptr;
}

void Fold::channel_took(const std::string& channel) {
  if (ChannelHealth* health = health_of(channel)) *health = {0, never, at};
}

void Fold::on(const PageEnded& f) {
  const std::uint32_t slot = s.page_slot(f.page);
  if (slot == no_slot) return void(ok = false);
  const PageRow row = s.pages_.at(slot);
  count_page_ended(s.totals_, f, row, channel_label(row.channel()), of_drill(row.incident), at);
  if (f.end == PageEnd::delivered) channel_took(std::string(row.channel()));
  if (f.end == PageEnd::cancelled && hierarchic(row.step)) untell(row);
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

// What was to be said of a clock was not: it is told when the incident speaks again.
void Fold::untell(const PageRow& page) {
  const std::uint32_t slot = s.incident_slot(page.incident);
  if (slot == no_slot) return;
  ClockRow& clock = s.incidents_.change(slot).resolution;
  const auto before = static_cast<std::uint8_t>(page.step - hierarchic_step - 1);
  std::uint8_t& told = clock.told_as[index(page.priority)];
  told = std::min(told, before);
  if (clock.priority == page.priority) clock.told = std::min(clock.told, before);
}

// Label of a channel: its place among the first ten ever used, then `other`.
std::uint8_t Fold::channel_label(std::string_view channel) {
  auto& names = g().channels;
  const auto place =
      static_cast<std::size_t>(std::find(names.begin(), names.end(), channel) - names.begin());
  if (place == names.size() && place < channel_labels_max) names.emplace_back(channel);
  return static_cast<std::uint8_t>(std::min(place, channel_labels_max));
}

void Fold::forget_same_reader(const PageRow& kept) {
  const PageIds pages = s.pages_of(kept.incident);
  for (PageId id : pages) {
    const std::uint32_t slot = s.page_slot(id);
    const PageRow& row = s.pages_.at(slot);
    if (id != kept.id && row.delivered && row.person() == kept.person() &&
        row.channel() == kept.channel())
      s.erase_page(slot);
  }
}

}  // namespace tocsin
