#include "daemon/replay/record_reader.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace tocsin {
namespace {

constexpr std::size_t chunk_bytes = 4u << 20;
// While reading: a place in known_ instead of in the events.
constexpr std::uint32_t in_known = 1u << 31;
constexpr std::string_view daemon_itself = "daemon";

// The pairs of a Tallied fact: u8 index, u32 count.
template <class Use>
void each_pair(Text packed, Use&& use) {
  for (std::size_t i = 0; i + 5 <= packed.size(); i += 5) {
    std::uint32_t n = 0;
    std::memcpy(&n, packed.data() + i + 1, sizeof n);
    use(static_cast<Disposition>(static_cast<std::uint8_t>(packed[i])), n);
  }
}

}  // namespace

RecordReader::RecordReader(const State& head, Instant from) : head_(head), from_(from) {
  const Globals& g = head.globals();
  out_.secret = g.secret;
  out_.sources = g.sources;
  out_.offset_ms = g.offset_ms;
}

bool RecordReader::fact(const FactView& view) {
  if (at_ == Instant{}) out_.log_begin = view.at;
  at_ = later(at_, view.at);
  if (!begun_ && inside()) begin();
  with_fact(view, [this](const auto& f) { on(f); });
  out_.cut_short = out_.events.size() >= Record::events_max || text_bytes_ > Record::text_bytes_max;
  return !out_.cut_short;
}

// ---- words, alerts, events ----

std::string_view RecordReader::keep(std::string_view text) {
  if (const auto it = texts_.find(text); it != texts_.end()) return *it;
  auto& chunks = out_.chunks_;
  if (chunks.empty() || chunks.back().capacity() - chunks.back().size() < text.size())
    chunks.emplace_back().reserve(std::max(chunk_bytes, text.size()));
  const std::size_t at = chunks.back().size();
  chunks.back().append(text);
  text_bytes_ += text.size();
  const auto kept = std::string_view(chunks.back()).substr(at);
  texts_.insert(kept);
  return kept;
}

// What began before the oldest frame has its words in the state at the end, if it still lives.
RecordReader::Track* RecordReader::track(const Key& alert) {
  const auto [it, fresh] = tracks_.try_emplace(alert);
  Track& track = it->second;
  if (!fresh) return &track;
  const std::uint32_t slot = head_.alert_slot(alert);
  if (slot == no_slot) return &track;
  const AlertRow& row = head_.alerts().at(slot);
  track.text = keep(row.text().bytes());
  track.starts_at = row.starts_at, track.source = row.source, track.incident = row.incident;
  track.from_head = true;
  return &track;
}

// Everything that fires when the record begins fires from then on, in either run.
void RecordReader::fired_before(Track& track) {
  if (track.known != no_event || track.text.empty()) return;
  RecordedEvent event;
  event.text = track.text, event.source = track.source, event.sent_as = track.sent_as;
  event.starts_at = std::min(track.starts_at, out_.wall(out_.begin));
  event.ends_at = until_cleared;
  event.known_before = true, event.incident = track.incident;
  track.known = in_known | static_cast<std::uint32_t>(known_.size());
  if (track.last == no_event)
    track.last = track.known;
  else
    out_.events[track.last].before = track.known;
  known_.push_back(event);
}

// The first that is heard of it is something that happens to what fires.
void RecordReader::was_there(Track& track) {
  if (track.from_head && inside() && track.last == no_event) fired_before(track);
  if (inside()) track.from_head = false;
}

