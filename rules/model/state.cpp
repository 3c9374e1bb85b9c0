// Why this file is long: every table of the state, how it is found, and when it is due.
#include "rules/model/state.hpp"

#include <algorithm>

#include "rules/model/codec.hpp"
#include "rules/model/row_codec.hpp"

namespace tocsin {

Limbo::~Limbo() {
  for (const Blob* blob : blobs) free_blob(blob);
  // A long chain is taken down in a loop: recursion would be as deep as the chain.
  auto link = std::move(next);
  while (link && link.use_count() == 1) {
    auto after = std::move(link->next);
    link = std::move(after);
  }
}

// ---- reading ----

State::State()
    : config_text_(std::make_shared<const std::string>()),
      counts_(std::make_shared<CountBuckets>()),
      silence_index_(std::make_shared<SilenceIndex>()),
      window_index_(std::make_shared<SilenceIndex>()),
      limbo_(std::make_shared<Limbo>()) {}
State::~State() {
  // Snapshots may outlive the state; what is live now is theirs through the limbo.
  alerts_.each([&](std::uint32_t, const AlertRow& r) { limbo_->blobs.push_back(r.blob); });
  incidents_.each([&](std::uint32_t, const IncidentRow& r) { limbo_->blobs.push_back(r.blob); });
  pages_.each([&](std::uint32_t, const PageRow& r) { limbo_->blobs.push_back(r.blob); });
  silences_.each([&](std::uint32_t, const SilenceRow& r) { limbo_->blobs.push_back(r.blob); });
  heartbeats_.each([&](std::uint32_t, const HeartbeatRow& r) { limbo_->blobs.push_back(r.blob); });
  requests_.each([&](std::uint32_t, const RequestRow& r) { limbo_->blobs.push_back(r.blob); });
}

std::uint32_t State::incident_slot(IncidentNumber n) const {
  const auto it = incident_slots_.find(n.value);
  return it == incident_slots_.end() ? no_slot : it->second;
}
std::uint32_t State::page_slot(PageId id) const {
  const auto it = page_slots_.find(id.value);
  return it == page_slots_.end() ? no_slot : it->second;
}
std::uint32_t State::silence_slot(SilenceId id) const {
  const auto it = silence_slots_.find(id.value);
  return it == silence_slots_.end() ? no_slot : it->second;
}
std::uint32_t State::silence_slot(const Fingerprint& uuid) const {
  const auto it = silence_uuids_.find(uuid);
  return it == silence_uuids_.end() ? no_slot : it->second;
}
std::uint32_t State::request_slot(RequestNumber n) const {
  const auto it = request_slots_.find(n.value);
  return it == request_slots_.end() ? no_slot : it->second;
}
RequestNumber State::request_of(const Fingerprint& key, Wall starts_at) const {
  const auto behind = requests_by_key_.upper_bound({key, starts_at.ms, RequestNumber(UINT32_MAX)});
  if (behind == requests_by_key_.begin()) return {};
  const auto& [its_key, its_start, number] = *std::prev(behind);
  return its_key == key && its_start == starts_at.ms ? number : RequestNumber{};
}
std::uint32_t State::heartbeat_slot(std::string_view name) const {
  const auto it = heartbeat_slots_.find(name);
  return it == heartbeat_slots_.end() ? no_slot : it->second;
}
const CiNow* State::ci_now(std::string_view ci) const {
  const auto it = by_ci_.find(ci);
  return it == by_ci_.end() ? nullptr : &it->second;
}
const std::vector<IncidentNumber>* State::incidents_of(std::string_view ci) const {
  const CiNow* now = ci_now(ci);
  return now ? &now->live : nullptr;
}
const PageIds& State::pages_of(IncidentNumber n) const {
  static const PageIds none;
  const auto it = pages_by_incident_.find(n.value);
  return it == pages_by_incident_.end() ? none : it->second;
}
std::uint32_t State::in_flight(std::string_view channel) const {
  const auto it = channels_.find(channel);
  return it == channels_.end() ? 0 : it->second.in_flight;
}
std::optional<PageId> State::next_waiting(std::string_view channel) const {
  const auto it = channels_.find(channel);
  if (it == channels_.end() || it->second.waiting.empty()) return {};
  return std::get<PageId>(*it->second.waiting.begin());
}
std::vector<PageId> State::backing_off(std::string_view channel, std::size_t limit) const {
  std::vector<PageId> out;
  const auto it = channels_.find(channel);
  if (it == channels_.end()) return out;
  for (const auto& entry : it->second.backing_off) {
    if (out.size() == limit) break;
    out.push_back(std::get<PageId>(entry));
  }
  return out;
}
const IncidentNumbers& State::children_of(IncidentNumber n) const {
  static const IncidentNumbers none;
  const auto it = children_.find(n.value);
  return it == children_.end() ? none : it->second;
}
std::string_view State::source_name(std::uint8_t slot) const {
  return slot < globals_.sources.size() ? globals_.sources[slot] : std::string_view();
}
std::uint8_t State::source_slot(std::string_view name) const {
  for (std::size_t i = 0; i < globals_.sources.size(); ++i)
    if (globals_.sources[i] == name) return static_cast<std::uint8_t>(i);
  return sources_max;
}

std::optional<IncidentRow> Snapshot::incident(IncidentNumber n) const {
  std::optional<IncidentRow> found;
  incidents.each([&](std::uint32_t, const IncidentRow& row) {
    if (row.number == n) found = row;
  });
  return found;
}

// ---- deadlines ----

Instant alert_due(const AlertRow& row, const Globals& globals) {
  return row.state == AlertState::firing && row.due != never ? later(row.due, globals.stale_grace)
                                                             : row.due;
}
namespace {
DeadlineKind alert_kind(AlertState state) {
  if (state == AlertState::held) return DeadlineKind::alert_hold;
  return state == AlertState::firing ? DeadlineKind::alert_stale : DeadlineKind::alert_retire;
}
}  // namespace

bool State::true_now(const Deadline& d, Instant& due) const {
  due = never;
  switch (d.kind) {
    case DeadlineKind::page_lease:
    case DeadlineKind::page_retry: {
      if (!pages_.used(d.slot)) return false;
      const PageRow& row = pages_.at(d.slot);
      if (row.id.value != d.id) return false;
      const auto kind =
          row.state == PageState::in_flight ? DeadlineKind::page_lease : DeadlineKind::page_retry;
      if (kind == d.kind) due = row.due;
      break;
    }
    case DeadlineKind::alert_hold:
    case DeadlineKind::alert_stale:
    case DeadlineKind::alert_retire: {
      if (!alerts_.used(d.slot)) return false;
      const AlertRow& row = alerts_.at(d.slot);
      if (row.serial().value != d.id) return false;
      if (alert_kind(row.state) == d.kind) due = alert_due(row, globals_);
      break;
    }
    case DeadlineKind::escalation:
    case DeadlineKind::verify:
    case DeadlineKind::prompt:
    case DeadlineKind::auto_close:
    case DeadlineKind::reassess:
    case DeadlineKind::family:
    case DeadlineKind::override_over:
    case DeadlineKind::hold:
    case DeadlineKind::major:
    case DeadlineKind::clock: {
      if (!incidents_.used(d.slot)) return false;
      const IncidentRow& row = incidents_.at(d.slot);
      if (row.number.value != d.id) return false;
      due = d.kind == DeadlineKind::escalation      ? row.escalate_due
            : d.kind == DeadlineKind::verify        ? row.verify_due
            : d.kind == DeadlineKind::prompt        ? row.prompt_due
            : d.kind == DeadlineKind::reassess      ? row.reassess_due
            : d.kind == DeadlineKind::family        ? row.family_due
            : d.kind == DeadlineKind::override_over ? row.lock_due
            : d.kind == DeadlineKind::hold          ? row.hold_due
            : d.kind == DeadlineKind::major         ? row.major_due
            : d.kind == DeadlineKind::clock         ? row.clock_due()
                                                    : row.close_due;
      break;
    }
    case DeadlineKind::replan:
      due = globals_.replan_due;
      break;
    case DeadlineKind::silence:
      if (!silences_.used(d.slot) || silences_.at(d.slot).id.value != d.id) return false;
      due = silences_.at(d.slot).due();
      break;
    case DeadlineKind::mute_sweep:
      due = globals_.mute_due;
      break;
    case DeadlineKind::storm:
      due = globals_.storm.due;
      break;
    case DeadlineKind::flapping: {
      if (!alerts_.used(d.slot)) return false;
      const AlertRow& row = alerts_.at(d.slot);
      if (row.serial().value == d.id) due = row.quiet_due();
      break;
    }
    case DeadlineKind::window_sweep:
      due = globals_.window_due;
      break;
    case DeadlineKind::sources_sweep:
      due = globals_.sources_due;
      break;
    case DeadlineKind::heartbeat:
      if (!heartbeats_.used(d.slot) || heartbeats_.at(d.slot).id.value != d.id) return false;
      due = heartbeats_.at(d.slot).due;
      break;
    case DeadlineKind::heartbeat_sweep:
      due = globals_.heartbeats_due;
      break;
    case DeadlineKind::request_over:
      if (!requests_.used(d.slot) || requests_.at(d.slot).number.value != d.id) return false;
      due = requests_.at(d.slot).forget_due;
      break;
    case DeadlineKind::count_:
      break;
  }
  return due == d.due;
}

std::optional<Deadline> State::next_deadline() const {
  if (deadlines_.size() > deadlines_max_) arm_all();
  while (!deadlines_.empty()) {
    Deadline d = deadlines_.top();
    Instant due;
    if (true_now(d, due)) return d;
    deadlines_.pop();
    // The one deadline that moves without a fact about its row: the grace after a start.
    if (d.kind == DeadlineKind::alert_stale && due != never && due > d.due) {
      d.due = due;
      deadlines_.push(d);
    }
  }
  return {};
}

// A deadline that has moved stays in the heap until it is due, which may be hours, while each
// change of its row adds another. So when there are twice as many as there were, the heap is made
// anew.
void State::arm_all() const {
  loading_.emplace().reserve(deadlines_max_ / 2);
  alerts_.each([&](std::uint32_t slot, const AlertRow&) { arm_alert(slot); });
  incidents_.each([&](std::uint32_t slot, const IncidentRow&) { arm_incident(slot); });
  pages_.each([&](std::uint32_t slot, const PageRow&) { arm_page(slot); });
  silences_.each([&](std::uint32_t slot, const SilenceRow&) { arm_silence(slot); });
  heartbeats_.each([&](std::uint32_t slot, const HeartbeatRow&) { arm_heartbeat(slot); });
  requests_.each([&](std::uint32_t slot, const RequestRow&) { arm_request(slot); });
  arm_loaded();
}

void State::arm_loaded() const {
  if (loading_)
    deadlines_ =
        decltype(deadlines_)(std::greater<>(), std::move(*std::exchange(loading_, std::nullopt)));
  if (globals_.replan_next) push({globals_.replan_due, DeadlineKind::replan, 0, 0, no_slot});
  if (globals_.mute_next) push({globals_.mute_due, DeadlineKind::mute_sweep, 0, 0, no_slot});
  if (globals_.storm.due != never) push({globals_.storm.due, DeadlineKind::storm, 0, 0, no_slot});
  if (globals_.window_next) push({globals_.window_due, DeadlineKind::window_sweep, 0, 0, no_slot});
  if (globals_.sources_next)
    push({globals_.sources_due, DeadlineKind::sources_sweep, 0, 0, no_slot});
  if (globals_.heartbeats_due != never)
    push({globals_.heartbeats_due, DeadlineKind::heartbeat_sweep, 0, 0, no_slot});
  deadlines_max_ = deadlines_min + 2 * deadlines_.size();
}

void State::arm_alert(std::uint32_t slot) const {
  const AlertRow& row = alerts_.at(slot);
  if (row.flags & AlertRow::flapping)
    push({row.quiet_due(), DeadlineKind::flapping, row.incident.value, row.serial().value, slot});
  if (row.due == never) return;
  push({alert_due(row, globals_), alert_kind(row.state), row.incident.value, row.serial().value,
        slot});
}
void State::arm_incident(std::uint32_t slot, const IncidentRow* before) const {
  const IncidentRow& row = incidents_.at(slot);
  const std::uint64_t n = row.number.value;
  const auto arm = [&](Instant IncidentRow::*due, Instant end, DeadlineKind kind) {
    if (row.*due < end && !(before && before->*due == row.*due)) push({row.*due, kind, n, n, slot});
  };
  arm(&IncidentRow::escalate_due, when_uninhibited, DeadlineKind::escalation);
  arm(&IncidentRow::verify_due, never, DeadlineKind::verify);
  arm(&IncidentRow::prompt_due, never, DeadlineKind::prompt);
  arm(&IncidentRow::close_due, never, DeadlineKind::auto_close);
  arm(&IncidentRow::reassess_due, never, DeadlineKind::reassess);
  arm(&IncidentRow::family_due, never, DeadlineKind::family);
  arm(&IncidentRow::lock_due, never, DeadlineKind::override_over);
  arm(&IncidentRow::hold_due, never, DeadlineKind::hold);
  arm(&IncidentRow::major_due, when_uninhibited, DeadlineKind::major);
  const Instant clock = row.clock_due();
  if (clock < never && !(before && before->clock_due() == clock))
    push({clock, DeadlineKind::clock, n, n, slot});
}
void State::arm_page(std::uint32_t slot) const {
  const PageRow& row = pages_.at(slot);
  if (row.due == never) return;
  const auto kind =
      row.state == PageState::in_flight ? DeadlineKind::page_lease : DeadlineKind::page_retry;
  push({row.due, kind, row.incident.value, row.id.value, slot});
}

void State::arm_silence(std::uint32_t slot) const {
  const SilenceRow& row = silences_.at(slot);
  if (row.due() != never)
    push({row.due(), DeadlineKind::silence, row.id.value, row.id.value, slot});
}

void State::arm_heartbeat(std::uint32_t slot) const {
  const HeartbeatRow& row = heartbeats_.at(slot);
  if (row.due != never) push({row.due, DeadlineKind::heartbeat, row.id.value, row.id.value, slot});
}

void State::arm_request(std::uint32_t slot) const {
  const RequestRow& row = requests_.at(slot);
  if (row.forget_due == never) return;
  push({row.forget_due, DeadlineKind::request_over, row.number.value, row.number.value, slot});
}

// ---- rows and their indexes ----

void State::release(const Blob* blob) {
  if (!blob) return;
  if (limbo_.use_count() == 1)
    free_blob(blob);  // no snapshot is about
  else
    limbo_->blobs.push_back(blob);
}

std::uint32_t State::insert_alert(const AlertRow& row) {
  const std::uint32_t slot = alerts_.insert(row);
  by_fingerprint_.set(row.fingerprint(), slot);
  if (row.flags & AlertRow::counted_firing) link_member(row.incident, slot);
  if (row.state == AlertState::held && !(row.flags & AlertRow::muted)) index_held(slot, true);
  if (row.flags & AlertRow::muted) muted_[row.serial().value] = slot;
  count_source(row, slot, true);
  arm_alert(slot);
  return slot;
}
void State::erase_alert(std::uint32_t slot) {
  const AlertRow row = alerts_.at(slot);
  by_fingerprint_.erase(row.fingerprint());
  if (row.state == AlertState::held) index_held(slot, false);
  if (row.flags & AlertRow::muted) muted_.erase(row.serial().value);
  count_source(row, slot, false);
  deleted_.push_back({row_key(alert_prefix, row.serial().value), slot});
  alerts_.erase(slot);
  release(row.blob);
}

std::uint32_t State::insert_incident(const IncidentRow& row) {
  const std::uint32_t slot = incidents_.insert(row);
  incident_slots_[row.number.value] = slot;
  if (const auto ci = row.words().ci; !ci.empty()) {
    auto& live = by_ci_[ci].live;
    live.insert(std::lower_bound(live.begin(), live.end(), row.number), row.number);
  }
  index_child(row, true);
  if (row.is_down()) index_down(row, true);
  known_for_services_ += row.known_for_services();
  count_inhibited(row, true);
  arm_incident(slot);
  return slot;
}
void State::erase_incident(std::uint32_t slot) {
  const IncidentRow row = incidents_.at(slot);
  incident_slots_.erase(row.number.value);
  index_child(row, false);
  if (row.is_down()) index_down(row, false);
  known_for_services_ -= row.known_for_services();
  count_inhibited(row, false);
  if (const auto it = by_ci_.find(row.words().ci); it != by_ci_.end()) {
    std::erase(it->second.live, row.number);
    if (it->second.nothing()) by_ci_.erase(it);
  }
  deleted_.push_back({row_key(incident_prefix, row.number.value), slot});
  incidents_.erase(slot);
  release(row.blob);
}

// A page is in flight, waits for a slot of its channel (no due), or for a point in time.
void State::index_page(const PageRow& row, bool on) {
  auto& load = channels_[row.channel()];
  if (row.delivered) return;
  if (row.state == PageState::in_flight) {
    load.in_flight += on ? 1 : -1;
  } else if (row.due == never || !row.told_to_wait) {
    auto& line = row.due == never ? load.waiting : load.backing_off;
    const auto entry = std::tuple(row.priority, row.kind, row.id);
    if (on)
      line.insert(entry);
    else
      line.erase(entry);
  }
}
std::uint32_t State::insert_page(const PageRow& row) {
  const std::uint32_t slot = pages_.insert(row);
  page_slots_[row.id.value] = slot;
  pages_by_incident_[row.incident.value].insert(row.id);
  index_page(row, true);
  arm_page(slot);
  return slot;
}
void State::erase_page(std::uint32_t slot) {
  const PageRow row = pages_.at(slot);
  index_page(row, false);
  page_slots_.erase(row.id.value);
  if (const auto it = pages_by_incident_.find(row.incident.value); it != pages_by_incident_.end()) {
    it->second.erase(row.id);
    if (it->second.empty()) pages_by_incident_.erase(it);
  }
  deleted_.push_back({row_key(page_prefix, row.id.value), slot});
  pages_.erase(slot);
  release(row.blob);
}

std::uint32_t State::insert_silence(const SilenceRow& row) {
  const std::uint32_t slot = silences_.insert(row);
  silence_slots_[row.id.value] = slot;
  silence_uuids_[row.uuid] = slot;
  if (row.state != SilenceState::expired) index_silence(row, slot, true);
  arm_silence(slot);
  return slot;
}
void State::erase_silence(std::uint32_t slot) {
  const SilenceRow row = silences_.at(slot);
  silence_slots_.erase(row.id.value);
  silence_uuids_.erase(row.uuid);
  if (row.state != SilenceState::expired) index_silence(row, slot, false);
  deleted_.push_back({row_key(silence_prefix, row.id.value), slot});
  silences_.erase(slot);
  release(row.blob);
}
std::uint32_t State::insert_heartbeat(const HeartbeatRow& row) {
  const std::uint32_t slot = heartbeats_.insert(row);
  heartbeat_slots_[std::string(row.name())] = slot;
  arm_heartbeat(slot);
  return slot;
}
void State::erase_heartbeat(std::uint32_t slot) {
  const HeartbeatRow row = heartbeats_.at(slot);
  heartbeat_slots_.erase(std::string(row.name()));
  deleted_.push_back({row_key(heartbeat_prefix, row.id.value), slot});
  heartbeats_.erase(slot);
  release(row.blob);
}
std::uint32_t State::insert_request(const RequestRow& row) {
  const std::uint32_t slot = requests_.insert(row);
  request_slots_[row.number.value] = slot;
  requests_by_key_.emplace(row.key, row.starts_at.ms, row.number);
  if (row.state == RequestState::done) done_requests_.insert(row.number);
  arm_request(slot);
  return slot;
}
void State::erase_request(std::uint32_t slot) {
  const RequestRow row = requests_.at(slot);
  request_slots_.erase(row.number.value);
  requests_by_key_.erase({row.key, row.starts_at.ms, row.number});
  done_requests_.erase(row.number);
  deleted_.push_back({row_key(request_prefix, row.number.value), slot});
  requests_.erase(slot);
  release(row.blob);
}
void State::index_silence(const SilenceRow& row, std::uint32_t slot, bool on) {
  const bool window = row.kind == SuppressionKind::window;
  auto& index = window ? window_index_ : silence_index_;
  bool& shared = window ? window_index_shared_ : silence_index_shared_;
  if (std::exchange(shared, false)) index = std::make_shared<SilenceIndex>(*index);
  const SilenceWords w = row.words();
  if (on)
    index->add(row.id, slot, w.matchers, w.cis);
  else
    index->erase(row.id, w.matchers, w.cis);
}

void State::count_at_ci(const AlertRow& row, bool on) {
  if (row.ci().empty()) return;
  const auto it = by_ci_.try_emplace(row.ci()).first;
  it->second.firing += on ? 1 : -1;
  if (row.severity <= Severity::error) it->second.serious += on ? 1 : -1;
  if (it->second.nothing()) by_ci_.erase(it);
}
void State::index_held(std::uint32_t slot, bool on) {
  const AlertRow& row = alerts_.at(slot);
  if (row.ci().empty()) return;
  const auto it = by_ci_.try_emplace(row.ci()).first;
  if (slot >= held_links_.size()) held_links_.resize(slot + slot / 2 + 64);
  if (on)
    chain_held(it->second.held, slot);
  else
    unchain_held(it->second.held, slot);
  if (it->second.nothing()) by_ci_.erase(it);
}
void State::chain_held(HeldChain& chain, std::uint32_t slot) {
  held_links_[slot] = {chain.last, no_slot};
  if (chain.last == no_slot) {
    chain = {slot, slot, 1, true};
    return;
  }
  chain.ascending &= alerts_.at(chain.last).serial() < alerts_.at(slot).serial();
  held_links_[chain.last].after = slot;
  chain.last = slot;
  ++chain.size;
}
// What a window holds is in no chain.
void State::unchain_held(HeldChain& chain, std::uint32_t slot) {
  const HeldLink link = std::exchange(held_links_[slot], {});
  if (link.before == no_slot && chain.first != slot) return;
  (link.before == no_slot ? chain.first : held_links_[link.before].after) = link.after;
  (link.after == no_slot ? chain.last : held_links_[link.after].before) = link.before;
  --chain.size;
}
// Once, however often the first of them are asked for.
void State::sort_held(HeldChain& chain) const {
  std::vector<std::pair<AlertSerial, std::uint32_t>> all;
  for (std::uint32_t at = chain.first; at != no_slot; at = held_links_[at].after)
    all.emplace_back(alerts_.at(at).serial(), at);
  std::sort(all.begin(), all.end());
  chain.first = chain.last = no_slot;
  for (const auto& [serial, slot] : all) {
    held_links_[slot] = {chain.last, no_slot};
    (chain.last == no_slot ? chain.first : held_links_[chain.last].after) = slot;
    chain.last = slot;
  }
  chain.ascending = true;
}
std::vector<std::uint32_t> State::held_at(const CiNow& now, std::size_t max) const {
  if (!now.held.ascending) sort_held(now.held);
  std::vector<std::uint32_t> slots;
  for (std::uint32_t at = now.held.first; at != no_slot && slots.size() < max;
       at = held_links_[at].after)
    slots.push_back(at);
  return slots;
}
void State::index_down(const IncidentRow& row, bool on) {
  const std::string_view service = row.words().service;
  if (service.empty()) return;
  if (on) return void(++down_services_[std::string(service)]);
  const auto it = down_services_.find(service);
  if (it != down_services_.end() && --it->second == 0) down_services_.erase(it);
}

void State::index_child(const IncidentRow& row, bool on) {
  if (!row.parent || !row.unresolved()) return;
  if (on) return void(children_[row.parent.value].insert(row.number));
  const auto it = children_.find(row.parent.value);
  if (it == children_.end()) return;
  it->second.erase(row.number);
  if (it->second.empty()) children_.erase(it);
}
const State::Sources* State::sources(std::uint64_t key) const {
  const auto it = sources_.find(key);
  return it == sources_.end() ? nullptr : &it->second;
}
const absl::btree_set<std::uint32_t>* State::inhibited(std::uint64_t key) const {
  const auto it = inhibited_.find(key);
  return it == inhibited_.end() ? nullptr : &it->second;
}
void State::count_source(const AlertRow& row, std::uint32_t slot, bool on) {
  if (!(row.flags & AlertRow::inhibits) || !row.fires()) return;
  for (const std::uint64_t key : unpack_keys(row.keys())) {
    if (on) {
      sources_[key][row.serial().value] = slot;
    } else if (const auto it = sources_.find(key); it != sources_.end()) {
      it->second.erase(row.serial().value);
      if (it->second.empty()) sources_.erase(it);
    }
  }
}
void State::count_inhibited(const IncidentRow& row, bool on) {
  if (row.held_until == never) return;
  for (const std::uint64_t key : unpack_keys(row.words().inhibited_keys)) {
    if (on) {
      inhibited_[key].insert(row.number.value);
    } else if (const auto it = inhibited_.find(key); it != inhibited_.end()) {
      it->second.erase(row.number.value);
      if (it->second.empty()) inhibited_.erase(it);
    }
  }
}
void State::link_member(IncidentNumber n, std::uint32_t slot) {
  count_at_ci(alerts_.at(slot), true);
  if (slot >= members_.size()) members_.resize(slot + slot / 2 + 64);
  const auto [it, first] = first_member_.try_emplace(n.value, slot);
  members_[slot] = {first ? no_slot : it->second, no_slot};
  if (first) return;
  members_[it->second].before = slot;
  it->second = slot;
}
void State::unlink_member(IncidentNumber n, std::uint32_t slot) {
  count_at_ci(alerts_.at(slot), false);
  const MemberLink link = std::exchange(members_[slot], {});
  if (link.next != no_slot) members_[link.next].before = link.before;
  if (link.before != no_slot)
    members_[link.before].next = link.next;
  else if (link.next != no_slot)
    first_member_[n.value] = link.next;
  else
    first_member_.erase(n.value);
}

// ---- snapshot and checkpoint ----

std::shared_ptr<const Snapshot> State::snapshot(std::shared_ptr<const HeardSigns> signs) {
  auto out = std::make_shared<Snapshot>();
  out->alerts = alerts_.snapshot();
  out->incidents = incidents_.snapshot();
  out->pages = pages_.snapshot();
  out->silences = silences_.snapshot();
  out->heartbeats = heartbeats_.snapshot();
  out->requests = requests_.snapshot();
  out->signs = std::move(signs);
  out->silence_index = silence_index_;
  out->window_index = window_index_;
  silence_index_shared_ = window_index_shared_ = true;
  out->archive = archive_.view();
  out->globals = globals_;
  out->totals = totals_;
  out->config_text = config_text_;
  out->counts = counts_;
  counts_shared_ = true;
  out->limbo = limbo_;
  limbo_->next = std::make_shared<Limbo>();
  limbo_ = limbo_->next;
  return out;
}

State::Dirty State::take_dirty() {
  Dirty out;
  out.alerts = alerts_.take_dirty();
  out.incidents = incidents_.take_dirty();
  out.pages = pages_.take_dirty();
  out.silences = silences_.take_dirty();
  out.heartbeats = heartbeats_.take_dirty();
  out.requests = requests_.take_dirty();
  out.deleted = std::exchange(deleted_, {});
  out.archive_end = archive_.end();
  out.config_text = std::exchange(config_text_dirty_, false);
  out.counts = std::exchange(counts_dirty_, false);
  return out;
}
void State::give_back(Dirty dirty) {
  alerts_.give_back_dirty(dirty.alerts);
  incidents_.give_back_dirty(dirty.incidents);
  pages_.give_back_dirty(dirty.pages);
  silences_.give_back_dirty(dirty.silences);
  heartbeats_.give_back_dirty(dirty.heartbeats);
  requests_.give_back_dirty(dirty.requests);
  deleted_.insert(deleted_.begin(), dirty.deleted.begin(), dirty.deleted.end());
  config_text_dirty_ |= dirty.config_text;
  counts_dirty_ |= dirty.counts;
}
std::size_t State::dirty_rows() const {
  return alerts_.dirty() + incidents_.dirty() + pages_.dirty() + silences_.dirty() +
         heartbeats_.dirty() + requests_.dirty() + deleted_.size();
}

std::string State::canonical() const {
  std::vector<std::pair<std::string, std::string>> rows;
  rows.reserve(alerts_.size() + incidents_.size() + pages_.size() + silences_.size() + 3);
  alerts_.each([&](std::uint32_t, const AlertRow& r) {
    rows.emplace_back(row_key(alert_prefix, r.serial().value), RowCodec::encode(r));
  });
  incidents_.each([&](std::uint32_t, const IncidentRow& r) {
    rows.emplace_back(row_key(incident_prefix, r.number.value), RowCodec::encode(r));
  });
  pages_.each([&](std::uint32_t, const PageRow& r) {
    rows.emplace_back(row_key(page_prefix, r.id.value), RowCodec::encode(r));
  });
  silences_.each([&](std::uint32_t, const SilenceRow& r) {
    rows.emplace_back(row_key(silence_prefix, r.id.value), RowCodec::encode(r));
  });
  heartbeats_.each([&](std::uint32_t, const HeartbeatRow& r) {
    rows.emplace_back(row_key(heartbeat_prefix, r.id.value), RowCodec::encode(r));
  });
  requests_.each([&](std::uint32_t, const RequestRow& r) {
    rows.emplace_back(row_key(request_prefix, r.number.value), RowCodec::encode(r));
  });
  rows.emplace_back(std::string(1, globals_prefix), RowCodec::encode(globals_));
  rows.emplace_back(std::string(1, totals_prefix), RowCodec::encode(totals_));
  rows.emplace_back(std::string(1, config_prefix), *config_text_);
  if (counts_->size() > 0)
    rows.emplace_back(std::string(1, counts_prefix), RowCodec::encode(*counts_));
  std::sort(rows.begin(), rows.end());
  std::string out;
  for (const auto& [key, value] : rows) append_canonical(out, key, value);
  return out;
}

void append_canonical(std::string& out, std::string_view key, std::string_view value) {
  ByteWriter w(out);
  w("key", key), w("value", value);
}

}  // namespace tocsin
