// Why this file is long: one list of fields per row, and both directions of each.
#include "rules/model/row_codec.hpp"

#include "rules/model/codec.hpp"

namespace tocsin {
namespace {

constexpr std::size_t first_dispositions = index(Disposition::quarantined);  // of format 1

// One list of fields per row serves both directions.
template <class V, class Row>
void alert_fields(V&& v, Row& r) {
  v("due", r.due), v("starts_at", r.starts_at), v("ends_at", r.ends_at), v("seen_at", r.seen_at);
  v("changed_at", r.changed_at), v("incident", r.incident), v("state", r.state);
  v("severity", r.severity), v("source", r.source), v("flags", r.flags);
}
template <class V, class Row>
void incident_fields(V&& v, Row& r) {
  v("number", r.number), v("revision", r.revision), v("opened_at", r.opened_at);
  v("acknowledged_at", r.acknowledged_at), v("resolved_at", r.resolved_at),
      v("cycle_at", r.cycle_at);
  v("escalate_due", r.escalate_due), v("verify_due", r.verify_due), v("prompt_due", r.prompt_due);
  v("close_due", r.close_due), v("occurred_at", r.occurred_at), v("restored_at", r.restored_at);
  v("alerts_firing", r.alerts_firing), v("alerts_stale", r.alerts_stale);
  v("alerts_total", r.alerts_total), v("events", r.events), v("timeline", r.timeline);
  v("cycle_pages", r.cycle_pages), v("cycle", r.cycle), v("step", r.step), v("repeat", r.repeat);
  v("reopened", r.reopened), v("recurrence_of", r.recurrence_of), v("state", r.state);
  v("severity", r.severity), v("impact", r.impact), v("urgency", r.urgency),
      v("priority", r.priority);
  v("ci_match", r.ci_match), v("origin", r.origin), v("code", r.code), v("cause", r.cause);
  v("resolved_by_daemon", r.resolved_by_daemon), v("monitoring_silent", r.monitoring_silent);
  v("needs_review", r.needs_review), v("prompted", r.prompted), v("self", r.self);
  v("held_until", r.held_until), v("held_by", r.held_by);
  v("drill", r.drill), v("links_from", r.links_from);
}
// What rows of format 1 and 2 do not have stands behind the rest, and only where there is something
// to say: the bytes of all others, and so the digest of a store, are those of the version before.
template <class V, class Row>
void incident_fields_of_format_3(V&& v, Row& r) {
  v("reassess_due", r.reassess_due);
}
template <class V, class Row>
void family_fields(V&& v, Row& r) {
  v("parent", r.parent), v("child_since", r.child_since), v("family_job", r.family_job);
  v("family_next", r.family_next), v("family_due", r.family_due);
  v("alerts_flapping", r.alerts_flapping), v("storm", r.storm);
}
bool has_family(const IncidentRow& r) {
  return r.parent || r.family_due != never || r.alerts_flapping || r.storm;
}
template <class V, class Row>
void said_fields(V&& v, Row& r) {
  v("locked", r.locked), v("calculated", r.calculated), v("lock_due", r.lock_due);
  v("impact_by", r.impact_by), v("urgency_by", r.urgency_by);
}
bool has_said(const IncidentRow& r) {
  return r.locked || r.impact_by != 0 || r.urgency_by != 0;
}
template <class V, class Row>
void marked_fields(V&& v, Row& r) {
  v("restricted", r.restricted), v("exposed", r.exposed), v("eased", r.eased);
}
bool has_marks(const IncidentRow& r) {
  return r.restricted || r.exposed || r.eased;
}
template <class V, class Row>
void reported_fields(V&& v, Row& r) {
  v("reports", r.reports), v("request", r.request);
}
// Of format 6: holds, and whether it is a major incident.
template <class V, class Row>
void course_fields(V&& v, Row& r) {
  v("hold_since", r.hold_since), v("hold_until", r.hold_until), v("hold_due", r.hold_due);
  v("holds", r.holds), v("hold_reason", r.hold_reason), v("hold_reminders", r.hold_reminders);
  v("hold_follows", r.hold_follows), v("hold_resolves", r.hold_resolves), v("major", r.major);
  v("major_criterion", r.major_criterion), v("major_refused", r.major_refused);
  v("major_due", r.major_due);
}
bool has_course(const IncidentRow& r) {
  return r.holds > 0 || r.major != MajorState::none || r.major_refused || r.major_due != never;
}
template <class V, class Clock>
void clock_fields(V&& v, Clock& c) {
  v("target", c.target.ms), v("due", c.due), v("next_due", c.next_due);
  v("planned_at", c.planned_at), v("breached_at", c.breached_at), v("ended_at", c.ended_at);
  v("elapsed", c.elapsed.ms), v("next", c.next), v("passed", c.passed), v("told", c.told);
  v("why", c.why), v("priority", c.priority), v("breached_as", c.breached_as);
  for (auto& percent : c.told_as) v("told_as", percent);
}
template <class V, class Row>
void all_clock_fields(V&& v, Row& r) {
  clock_fields(v, r.response), clock_fields(v, r.resolution);
  v("restored_on", r.restored_on), v("last_end", r.last_end);
}
bool has_clocks(const IncidentRow& r) {
  return r.response.exists() || r.resolution.exists();
}
template <class V, class Row>
void confirmed_fields(V&& v, Row& r) {
  v("category_confirmed", r.category_confirmed);
}
template <class V, class Row>
void silence_fields(V&& v, Row& r) {
  v("id", r.id), v("uuid", r.uuid), v("starts_at", r.starts_at), v("ends_at", r.ends_at);
  v("starts_due", r.starts_due), v("ends_due", r.ends_due), v("created_at", r.created_at);
  v("changed_at", r.changed_at), v("forget_due", r.forget_due), v("replaces", r.replaces);
  v("state", r.state), v("why_expired", r.why_expired);
}
// Of format 4, and only where it is no silence.
template <class V, class Row>
void silence_fields_of_format_4(V&& v, Row& r) {
  v("kind", r.kind);
}
template <class V, class Row>
void heartbeat_fields(V&& v, Row& r) {
  v("id", r.id), v("since", r.since), v("due", r.due), v("missed_at", r.missed_at);
  v("every", r.every.ms), v("bound", r.bound.ms), v("alert", r.alert), v("state", r.state);
  v("seen", r.seen), v("excused", r.excused);
}
template <class V, class Row>
void request_fields(V&& v, Row& r) {
  v("number", r.number), v("key", r.key), v("starts_at", r.starts_at);
  v("opened_at", r.opened_at), v("taken_at", r.taken_at), v("done_at", r.done_at);
  v("forget_due", r.forget_due), v("state", r.state), v("source", r.source);
  v("incident", r.incident);
}
template <class V, class Row>
void page_fields(V&& v, Row& r) {
  v("id", r.id), v("key", r.key), v("requested_at", r.requested_at), v("due", r.due);
  v("epoch", r.epoch), v("incident", r.incident), v("cycle", r.cycle), v("step", r.step);
  v("repeat", r.repeat), v("attempt", r.attempt), v("kind", r.kind), v("state", r.state);
  v("why", r.why), v("priority", r.priority), v("delivered", r.delivered);
  v("channel_rank", r.channel_rank), v("told_to_wait", r.told_to_wait);
}
template <class V, class G>
void globals_fields(V&& v, G& g) {
  v("seq", g.seq), v("at", g.at), v("epoch", g.epoch), v("offset_ms", g.offset_ms);
  v("stale_grace", g.stale_grace), v("next_incident", g.next_incident), v("next_page", g.next_page);
  v("next_alert", g.next_alert), v("secret", g.secret), v("format", g.format);
  v("lost_from", g.lost_from), v("lost_to", g.lost_to), v("loss_unconfirmed", g.loss_unconfirmed);
  v("replan_next", g.replan_next), v("replan_due", g.replan_due), v("tombstones", g.tombstones);
  v("boot_ms", g.boot_ms), v("boot_at", g.boot_at);
}
template <class V, class G>
void links_fields(V&& v, G& g) {
  v("link_generation", g.link_generation), v("link_key", g.link_key);
  v("link_key_before", g.link_key_before), v("link_key_from", g.link_key_from);
}
template <class V, class G>
void pause_fields(V&& v, G& g) {
  v("paused", g.paused), v("paused_why", g.paused_why), v("paused_epoch", g.paused_epoch);
  v("paused_at", g.paused_at), v("resumed_at", g.resumed_at);
  v("restored_history", g.restored_history), v("backup_seq", g.backup_seq);
  v("backup_at", g.backup_at), v("restored_at", g.restored_at);
}
template <class V, class S>
void storm_fields(V&& v, S& s) {
  v("second", s.second);
  for (auto& n : s.began) v("began", n);
  v("number", s.number), v("on", s.on), v("since", s.since), v("quiet_since", s.quiet_since);
  v("due", s.due);
}
template <class V, class G>
void dead_man_fields(V&& v, G& g) {
  v("next_heartbeat", g.next_heartbeat), v("heartbeats_due", g.heartbeats_due);
  v("down_from", g.down_from), v("down_until", g.down_until);
}
template <class V, class R>
void report_fields(V&& v, R& r) {
  v("key", r.key), v("at", r.at), v("incident", r.incident), v("request", r.request);
}
template <class V, class H>
void health_fields(V&& v, H& h) {
  v("failures", h.failures), v("failing_since", h.failing_since), v("accepted_at", h.accepted_at);
}

}  // namespace

void RowCodec::encode(const AlertRow& row, std::string& out) {
  out.clear();
  out.reserve(96 + row.blob->size);
  ByteWriter w(out);
  w("blob", row.blob->view());
  alert_fields(w, row);
}
std::string RowCodec::encode(const AlertRow& row) {
  std::string out;
  encode(row, out);
  return out;
}
std::string RowCodec::encode(const IncidentRow& row) {
  std::string out;
  ByteWriter w(out);
  w("blob", row.blob->view());
  incident_fields(w, row);
  const bool confirmed = row.category_confirmed;
  const bool clocks = confirmed || has_clocks(row);
  const bool course = clocks || has_course(row);
  const bool reported = course || row.reports > 0 || row.request;
  const bool marked = reported || has_marks(row), said = marked || has_said(row);
  const bool family = said || has_family(row);
  if (family || row.reassess_due != never) incident_fields_of_format_3(w, row);
  if (family) family_fields(w, row);
  if (said) said_fields(w, row);
  if (marked) marked_fields(w, row);
  if (reported) reported_fields(w, row);
  if (course) course_fields(w, row);
  if (clocks) all_clock_fields(w, row);
  if (confirmed) confirmed_fields(w, row);
  return out;
}
std::string RowCodec::encode(const PageRow& row) {
  std::string out;
  ByteWriter w(out);
  w("blob", row.blob->view());
  page_fields(w, row);
  return out;
}

std::string RowCodec::encode(const SilenceRow& row) {
  std::string out;
  ByteWriter w(out);
  w("blob", row.blob->view());
  silence_fields(w, row);
  if (row.kind != SuppressionKind::silence) silence_fields_of_format_4(w, row);
  return out;
}

std::string RowCodec::encode(const HeartbeatRow& row) {
  std::string out;
  ByteWriter w(out);
  w("blob", row.blob->view());
  heartbeat_fields(w, row);
  return out;
}

std::string RowCodec::encode(const RequestRow& row) {
  std::string out;
  ByteWriter w(out);
  w("blob", row.blob->view());
  request_fields(w, row);
  return out;
}

std::string RowCodec::encode(const Globals& g) {
  std::string out;
  ByteWriter w(out);
  globals_fields(w, g);
  w("config_hash", std::string_view(g.config_hash));
  w("boot", std::string_view(g.boot));
  w("sources", static_cast<std::uint32_t>(g.sources.size()));
  for (const auto& source : g.sources) w("source", std::string_view(source));
  w("channels", static_cast<std::uint32_t>(g.channels.size()));
  for (const auto& channel : g.channels) w("channel", std::string_view(channel));
  w("next_silence", g.next_silence), w("mute_next", g.mute_next), w("mute_due", g.mute_due);
  links_fields(w, g);
  w("channel_health", static_cast<std::uint32_t>(g.channel_health.size()));
  for (const auto& [name, health] : g.channel_health)
    w("name", std::string_view(name)), health_fields(w, health);
  pause_fields(w, g);
  // Each of these only where it, or one behind it, says something.
  const bool reports = !g.reports.empty();
  const bool requests = reports || g.next_request != RequestNumber{1};
  const bool heartbeats =
      requests || g.next_heartbeat != HeartbeatId{1} || g.heartbeats_due != never;
  const bool sources = heartbeats || g.sources_next != IncidentNumber{};
  const bool windows = sources || g.window_next;
  const bool storms = windows || g.storm.counting;
  if (g.replan_priorities_only || storms) w("replan_priorities_only", g.replan_priorities_only);
  if (!storms) return out;
  w("counting", g.storm.counting);
  storm_fields(w, g.storm);
  w("relations", static_cast<std::uint32_t>(g.storm.relations.size()));
  for (const auto& [what, incident] : g.storm.relations)
    w("what", std::string_view(what)), w("incident", incident);
  if (windows) w("window_next", g.window_next), w("window_due", g.window_due);
  if (sources)
    w("sources_next", g.sources_next), w("sources_after", g.sources_after),
        w("sources_due", g.sources_due);
  if (heartbeats)
    w("heartbeats_after", std::string_view(g.heartbeats_after)), dead_man_fields(w, g);
  if (requests) w("next_request", g.next_request);
  if (!reports) return out;
  w("reports", static_cast<std::uint32_t>(g.reports.size()));
  for (const RecentReport& report : g.reports)
    report_fields(w, report), w("by", std::string_view(report.by));
  return out;
}

std::string RowCodec::encode(const Totals& t) {
  std::string out;
  ByteWriter w(out);
  w("received", static_cast<std::uint16_t>(t.received.size()));
  for (auto n : t.received) w("n", n);
  // Those of the first format, and later ones when they were ever used: as long as they were not,
  // the bytes, and so the digest of a store, are those of the version before.
  std::size_t dispositions = t.dispositions.size();
  while (dispositions > first_dispositions && t.dispositions[dispositions - 1] == 0) --dispositions;
  w("dispositions", static_cast<std::uint16_t>(dispositions));
  for (std::size_t i = 0; i < dispositions; ++i) w("n", t.dispositions[i]);
  w("held", t.held);
  w("counters", static_cast<std::uint32_t>(t.counters.size()));
  for (const auto& [k, n] : t.counters)
    w("m", k.metric), w("a", k.a), w("b", k.b), w("c", k.c), w("n", n);
  return out;
}

std::string RowCodec::encode(const CountBuckets& counts) {
  std::string out;
  ByteWriter w(out);
  w("buckets", static_cast<std::uint32_t>(counts.size()));
  counts.each([&](const Fingerprint& key, const CountBucket& bucket) {
    w("key", key), w("over", bucket.over);
    w("events", static_cast<std::uint32_t>(bucket.at.size()));
    for (const Instant at : bucket.at) w("at", at);
  });
  return out;
}

bool RowCodec::decode(std::string_view value, IncidentRow& row) {
  ByteReader r(value);
  std::string_view blob;
  r("blob", blob);
  incident_fields(r, row);
  incident_fields_of_format_3(r, row);
  family_fields(r, row);
  said_fields(r, row);
  marked_fields(r, row);
  reported_fields(r, row);
  course_fields(r, row);
  all_clock_fields(r, row);
  confirmed_fields(r, row);
  row.blob = make_blob(blob);
  return !r.damaged();
}

namespace {

bool decode(std::string_view value, AlertRow& row) {
  ByteReader r(value);
  std::string_view blob;
  r("blob", blob);
  alert_fields(r, row);
  if (r.damaged() || !whole_alert_blob(blob, row.flags)) return false;
  row.blob = make_blob(blob);
  if (row.text().valid()) return true;
  free_blob(row.blob);
  return false;
}
bool decode(std::string_view value, PageRow& row) {
  ByteReader r(value);
  std::string_view blob;
  r("blob", blob);
  page_fields(r, row);
  if (r.damaged() || !whole_page_blob(blob)) return false;
  row.blob = make_blob(blob);
  return true;
}
bool decode(std::string_view value, SilenceRow& row) {
  ByteReader r(value);
  std::string_view blob;
  r("blob", blob);
  silence_fields(r, row);
  silence_fields_of_format_4(r, row);
  if (r.damaged()) return false;
  row.blob = make_blob(blob);
  return true;
}
bool decode(std::string_view value, HeartbeatRow& row) {
  ByteReader r(value);
  std::string_view blob;
  r("blob", blob);
  heartbeat_fields(r, row);
  if (r.damaged()) return false;
  row.blob = make_blob(blob);
  return true;
}
bool decode(std::string_view value, RequestRow& row) {
  ByteReader r(value);
  std::string_view blob;
  r("blob", blob);
  request_fields(r, row);
  if (r.damaged()) return false;
  row.blob = make_blob(blob);
  return true;
}
bool decode(std::string_view value, Globals& g) {
  ByteReader r(value);
  globals_fields(r, g);
  std::string_view text;
  r("config_hash", text);
  g.config_hash = text;
  r("boot", text);
  g.boot = text;
  std::uint32_t count = 0;
  r("sources", count);
  for (std::uint32_t i = 0; i < count && i < sources_max && !r.rest().empty() && !r.damaged();
       ++i) {
    r("source", text);
    g.sources.emplace_back(text);
  }
  r("channels", count);
  for (std::uint32_t i = 0;
       i < count && i < channel_labels_max && !r.rest().empty() && !r.damaged(); ++i) {
    r("channel", text);
    g.channels.emplace_back(text);
  }
  r("next_silence", g.next_silence), r("mute_next", g.mute_next), r("mute_due", g.mute_due);
  links_fields(r, g);
  r("channel_health", count);
  for (std::uint32_t i = 0;
       i < count && i < channel_health_max && !r.rest().empty() && !r.damaged(); ++i) {
    ChannelHealth health;
    r("name", text);
    health_fields(r, health);
    g.channel_health.emplace(text, health);
  }
  pause_fields(r, g);
  r("replan_priorities_only", g.replan_priorities_only);
  r("counting", g.storm.counting);
  storm_fields(r, g.storm);
  count = 0;
  r("relations", count);
  for (std::uint32_t i = 0;
       i < count && i < StormWatch::relations_max && !r.rest().empty() && !r.damaged(); ++i) {
    IncidentNumber incident;
    r("what", text), r("incident", incident);
    g.storm.relations.emplace(text, incident);
  }
  r("window_next", g.window_next), r("window_due", g.window_due);
  r("sources_next", g.sources_next), r("sources_after", g.sources_after);
  r("sources_due", g.sources_due);
  text = {};
  r("heartbeats_after", text);
  g.heartbeats_after = text;
  dead_man_fields(r, g);
  r("next_request", g.next_request);
  count = 0;
  r("reports", count);
  for (std::uint32_t i = 0; i < count && i < RecentReport::max && !r.rest().empty() && !r.damaged();
       ++i) {
    RecentReport& report = g.reports.emplace_back();
    text = {};
    report_fields(r, report), r("by", text);
    report.by = text;
  }
  return !r.damaged();
}
bool decode(std::string_view value, Totals& t) {
  ByteReader r(value);
  std::uint16_t size = 0;
  r("received", size);
  for (std::uint16_t i = 0; i < size && !r.rest().empty() && !r.damaged(); ++i) {
    std::uint64_t n = 0;
    r("n", n);
    if (i < t.received.size()) t.received[i] = n;
  }
  r("dispositions", size);
  for (std::uint16_t i = 0; i < size && !r.rest().empty() && !r.damaged(); ++i) {
    std::uint64_t n = 0;
    r("n", n);
    if (i < t.dispositions.size()) t.dispositions[i] = n;
  }
  r("held", t.held);
  std::uint32_t count = 0;
  r("counters", count);
  for (std::uint32_t i = 0; i < count && !r.rest().empty() && !r.damaged(); ++i) {
    CounterKey k;
    std::uint64_t n = 0;
    r("m", k.metric), r("a", k.a), r("b", k.b), r("c", k.c), r("n", n);
    t.counters[k] = n;
  }
  return !r.damaged();
}

bool decode(std::string_view value, CountBuckets& counts) {
  ByteReader r(value);
  std::uint32_t buckets = 0;
  r("buckets", buckets);
  for (std::uint32_t i = 0; i < buckets && !r.rest().empty() && !r.damaged(); ++i) {
    Fingerprint key;
    CountBucket bucket;
    std::uint32_t events = 0;
    r("key", key), r("over", bucket.over), r("events", events);
    for (std::uint32_t k = 0; k < events && !r.rest().empty() && !r.damaged(); ++k)
      r("at", bucket.at.emplace_back());
    counts.load(key, std::move(bucket));
  }
  return !r.damaged();
}

}  // namespace

bool RowCodec::load(State& state, std::string_view key, std::string_view value,
                    std::uint32_t& slot) {
  slot = no_slot;
  if (key.empty()) return false;
  switch (key[0]) {
    case alert_prefix: {
      AlertRow row;
      if (!tocsin::decode(value, row)) return false;
      slot = state.insert_alert(row);
      return true;
    }
    case incident_prefix: {
      IncidentRow row;
      if (!decode(value, row)) {
        free_blob(row.blob);
        return false;
      }
      slot = state.insert_incident(row);
      return true;
    }
    case page_prefix: {
      PageRow row;
      if (!tocsin::decode(value, row)) return false;
      slot = state.insert_page(row);
      return true;
    }
    case silence_prefix: {
      SilenceRow row;
      if (!tocsin::decode(value, row)) return false;
      slot = state.insert_silence(row);
      return true;
    }
    case heartbeat_prefix: {
      HeartbeatRow row;
      if (!tocsin::decode(value, row)) return false;
      slot = state.insert_heartbeat(row);
      return true;
    }
    case request_prefix: {
      RequestRow row;
      if (!tocsin::decode(value, row)) return false;
      slot = state.insert_request(row);
      return true;
    }
    case globals_prefix: {
      Globals globals;
      if (!tocsin::decode(value, globals)) return false;
      state.globals_ = std::move(globals);
      return true;
    }
    case totals_prefix:
      return tocsin::decode(value, state.totals_);
    case config_prefix:
      state.config_text_ = std::make_shared<const std::string>(value);
      return true;
    case counts_prefix:
      return tocsin::decode(value, *state.counts_);
    default:
      return false;
  }
}

void RowCodec::loading(State& state, std::size_t alerts, std::size_t incidents) {
  state.by_fingerprint_.reserve(alerts);
  state.incident_slots_.reserve(incidents);
  state.loading_.emplace().reserve(alerts + incidents);
}

void RowCodec::loaded(State& state) {
  state.alerts_.clear_dirty();
  state.incidents_.clear_dirty();
  state.pages_.clear_dirty();
  state.silences_.clear_dirty();
  state.heartbeats_.clear_dirty();
  state.requests_.clear_dirty();
  state.arm_loaded();
}

}  // namespace tocsin
