#pragma once
// Everything the daemon knows, as the fold of the log. Owned and changed by the sequencer's thread
// through fold() alone; everybody else reads a Snapshot.

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "rules/model/archive.hpp"
#include "rules/model/counts.hpp"
#include "rules/model/ids.hpp"
#include "rules/model/rows.hpp"
#include "rules/model/silence.hpp"
#include "rules/model/table.hpp"
#include "rules/model/text_map.hpp"
#include "rules/model/time.hpp"
#include "rules/model/totals.hpp"

namespace tocsin {

inline constexpr std::uint32_t no_slot = UINT32_MAX;

// Blobs that old snapshots may still read. Limbos form a chain: a snapshot holds the one that was
// current when it was taken, and thereby all later ones; a limbo dies, with what it holds, when no
// snapshot that could see its contents is left.
struct Limbo {
  Limbo() = default;
  Limbo(const Limbo&) = delete;
  Limbo& operator=(const Limbo&) = delete;
  ~Limbo();
  std::vector<const Blob*> blobs;
  std::shared_ptr<Limbo> next;
};

// How a channel has been answering, over everything sent through it.
struct ChannelHealth {
  std::uint32_t failures = 0;     // attempts in a row that it did not take
  Instant failing_since = never;  // the first of them
  Instant accepted_at = never;    // the last that it took
};
inline constexpr std::size_t channel_health_max = 256;  // channels watched; others are not

// Whether very much fires at once (BND-9): how many alerts began to fire in each of the last 60 s,
// and the storm that is on.
struct StormWatch {
  static constexpr std::int64_t window_s = 60;
  static constexpr std::size_t relations_max = 1024;  // beyond it incidents speak for themselves
  bool counting = false;            // only once there are enough alerts for it to matter
  std::int64_t second = 0;          // the newest one that is counted
  std::uint32_t began[window_s]{};  // by second modulo window_s
  std::uint32_t number = 0;         // of the storm that is on, or was the last
  bool on = false;
  Instant since{}, quiet_since = never, due = never;
  // What its incidents have in common, and which of them speaks for the others.
  std::map<std::string, IncidentNumber, std::less<>> relations;

  void count(Instant at, std::uint32_t n = 1);
  // In the last `seconds` seconds, that of `at` included; at most window_s.
  std::uint32_t within(Instant at, std::int64_t seconds) const;
};

// What a person reported in the last minutes: the same words again are the same report, and there
// are only so many of one person.
struct RecentReport {
  static constexpr std::size_t max = 500, of_one_person_max = 20;
  static constexpr Span remembered = minutes(5);
  Fingerprint key;
  Instant at{};
  IncidentNumber incident;  // what became of it: this,
  RequestNumber request;    // or this
  std::string by;
};

// The rest of the state: one row of the checkpoint.
struct Globals {
  std::uint64_t seq = 0;  // last frame folded
  Instant at{};           // of that frame
  Epoch epoch;
  std::int64_t offset_ms = 0;  // wall = at + offset
  Instant stale_grace{};       // no alert becomes stale before
  IncidentNumber next_incident{1};
  PageId next_page{1};
  AlertSerial next_alert{1};
  Fingerprint secret;  // keys fingerprints; made by the first frame
  std::uint16_t format = 0;
  std::string config_hash;
  std::string boot;  // of the epoch: see EpochTaken
  std::int64_t boot_ms = 0;
  Instant boot_at{};
  std::uint64_t lost_from = 0, lost_to = 0;  // acknowledged history that is gone
  bool loss_unconfirmed = false;
  bool paused = false;  // nobody is paged
  WhyPaused paused_why{};
  Epoch paused_epoch;  // attempts of later ones are drills
  Instant paused_at{}, resumed_at{};
  std::uint64_t restored_history = 0;  // 0: never restored
  std::uint64_t backup_seq = 0;
  Wall backup_at{}, restored_at{};
  IncidentNumber replan_next;  // a changed config is being applied to live rows; 0: no
  Instant replan_due = never;
  bool replan_priorities_only = false;
  SilenceId next_silence{1};
  IncidentNumber mute_next;  // incidents are being measured against changed silences; 0: no
  Instant mute_due = never;
  AlertSerial window_next;  // suppressed alerts are measured against changed windows; 0: no
  Instant window_due = never;
  IncidentNumber sources_next;  // firing alerts are measured against changed inhibitions; 0: no
  AlertSerial sources_after;    // of those of that incident
  Instant sources_due = never;
  std::uint32_t tombstones = 0;       // alert rows that are remembered only
  std::vector<std::string> sources;   // names by slot
  std::vector<std::string> channels;  // the first ten that were paged through, for labels
  std::uint32_t link_generation = 0;  // 0: there is no key, and pages carry no acting link
  LinkKey link_key, link_key_before;  // both valid
  PageId link_key_from;               // older pages keep the link that link_key_before signed
  HeartbeatId next_heartbeat{1};
  RequestNumber next_request{1};
  std::vector<RecentReport> reports;  // the oldest first
  std::string heartbeats_after;       // those up to here are measured; see HeartbeatsAdvanced
  Instant heartbeats_due = never;
  Instant down_from{}, down_until{};
  std::map<std::string, ChannelHealth, std::less<>> channel_health;
  StormWatch storm;