void RecordReader::begin() {
  begun_ = true;
  out_.begin = later(from_, out_.log_begin);
  for (auto& known : tracks_) {
    if (known.second.firing) fired_before(known.second);
    known.second.from_head = false;
  }
  for (const auto& [id, words] : silences_) silence(RecordedSilence::What::made, id, words);
  head_.silences().each([&](std::uint32_t, const SilenceRow& row) {
    if (row.created_at >= out_.log_begin || row.ends_at <= out_.wall(out_.begin)) return;
    const SilenceWords words = row.words();
    RecordedSilence made;
    made.starts_at = row.starts_at, made.ends_at = row.ends_at;
    made.by = words.by, made.created_by = words.created_by;
    made.comment = words.comment, made.matchers = words.matchers;
    made.window = row.kind == SuppressionKind::window;
    made.cis = words.cis, made.change = words.change;
    silences_[row.id] = made;
    silence(RecordedSilence::What::made, row.id, made);
  });
}

void RecordReader::add(Track& track, RecordedEvent event) {
  if (!inside()) return;
  if (event.text.empty()) {
    ++out_.without_text;
    return;
  }
  event.at = at_, event.source = track.source, event.before = track.last;
  track.last = static_cast<std::uint32_t>(out_.events.size());
  out_.events.push_back(event);
}

// It ended then, or fell silent: all events since it last began were good until then and no
// longer, so that nothing a run remembers of them speaks for what comes later.
void RecordReader::over_at(Track& track, Instant at) {
  for (std::uint32_t i = track.last; i != no_event;) {
    RecordedEvent& event = i & in_known ? known_[i & ~in_known] : out_.events[i];
    if (event.resolved || event.ends_at != until_cleared) return;
    event.ends_at = out_.wall(at);
    i = event.before;
  }
}

void RecordReader::on(const AlertOpened& f) {
  Track& track = tracks_[f.alert];
  track.text = keep(f.text);
  track.starts_at = f.starts_at, track.source = f.source, track.from_head = false;
  track.sent_as = EventClass::alert;
  track.firing = f.state != AlertState::tombstone;
  RecordedEvent event;
  event.text = track.text, event.starts_at = f.starts_at, event.resolved = !track.firing;
  event.ends_at = track.firing ? until_cleared : f.ends_at;
  add(track, event);
}

void RecordReader::on(const AlertChanged& f) {
  Track& known = *track(f.alert);
  known.starts_at = f.starts_at, known.source = f.source, known.firing = true;
  RecordedEvent event;
  event.text = known.text, event.starts_at = f.starts_at, event.ends_at = until_cleared;
  add(known, event);
}

// Follows the change that it belongs to.
void RecordReader::on(const AlertAnnotated& f) {
  Track& known = *track(f.alert);
  known.text = keep(f.text);
  if (inside() && known.last < out_.events.size()) out_.events[known.last].text = known.text;
}

void RecordReader::on(const AlertRefreshed& f) {
  Track& known = *track(f.alert);
  known.firing = true;
  was_there(known);
}

void RecordReader::on(const AlertStale& f) {
  Track& known = *track(f.alert);
  known.firing = true;  // silence is not health
  was_there(known);
  over_at(known, at_);
}

void RecordReader::on(const AlertResolved& f) {
  Track& known = *track(f.alert);
  was_there(known);
  known.firing = false;
  over_at(known, at_);
  if (f.quiet_ms > 0) return;
  RecordedEvent event;
  event.text = known.text, event.ends_at = f.ends_at, event.resolved = true;
  known.source = f.source;
  add(known, event);
}

void RecordReader::on(const AlertForgotten& f) {
  tracks_.erase(f.alert);
}

void RecordReader::on(const AlertLinked& f) {
  Track& known = *track(f.alert);
  if (f.was_held) was_there(known);
  known.firing = true;
  linked(known, f.incident);
}

// It changed, which is an event already; before that it fired, or had ended.
void RecordReader::on(const AlertRelinked& f) {
  Track& known = *track(f.alert);
  const bool fired = f.before == AlertState::firing || f.before == AlertState::stale;
  if (fired && known.from_head && inside()) fired_before(known);
  linked(known, f.incident);
}

void RecordReader::linked(Track& track, IncidentNumber incident) {
  track.incident = incident;
  if (!inside()) return;
  track.from_head = false;
  if (track.last < out_.events.size()) out_.events[track.last].incident = incident;
}

