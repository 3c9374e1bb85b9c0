#include "rules/heartbeats.hpp"

#include <algorithm>
#include <map>

#include "rules/model/planted.hpp"
#include "rules/model/silence.hpp"
#include "rules/prepare.hpp"
#include "rules/process/format.hpp"
#include "rules/story.hpp"

namespace tocsin {
namespace {

constexpr std::size_t rows_per_slice = 500;
constexpr std::size_t facts_per_slice = 100;
// Beyond it a sign of life is recorded when it comes.
constexpr Span short_bound = hours(1);
// What a kill forgets of those at most. 10,000 of them write 34 facts of 60 bytes a second.
constexpr Span recorded_every = minutes(5);

HeartbeatRow row_at(const Deciding& d, std::uint32_t slot) {
  return d.state.heartbeats().at(slot);
}

Instant last_sign(const Deciding& d, std::uint32_t slot, const HeartbeatRow& row) {
  return later(row.since, d.sightings.sign(slot, row.id));
}

// ---- the alert of a heartbeat ----

// Its labels are its identity; what else the configuration says of it is found by name.
void pack_missed(const Deciding& d, const Heartbeat& h, const HeartbeatRow& row, Instant since,
                 std::string& out) {
  std::map<std::string_view, std::string_view> labels{
      {"alertname", "HeartbeatMissed"}, {"heartbeat", h.name}, {"severity", name(h.severity)}};
  const auto& ci_labels = d.settings.ci_labels;
  const std::string_view ci_label = ci_labels.empty() ? "ci" : std::string_view(ci_labels.front());
  if (!h.ci.empty()) labels.emplace(ci_label, h.ci);
  const std::string last = wall_words(d.state.globals().wall(since));
  const std::string summary = h.summary.empty()
                                  ? "no sign of life of " + h.name + " for " + span_words(row.bound)
                                  : h.summary;
  const std::string description =
      row.seen ? "last heard of: " + last : "never heard of, and expected since " + last;
  const std::vector<Pair> annotations{{"description", description}, {"summary", summary}};
  pack_alert(out, {labels.begin(), labels.end()}, annotations, "");
}

// Its events are received and disposed of like those of any sender.
struct OwnEvent {
  AlertBatch batch;
  Prepared alert;
  std::uint8_t source = 0;
};
void prepare_own(const Deciding& d, OwnEvent& e, IncomingAlert in) {
  in.text_size = static_cast<std::uint32_t>(e.batch.bytes.size());
  e.batch.alerts = {in};
  e.alert = prepare(e.batch, e.batch.alerts.front(), d.settings, d.state.globals().secret, e.source,
                    d.wall(), Span{}, heartbeat_source);
}
// The answer to the command in hand is about that one.
void hear_own(const Deciding& d, const OwnEvent& e, const Hear& hear) {
  const Answer answer = d.out.answer;
  hear({&e.alert, e.source, d.wall()});
  d.out.answer = answer;
}

bool fires(const AlertRow& row) {
  return row.state != AlertState::resolved && row.state != AlertState::tombstone;
}

void miss(const Deciding& d, const Heartbeat& h, const HeartbeatRow& row, Instant since,
          const Hear& hear) {
  OwnEvent e;
  e.source = d.state.source_slot(heartbeat_source);
  pack_missed(d, h, row, since, e.batch.bytes);
  IncomingAlert in;
  in.starts_at = d.wall();
  in.ends_at = until_cleared;
  prepare_own(d, e, in);
  // Missed again: that is news also when the wall clock was set back behind the end of the last.
  const std::uint32_t known = d.state.alert_slot(e.alert.fingerprint);
  if (known != no_slot && !fires(d.state.alerts().at(known)))
    e.alert.starts_at =
        std::max(e.alert.starts_at, d.state.alerts().at(known).ends_at + milliseconds(1));
  d.out.add(HeartbeatMissed{since, row.due, e.alert.fingerprint, h.name});
  hear_own(d, e, hear);
}

void end_alert(const Deciding& d, const Fingerprint& alert, const Hear& hear) {
  const std::uint32_t slot = d.state.alert_slot(alert);
  if (slot == no_slot || !fires(d.state.alerts().at(slot))) return;
  const AlertRow row = d.state.alerts().at(slot);
  OwnEvent e;
  e.source = row.source;
  e.batch.bytes = row.text().bytes();
  IncomingAlert in;
  in.resolved = true;
  in.starts_at = row.starts_at;
  in.ends_at = std::max(d.wall(), row.starts_at);
  prepare_own(d, e, in);
  hear_own(d, e, hear);
}

// ---- a heartbeat and its configuration ----

void expect(const Deciding& d, const Heartbeat& h) {
  need_format(d, format_with_decisions);
  d.out.add(HeartbeatAdded{d.state.globals().next_heartbeat, h.every.ms, h.bound().ms,
                           d.now + h.bound(), h.name});
}

// By the times that were in force when it was heard of. What a start has given it beyond its bound
// stays its own.
void plan(const Deciding& d, const Heartbeat& h, std::uint32_t slot) {
  HeartbeatRow row = row_at(d, slot);
  Instant due = never;
  if (row.state != HeartbeatState::missed) {
    if (const Instant sign = last_sign(d, slot, row); sign > row.since) {
      d.out.add(HeartbeatSeen{sign, sign + row.bound, h.name});
      row = row_at(d, slot);
    }
    due = row.since + h.bound() + (row.due - (row.since + row.bound));
  }
  d.out.add(HeartbeatPlanned{h.every.ms, h.bound().ms, due, h.name});
}

void remove(const Deciding& d, std::uint32_t slot, const Hear& hear) {
  const HeartbeatRow row = row_at(d, slot);
  const std::string name(row.name());
  d.out.add(HeartbeatRemoved{name});
  if (row.state != HeartbeatState::missed) return;
  const std::uint32_t alert = d.state.alert_slot(row.alert);
  const IncidentNumber n =
      alert == no_slot ? IncidentNumber{} : d.state.alerts().at(alert).incident;
  if (d.state.incident_slot(n) != no_slot)
    d.out.add(NoteAdded{n, "daemon",
                        "the configuration does not expect the heartbeat " + name +
                            " any more, so its alert ends"});
  end_alert(d, row.alert, hear);
}

// See the header. Asked again it gives nothing more.
void excuse(const Deciding& d, std::uint32_t slot) {
  const Globals& g = d.state.globals();
  const HeartbeatRow row = row_at(d, slot);
  if (row.state == HeartbeatState::missed || last_sign(d, slot, row) >= g.down_until) return;
  const Instant expected = row.since + Span{row.every.ms - row.every.ms / 4};
  const bool may_be_lost = row.bound <= short_bound ||
                           (g.down_until > expected && g.down_from - recorded_every < row.due);
  const Span round = row.excused ? Span{std::min(row.bound.ms, short_bound.ms)} : row.bound;
  if (!may_be_lost || g.down_until + round <= row.due || planted("downtime_is_silence")) return;
  const std::string name(row.name());
  d.out.add(HeartbeatExcused{g.down_until + round, name});
}

void measure(const Deciding& d, std::uint32_t slot, const Hear& hear) {
  const HeartbeatRow row = row_at(d, slot);
  const Heartbeat* h = d.settings.heartbeat(row.name());
  if (!h) return remove(d, slot, hear);
  // By the times that were in force when the daemon went down.
  if (d.state.globals().down_until > Instant{}) excuse(d, slot);
  if (row.every != h->every || row.bound != h->bound()) plan(d, *h, slot);
}

// ---- signs of life ----

bool is_recorded(const Deciding& d, const HeartbeatRow& row) {
  return row.state != HeartbeatState::alive ||
         (row.bound > short_bound && d.now - row.since >= recorded_every);
}

void sign_of_life(const Deciding& d, const Heartbeat& h, const Hear& hear) {
  if (!d.settings.dead_man_timers) return;
  if (d.state.heartbeat_slot(h.name) == no_slot) expect(d, h);
  const std::uint32_t slot = d.state.heartbeat_slot(h.name);
  const HeartbeatRow row = row_at(d, slot);
  if (!is_recorded(d, row)) return d.out.signs.push_back({slot, row.id});
  d.out.add(HeartbeatSeen{d.now, d.now + row.bound, h.name});
  if (row.state == HeartbeatState::missed) end_alert(d, row.alert, hear);
}

bool same_timers(const Settings& a, const Settings& b) {
  return std::equal(a.heartbeats.begin(), a.heartbeats.end(), b.heartbeats.begin(),
                    b.heartbeats.end(), [](const Heartbeat& x, const Heartbeat& y) {
                      return x.name == y.name && x.every == y.every && x.bound() == y.bound();
                    });
}

}  // namespace

std::vector<std::pair<std::string, std::string>> index_heartbeats(Settings& settings) {
  std::vector<std::pair<std::string, std::string>> wrong;
  settings.heartbeat_index = nullptr;
  auto index = std::make_shared<SilenceIndex>();
  for (std::uint32_t place = 0; place < settings.heartbeats.size(); ++place) {
    Heartbeat& h = settings.heartbeats[place];
    h.key = "heartbeats." + h.name;
    if (h.match.empty()) continue;
    const std::string packed = pack_matchers(h.match);
    std::string why;
    if (!unpack_matchers(packed, why)) wrong.emplace_back(h.name, why);
    if (index->together(packed) >= SilenceLimits::together)
      wrong.emplace_back(h.name,
                         "256 heartbeats rest on the same exact label, or on none: an alert would "
                         "have to ask them all");
    index->add(SilenceId(place + 1), place, packed);
  }
  if (index->size() > 0) settings.heartbeat_index = std::move(index);
  return wrong;
}

std::vector<std::uint32_t> heartbeats_of(const Settings& settings, AlertText text) {
  std::vector<std::uint32_t> places;
  if (!settings.heartbeat_index) return places;
  settings.heartbeat_index->each_fit(text, [&](std::uint32_t place) { places.push_back(place); });
  std::sort(places.begin(), places.end());
  if (places.size() > heartbeats_per_alert) places.resize(heartbeats_per_alert);
  return places;
}

void signs_of_life(const Deciding& d, AlertText text, const Hear& hear) {
  for (const std::uint32_t place : heartbeats_of(d.settings, text))
    sign_of_life(d, d.settings.heartbeats[place], hear);
}

Answer ping_heartbeat(const Deciding& d, const PingHeartbeat& c, const Hear& hear) {
  Answer a;
  if (const Heartbeat* h = d.settings.heartbeat(c.name)) {
    sign_of_life(d, *h, hear);
    d.out.tally(c.source, a.disposition = Disposition::heartbeat);
  } else {
    a.code = Answer::Code::not_found, a.message = "no heartbeat '" + c.name + "' is expected";
    d.out.tally(c.source, a.disposition = Disposition::rejected_malformed);
  }
  return a;
}

void heartbeat_due(const Deciding& d, std::uint32_t slot, const Hear& hear) {
  const HeartbeatId id = row_at(d, slot).id;
  const bool measured =
      d.state.globals().heartbeats_due == never && d.settings.heartbeat(row_at(d, slot).name());
  if (!measured) measure(d, slot, hear);
  if (!d.state.heartbeats().used(slot) || row_at(d, slot).id != id) return;
  const HeartbeatRow row = row_at(d, slot);
  if (row.due > d.now) return;
  const std::string name(row.name());
  const Instant sign = last_sign(d, slot, row);
  if (sign > row.since && sign + row.bound > d.now && !planted("sign_of_life_forgotten"))
    return d.out.add(HeartbeatSeen{sign, sign + row.bound, name});
  miss(d, *d.settings.heartbeat(name), row, sign, hear);
}

void start_heartbeat_sweep(const Deciding& d, const Settings& next) {
  const Globals& g = d.state.globals();
  const std::size_t known = d.state.heartbeats().size();
  if (!next.dead_man_timers || (next.heartbeats.empty() && known == 0)) return;
  const bool under_way = g.heartbeats_due != never;
  if (!under_way && known == next.heartbeats.size() && same_timers(d.settings, next)) return;
  need_format(d, format_with_decisions);
  d.out.add(HeartbeatsAdvanced{d.now, g.down_from, g.down_until, {}});
}

// `at` of the frame before is the last that is known of the life before.
void heartbeats_after_start(const Deciding& d) {
  if (!d.settings.dead_man_timers || d.state.heartbeats().size() == 0) return;
  const Globals& g = d.state.globals();
  const bool again = g.heartbeats_due != never && g.down_until > Instant{};
  d.out.add(HeartbeatsAdvanced{d.now, again ? g.down_from : g.at, d.now, {}});
}

void heartbeat_sweep_slice(const Deciding& d, const Hear& hear) {
  const Globals& g = d.state.globals();
  const HeartbeatsAdvanced done{never, {}, {}, {}};
  if (!d.settings.dead_man_timers) return d.out.add(done);
  const auto& expected = d.settings.heartbeats;
  std::string after = g.heartbeats_after;
  auto next =
      std::upper_bound(expected.begin(), expected.end(), after,
                       [](const std::string& name, const Heartbeat& h) { return name < h.name; });
  const std::size_t facts_before = d.out.count();
  for (std::size_t n = 0; n < rows_per_slice && d.out.count() < facts_before + facts_per_slice;
       ++n) {
    const auto row = d.state.heartbeats_by_name().upper_bound(after);
    const bool none = row == d.state.heartbeats_by_name().end();
    if (none && next == expected.end()) return d.out.add(done);
    const bool known = !none && (next == expected.end() || row->first <= next->name);
    after = known ? row->first : next->name;
    if (next != expected.end() && next->name == after) ++next;
    if (known)
      measure(d, row->second, hear);
    else
      expect(d, *d.settings.heartbeat(after));
  }
  d.out.add(HeartbeatsAdvanced{d.now, g.down_from, g.down_until, after});
}

}  // namespace tocsin