  // Numbers are given anew after a declared loss and in a restored store. What is made of them for
  // the world, keys, links, names of silences, is of this history of them.
  std::uint64_t history() const { return lost_to ^ restored_history; }
  Wall wall(Instant t) const { return Wall{t.ms} + Span{offset_ms}; }
  Instant instant(Wall w) const { return Instant{w.ms} - Span{offset_ms}; }
};

// An entry is only a hint: the row says whether it is still due. So nothing is ever removed from
// the queue but at its head, and a repeat moves nothing.
struct Deadline {
  Instant due;
  DeadlineKind kind{};
  std::uint64_t number = 0;  // incident number; alerts and pages without one: their serial
  std::uint64_t id = 0;      // page id, alert serial, incident number
  std::uint32_t slot = no_slot;
  auto order() const { return std::tuple(due, turn_of(kind), number, id); }
  bool operator>(const Deadline& o) const { return order() > o.order(); }
};

using PageIds = absl::btree_set<PageId>;
using IncidentNumbers = absl::btree_set<IncidentNumber>;

struct U128Hash {
  std::size_t operator()(const Fingerprint& f) const { return static_cast<std::size_t>(f.low); }
};

// Fingerprint -> slot, in sub-tables so that growing one never stalls the turn.
class FingerprintIndex {
 public:
  std::uint32_t find(const Fingerprint& f) const;
  void set(const Fingerprint& f, std::uint32_t slot);
  void erase(const Fingerprint& f);
  void reserve(std::size_t n);
  void prefetch(const Fingerprint& f) const;

 private:
  static constexpr std::size_t shards = 256;
  absl::flat_hash_map<Fingerprint, std::uint32_t, U128Hash> shard_[shards];
  static std::size_t shard_of(const Fingerprint& f) { return f.high & (shards - 1); }
};

// The alerts of a CI that wait out their hold-down: a chain through their slots, so that one more
// needs no memory of its own.
struct HeldChain {
  std::uint32_t first = no_slot, last = no_slot;
  std::uint32_t size = 0;
  bool ascending = true;  // by serial; not when an older alert is held anew
};
struct HeldLink {
  std::uint32_t before = no_slot, after = no_slot;
};

// What is known about a CI at the moment: its incidents that are open or were resolved lately
// (BND-7 b, d, f), how many of its alerts are firing in an incident, whichever (BND-7 e, pools),
// and those that are held.
struct CiNow {
  std::vector<IncidentNumber> live;  // ascending
  std::uint32_t firing = 0;
  std::uint32_t serious = 0;  // of these, of severity error or worse
  mutable HeldChain held;     // brought into its order when it is read
  bool nothing() const { return live.empty() && firing == 0 && held.size == 0; }
};

// When heartbeats were last heard of, by slot. Volatile: it may postpone that one is missed, and
// nothing else.
struct HeardSigns {
  struct One {
    HeartbeatId heartbeat;
    Instant at{};
  };
  std::vector<One> by_slot;
  Instant of(std::uint32_t slot, HeartbeatId heartbeat) const {  // Instant{}: not since the start
    return slot < by_slot.size() && by_slot[slot].heartbeat == heartbeat ? by_slot[slot].at
                                                                         : Instant{};
  }
};

// What readers see: all tables of one instant. Any thread; cheap to hold for a while, not for ever.
class Snapshot {
 public:
  Table<AlertRow>::View alerts;
  Table<IncidentRow>::View incidents;
  Table<PageRow>::View pages;
  Table<SilenceRow>::View silences;
  Table<HeartbeatRow>::View heartbeats;
  Table<RequestRow>::View requests;
  std::shared_ptr<const HeardSigns> signs;            // null: nobody was asked
  std::shared_ptr<const SilenceIndex> silence_index;  // of those that are not expired
  std::shared_ptr<const SilenceIndex> window_index;   // likewise, of the windows among them
  Archive::View archive;
  Globals globals;
  Totals totals;
  std::shared_ptr<const std::string> config_text;
  std::shared_ptr<const CountBuckets> counts;
  std::shared_ptr<Limbo> limbo;  // keeps the blobs