// What was set aside is in no row: it is good until its end, or until it is said to have fallen
// silent.
void RecordReader::on(const EventSetAside& f) {
  out_.missed += inside() ? f.missed : 0;
  Track& known = tracks_[f.alert];
  if (f.disposition == Disposition::counted_below_threshold) return counted(known, f);
  if (f.heard_until != Instant{}) over_at(known, f.heard_until);
  // Recorded twice: which one was recorded already had been forgotten. With another text it says
  // something new: how much time is left.
  const bool silent = f.heard_until != Instant{};
  const bool same = known.starts_at == f.starts_at && known.text == f.text;
  if (!f.resolved && known.firing && !silent && same) return;
  if (f.resolved && !known.firing && known.last != no_event) return;
  if (f.resolved) over_at(known, at_);
  known.text = keep(f.text);
  known.source = f.source, known.sent_as = f.sent_as;
  known.firing = !f.resolved;
  if (!f.resolved) known.starts_at = f.starts_at;
  RecordedEvent event;
  event.text = known.text, event.starts_at = f.starts_at, event.sent_as = f.sent_as;
  event.resolved = f.resolved;
  // Of a line of syslog nobody says that it is over: it is good for as long as it was at first.
  const bool syslog = f.source < out_.sources.size() && out_.sources[f.source] == syslog_source;
  event.ends_at = f.resolved || syslog ? f.ends_at : until_cleared;
  add(known, event);
}

// Each one counts, also a repeat; whether its alert fires is for the rule to say.
void RecordReader::counted(Track& track, const EventSetAside& f) {
  track.text = keep(f.text);
  track.source = f.source, track.sent_as = f.sent_as;
  RecordedEvent event;
  event.text = track.text, event.starts_at = f.starts_at, event.sent_as = f.sent_as;
  event.ends_at = until_cleared;
  add(track, event);
}

// ---- what else is known ----

void RecordReader::on(const Tallied& f) {
  if (!inside()) return;
  each_pair(f.dispositions, [this](Disposition d, std::uint32_t n) {
    switch (d) {
      case Disposition::duplicate:
        out_.repeats += n;
        break;
      case Disposition::unmatched:
        out_.unmatched += n;
        break;
      case Disposition::informational:
      case Disposition::service_request:
      case Disposition::work_item:
      case Disposition::change_record:
      case Disposition::heartbeat:
        break;
      default:
        out_.other += n;
    }
  });
}

void RecordReader::on(const SourceNamed& f) {
  if (out_.sources.size() <= f.slot) out_.sources.resize(f.slot + std::size_t{1});
  out_.sources[f.slot] = f.name;
}
void RecordReader::on(const ClockStepped&) {
  out_.clock_steps += inside();
}

void RecordReader::silence(RecordedSilence::What what, SilenceId id, const RecordedSilence& words) {
  if (!inside()) return;
  RecordedSilence act = words;
  act.at = later(at_, out_.begin), act.what = what, act.silence = id;
  out_.silences.push_back(std::move(act));
}

void RecordReader::on(const SilenceCreated& f) {
  RecordedSilence& words = silences_[f.silence];
  words.starts_at = f.starts_at, words.ends_at = f.ends_at;
  words.by = f.by, words.created_by = f.created_by;
  words.comment = f.comment, words.matchers = f.matchers;
  silence(RecordedSilence::What::made, f.silence, words);
}
void RecordReader::on(const WindowCreated& f) {
  RecordedSilence& words = silences_[f.window];
  words.window = true;
  words.starts_at = f.starts_at, words.ends_at = f.ends_at;
  words.by = f.by, words.created_by = f.owner, words.comment = f.reason;
  words.matchers = f.matchers, words.cis = f.cis, words.change = f.change;
  silence(RecordedSilence::What::made, f.window, words);
}
void RecordReader::on(const SilenceUpdated& f) {
  const auto it = silences_.find(f.silence);
  if (it == silences_.end()) return;
  RecordedSilence& words = it->second;
  words.starts_at = f.starts_at, words.ends_at = f.ends_at;
  words.by = f.by, words.created_by = f.created_by, words.comment = f.comment;
  silence(RecordedSilence::What::changed, f.silence, words);
}
void RecordReader::on(const SilenceExpired& f) {
  const auto it = silences_.find(f.silence);
  if (it == silences_.end()) return;
  it->second.by = f.by;
  if (f.why != WhyExpired::its_end) silence(RecordedSilence::What::ended, f.silence, it->second);
  silences_.erase(it);
}