  std::optional<IncidentRow> incident(IncidentNumber n) const;
};

// When something happens to the alert by itself. It may not become stale before the grace after a
// start is over: what a running daemon would have heard in the meantime is not known.
Instant alert_due(const AlertRow& row, const Globals& globals);

class State {
 public:
  State();
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Reading, for decide(). Rows by value or short-lived reference: the next fact may move them.
  const Globals& globals() const { return globals_; }
  const Totals& totals() const { return totals_; }
  const Table<AlertRow>& alerts() const { return alerts_; }
  const Table<IncidentRow>& incidents() const { return incidents_; }
  const Table<PageRow>& pages() const { return pages_; }
  const Table<SilenceRow>& silences() const { return silences_; }
  const Table<HeartbeatRow>& heartbeats() const { return heartbeats_; }
  using HeartbeatSlots = absl::btree_map<std::string, std::uint32_t, std::less<>>;
  const HeartbeatSlots& heartbeats_by_name() const { return heartbeat_slots_; }
  std::uint32_t heartbeat_slot(std::string_view name) const;
  const Table<RequestRow>& requests() const { return requests_; }
  std::uint32_t request_slot(RequestNumber n) const;
  // The newest that came with this key and this start; 0: none.
  RequestNumber request_of(const Fingerprint& key, Wall starts_at) const;
  const absl::btree_set<RequestNumber>& done_requests() const { return done_requests_; }
  const SilenceIndex& silence_index() const { return *silence_index_; }
  const CountBuckets& counts() const { return *counts_; }
  const SilenceIndex& window_index() const { return *window_index_; }
  // Alerts that a window suppresses: serial -> slot.
  const absl::btree_map<std::uint64_t, std::uint32_t>& muted_alerts() const { return muted_; }
  std::uint32_t silence_slot(SilenceId id) const;
  std::uint32_t silence_slot(const Fingerprint& uuid) const;
  // Slots of the alerts that are counted as firing in the incident, in no particular order, until
  // use() is false.
  template <class Use>
  void each_member(IncidentNumber n, Use&& use) const {
    const auto it = first_member_.find(n.value);
    for (std::uint32_t slot = it == first_member_.end() ? no_slot : it->second; slot != no_slot;
         slot = members_[slot].next)
      if (!use(slot)) return;
  }
  // Alerts that fire and inhibit what has this key, serial -> slot; null: none.
  using Sources = absl::btree_map<std::uint64_t, std::uint32_t>;
  const Sources* sources(std::uint64_t key) const;
  // Incidents that are held until the last of these has ended; null: none.
  const absl::btree_set<std::uint32_t>* inhibited(std::uint64_t key) const;
  std::uint32_t alert_slot(const Fingerprint& f) const { return by_fingerprint_.find(f); }
  void prefetch(const Fingerprint& f) const { by_fingerprint_.prefetch(f); }
  std::uint32_t incident_slot(IncidentNumber n) const;
  std::uint32_t page_slot(PageId id) const;
  const std::vector<IncidentNumber>* incidents_of(std::string_view ci) const;
  const CiNow* ci_now(std::string_view ci) const;  // null: nothing
  // Slots of the first so many, by serial.
  std::vector<std::uint32_t> held_at(const CiNow& now, std::size_t max) const;
  const PageIds& pages_of(IncidentNumber n) const;  // live obligations, delivered ones too
  const IncidentNumbers& children_of(IncidentNumber n) const;  // unresolved ones
  // Services with a P1 that is open and not restored, and how many of these.
  using DownServices = absl::btree_map<std::string, std::uint32_t, std::less<>>;
  const DownServices& down_services() const { return down_services_; }
  // Open incidents that are candidates or major because of many services, or were refused as that.
  std::uint32_t known_for_services() const { return known_for_services_; }
  std::uint32_t in_flight(std::string_view channel) const;
  std::optional<PageId> next_waiting(
      std::string_view channel) const;  // most urgent page without a slot
  // Of those that back off, but not of those that the channel told to wait: the most urgent ones.
  std::vector<PageId> backing_off(std::string_view channel, std::size_t limit) const;
  const std::string& config_text() const { return *config_text_; }
  // Another holder of the same text: it is kept once. Decides nothing.
  void share_config_text(const std::shared_ptr<const std::string>& same) {
    if (*same == *config_text_) config_text_ = same;
  }
  std::uint8_t source_slot(std::string_view name) const;  // sources_max when unknown
  std::string_view source_name(std::uint8_t slot) const;  // empty when unknown

  // The earliest deadline that is still true; stale hints are dropped on the way.
  std::optional<Deadline> next_deadline() const;
  std::size_t deadlines_kept() const { return deadlines_.size(); }  // with those that have moved

  // Everything durable in canonical bytes: equal states, equal bytes. Slow; for proofs.
  std::string canonical() const;
  std::shared_ptr<const Snapshot> snapshot(std::shared_ptr<const HeardSigns> signs = {});

  // ---- fold and the checkpoint only ----
  friend struct Fold;
  friend struct RowCodec;

  // What a checkpoint must write: taken at a turn boundary together with a snapshot.
  struct Deleted {
    std::string key;
    std::uint32_t slot;
  };
  struct Dirty {
    std::vector<std::uint32_t> alerts, incidents, pages, silences, heartbeats, requests;
    std::vector<Deleted> deleted;  // in the order in which they went
    std::uint64_t archive_end = 0;
    bool config_text = false, counts = false;
    std::size_t rows() const {
      return alerts.size() + incidents.size() + pages.size() + silences.size() + heartbeats.size() +
             requests.size() + deleted.size();
    }
  };
  Dirty take_dirty();
  void give_back(Dirty dirty);
  std::size_t dirty_rows() const;
  void installed(std::uint64_t archive_end) { archive_.drop_before(archive_end); }

 private:
  void push(const Deadline& d) const {
    if (loading_)
      loading_->push_back(d);
    else
      deadlines_.push(d);
  }
  void arm_all() const;
  void arm_loaded() const;
  bool true_now(const Deadline& d, Instant& due) const;
  void arm_alert(std::uint32_t slot) const;
  // What is as it was `before` is armed already.
  void arm_incident(std::uint32_t slot, const IncidentRow* before = nullptr) const;
  void arm_page(std::uint32_t slot) const;
  void arm_silence(std::uint32_t slot) const;
  void arm_heartbeat(std::uint32_t slot) const;
  void arm_request(std::uint32_t slot) const;
  void release(const Blob* blob);
  std::uint32_t insert_alert(const AlertRow& row);
  std::uint32_t insert_incident(const IncidentRow& row);
  std::uint32_t insert_page(const PageRow& row);
  void index_page(const PageRow& row, bool on);
  void erase_alert(std::uint32_t slot);
  void erase_incident(std::uint32_t slot);
  void erase_page(std::uint32_t slot);
  std::uint32_t insert_silence(const SilenceRow& row);
  void erase_silence(std::uint32_t slot);
  std::uint32_t insert_heartbeat(const HeartbeatRow& row);
  void erase_heartbeat(std::uint32_t slot);
  std::uint32_t insert_request(const RequestRow& row);
  void erase_request(std::uint32_t slot);
  void index_silence(const SilenceRow& row, std::uint32_t slot, bool on);
  CountBuckets& change_counts();
  void count_at_ci(const AlertRow& row, bool on);
  void index_held(std::uint32_t slot, bool on);
  void chain_held(HeldChain& chain, std::uint32_t slot);
  void unchain_held(HeldChain& chain, std::uint32_t slot);
  void sort_held(HeldChain& chain) const;
  void index_child(const IncidentRow& row, bool on);
  void index_down(const IncidentRow& row, bool on);
  void count_source(const AlertRow& row, std::uint32_t slot, bool on);
  void count_inhibited(const IncidentRow& row, bool on);
  void link_member(IncidentNumber n, std::uint32_t slot);
  void unlink_member(IncidentNumber n, std::uint32_t slot);