// ---- what people did ----

void RecordReader::left_out(std::string_view what, IncidentNumber incident, Text by) {
  if (!inside()) return;
  ++out_.left_out_by[what];
  if (out_.left_out.size() < Record::left_out_max)
    out_.left_out.push_back({at_, what, incident, std::string(by)});
}
void RecordReader::on(const IncidentAcknowledged& f) {
  left_out("acknowledged", f.incident, f.by);
}
void RecordReader::on(const NoteAdded& f) {
  if (f.by != daemon_itself) left_out("noted", f.incident, f.by);
}
void RecordReader::on(const IncidentResolved& f) {
  if (!f.by_daemon) left_out("resolved", f.incident, f.by);
}
void RecordReader::on(const IncidentClosed& f) {
  if (!f.by_daemon) left_out("closed", f.incident, f.by);
}
void RecordReader::on(const IncidentReopened& f) {
  if (f.trigger == ReopenTrigger::person) left_out("reopened", f.incident, f.by);
}
void RecordReader::on(const DrillStarted& f) {
  left_out("drill", f.incident, f.by);
}

void RecordReader::on(const PriorityAdjusted& f) {
  left_out("priority adjusted", f.incident, f.by);
}
void RecordReader::on(const IncidentCategorized& f) {
  left_out("categorized", f.incident, f.by);
}
void RecordReader::on(const PriorityOverridden& f) {
  left_out("priority set", f.incident, f.by);
}
void RecordReader::on(const IncidentRelated& f) {
  if (f.why == WhyRelated::person) left_out("linked", f.incident, f.what);
}
void RecordReader::on(const IncidentDetached& f) {
  if (f.why == WhyDetached::person) left_out("unlinked", f.incident, f.by);
}

// ---- the end ----

// What fires at the end, began before the oldest frame, and of which the log says nothing.
void RecordReader::add_untouched() {
  head_.alerts().each([&](std::uint32_t, const AlertRow& row) {
    const bool fires = row.state == AlertState::firing || row.state == AlertState::held ||
                       row.state == AlertState::stale;
    if (!fires || row.seen_at >= out_.log_begin || tracks_.contains(row.fingerprint())) return;
    fired_before(*track(row.fingerprint()));
  });
}

Record RecordReader::finish(Instant end) {
  if (!out_.cut_short) at_ = later(at_, end);
  if (!begun_) begin();
  add_untouched();
  out_.end = later(at_, out_.begin);
  out_.known_before = known_.size();

  // Found in the order of hash tables and of rows: told in an order of their own.
  const auto count = static_cast<std::uint32_t>(known_.size());
  std::vector<std::uint32_t> order(count), place(count);
  for (std::uint32_t i = 0; i < count; ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const auto key = [](const RecordedEvent& e) {
      return std::tuple(e.starts_at, e.source, e.text);
    };
    return key(known_[a]) < key(known_[b]);
  });
  std::vector<RecordedEvent> events;
  events.reserve(count + out_.events.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    place[order[i]] = i;
    events.push_back(known_[order[i]]);
    events.back().at = out_.begin;
  }
  for (RecordedEvent& event : out_.events) {
    if (event.before != no_event)
      event.before =
          event.before & in_known ? place[event.before & ~in_known] : event.before + count;
    events.push_back(event);
  }
  out_.events = std::move(events);
  return std::move(out_);
}

}  // namespace tocsin