  Globals globals_;
  Totals totals_;
  Table<AlertRow> alerts_;
  Table<IncidentRow> incidents_;
  Table<PageRow> pages_;
  Table<SilenceRow> silences_;
  Table<HeartbeatRow> heartbeats_;
  Table<RequestRow> requests_;
  Archive archive_;
  std::shared_ptr<const std::string> config_text_;
  bool config_text_dirty_ = false;
  std::shared_ptr<CountBuckets> counts_;
  bool counts_shared_ = false;  // with a snapshot: copied before the next change
  bool counts_dirty_ = false;
  std::vector<Deleted> deleted_;

  // Rebuilt at opening, never stored.
  FingerprintIndex by_fingerprint_;
  absl::flat_hash_map<std::uint32_t, std::uint32_t> incident_slots_;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> page_slots_;
  TextMap<CiNow> by_ci_;
  mutable std::vector<HeldLink> held_links_;  // by slot of the alert
  absl::flat_hash_map<std::uint32_t, PageIds> pages_by_incident_;
  absl::flat_hash_map<std::uint32_t, IncidentNumbers> children_;  // by parent
  DownServices down_services_;
  std::uint32_t known_for_services_ = 0;
  // Firing alerts of an incident: a chain through their slots.
  struct MemberLink {
    std::uint32_t next = no_slot, before = no_slot;
  };
  std::vector<MemberLink> members_;
  absl::flat_hash_map<std::uint32_t, std::uint32_t> first_member_;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> silence_slots_;
  absl::flat_hash_map<Fingerprint, std::uint32_t, U128Hash> silence_uuids_;
  HeartbeatSlots heartbeat_slots_;
  absl::flat_hash_map<std::uint32_t, std::uint32_t> request_slots_;
  absl::btree_set<std::tuple<Fingerprint, std::int64_t, RequestNumber>> requests_by_key_;
  absl::btree_set<RequestNumber> done_requests_;
  std::shared_ptr<SilenceIndex> silence_index_;
  std::shared_ptr<SilenceIndex> window_index_;
  bool silence_index_shared_ = false;  // with a snapshot: copied before the next change
  bool window_index_shared_ = false;
  absl::btree_map<std::uint64_t, std::uint32_t> muted_;
  absl::flat_hash_map<std::uint64_t, Sources> sources_;
  absl::flat_hash_map<std::uint64_t, absl::btree_set<std::uint32_t>> inhibited_;
  struct ChannelLoad {
    std::uint32_t in_flight = 0;
    absl::btree_set<std::tuple<Priority, PageKind, PageId>> waiting, backing_off;
  };
  TextMap<ChannelLoad> channels_;
  mutable std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>> deadlines_;
  // Beyond it most of them have moved since: they are made anew from the rows.
  mutable std::size_t deadlines_max_ = deadlines_min;
  static constexpr std::size_t deadlines_min = 64;
  // While a checkpoint is loaded: one heap is made of all deadlines at its end.
  mutable std::optional<std::vector<Deadline>> loading_;
  std::shared_ptr<Limbo> limbo_;
};

// One row of canonical bytes; State::canonical() is these for all its rows, by key.
void append_canonical(std::string& out, std::string_view key, std::string_view value);

}  // namespace tocsin
