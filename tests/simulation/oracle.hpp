#pragma once
// Looks on from outside. It sees durable frames, what was released to senders, channels and people,
// and what they did; it knows nothing of how decisions are made. Every rule here is a law of docs.
//
// It also keeps the shadow: the fold of all durable frames from the first one, which every
// recovered state and every checkpoint has to equal.

#include <map>
#include <memory>
#include <set>
#include <string>

#include "rules/model/codec.hpp"
#include "rules/model/command.hpp"
#include "rules/model/page.hpp"
#include "rules/model/state.hpp"

namespace tocsin::sim {

// A law does not hold. Thrown; ends the world.
struct Broken {
  std::string law;
  std::string text;
};
[[noreturn]] void broken(const char* law, std::string text);

class Oracle {
 public:
  Oracle();

  // A frame is durable: in order, each once. `seq` may jump only over a declared loss.
  void frame(std::uint64_t seq, std::string_view payload);
  // The disk has lost what followed `head`, and said so; [from, to] has to be declared next.
  void lost(std::uint64_t head, std::uint64_t from, std::uint64_t to);

  // The store was replaced by a copy whose frames were these. What followed is gone, and nothing
  // that is given out from now on may be taken for it.
  using Log = std::map<std::uint64_t, std::string>;
  void restored(Log log);
  const Log& log() const { return log_; }

  // Released to the world.
  void order(const SendOrder& order);
  void stored(const Fingerprint& alert, Wall starts,
              Instant promised);  // an alert that keeps a row
  void acknowledged(IncidentNumber incident, Instant stamp);
  // A sign of life that was decided not before `stamp`, and not after `released`.
  void heard(const std::string& heartbeat, Instant stamp, Instant released);

  // A person was told the number of the incident or the request that their report is.
  void told(const Answer& answer);

  // The world's own doing.
  void accepted(PageId page) { accepted_.insert(page); }

  // Checks of a whole state.
  void equals(const State& state, const char* law) const;
  void totals(const State& state) const;  // against a recount of the facts
  void drained(Instant now) const;        // law 16, as far as pages go
  void archive(const absl::btree_map<std::string, std::string, std::less<>>& rows,
               const State& state) const;

  const State& shadow() const { return *shadow_; }
  std::uint64_t seq() const { return seq_; }
  std::uint64_t hash() const { return hash_; }
  bool knows(const Fingerprint& alert) const { return alerts_.count(alert) > 0; }
  // Events that heartbeats which were missed, and are heard of again, gave themselves.
  std::uint64_t own_events() const { return own_events_; }
  std::size_t frames() const { return log_.size(); }

 private:
  struct Page {
    PageKey key;
    IncidentNumber incident;
    PageKind kind{};
    std::uint16_t attempt = 0, released = 0;
    Epoch epoch;
    bool in_flight = false;
    Instant requested{}, retry{};
    bool told_to_wait = false;
    bool decides = false;  // asks whether it is a major incident
    std::string person, channel;
    bool news = false;  // of the hierarchic matrix: nobody's answer ends it
  };
  struct Incident {
    bool answered = false, resolved = false, drill = false, over = false;
    Priority priority{};
    Instant resolved_at = never, opened_at{};
    Instant verify_due = never, prompt_due = never, close_due = never, last_step_due{}, cycle_at{};
    IncidentNumber parent;  // speaks for it
    bool reported = false;  // by a person
    bool on_hold = false, hold_resolves = false, major = false;
    Instant hold_until = never;
    std::set<std::pair<std::string, std::string>> told;  // got a page, and not yet the all-clear
  };
  struct Alert {
    Wall ended{};  // of the last explicit end
    Instant promised{};
    Epoch promised_in;
    bool muted = false;  // suppressed by a window
    Instant muted_until = never;
  };
  // What the facts say of the two clocks of an incident.
  struct Clock {
    bool exists = false, breached = false;
    Priority priority{}, breached_as{};
    Instant breached_at = never;
  };
  struct Clocks {
    Clock of[EnumTable<ClockKind>::count];
    ClosureClass ended{};
  };
  friend struct Watch;

  void take(std::uint64_t seq, std::string_view payload);
  void rewind(Log kept);
  bool silenced(IncidentNumber n, Instant at);
  void held_are_silenced();
  void silent_ones_are_told();
  bool inhibited(const AlertRow& target);
  // began: and it began inside, too.
  bool in_a_window(const Fingerprint& alert, Instant at, bool began = false);
  const std::vector<Matcher>& matchers_of(std::string_view packed);
  const Settings& settings_now();
  void restricted(const SendOrder& order) const;
  Page& page(PageId id);
  Incident& incident(IncidentNumber n);

  std::unique_ptr<State> shadow_;
  Log log_;
  std::uint64_t seq_ = 0, hash_ = 0;
  std::uint64_t lost_from_ = 0, lost_to_ = 0;
  bool loss_due_ = false;
  Instant at_{};
  Epoch epoch_;
  Instant epoch_at_{}, grace_{};
  std::map<PageId, Page> pages_;
  std::set<PageKey> keys_, keys_of_lost_;  // given; given by stores that are gone
  bool paused_ = false;
  struct Beat {
    Instant stamp{}, released{};
    Epoch epoch;
  };
  std::uint64_t own_events_ = 0;
  bool between_lives_ = false;  // a loss or a restore is on record, and no process listens yet
  std::map<std::string, Beat> beats_;  // the last of each heartbeat
  bool storm_ = false;
  bool clock_stepped_ = false;
  Instant paused_at_{}, resumed_at_{};
  std::map<IncidentNumber, Incident> incidents_;
  std::map<IncidentNumber, Instant> candidates_;  // and until when they are decided
  std::map<Fingerprint, Alert> alerts_;
  std::set<IncidentNumber> restricted_;
  std::map<Fingerprint, std::vector<Instant>> counted_;   // by rules that count
  std::map<std::string, std::vector<Matcher>> matchers_;  // compiled once
  std::uint64_t next_incident_ = 1, next_page_ = 1, next_request_ = 1;
  struct Request {
    Fingerprint key;
    Wall starts_at{};
    bool by_person = false, done = false;
    Instant forget_due = never;
  };
  std::map<RequestNumber, Request> requests_;  // those that are kept
  std::set<PageId> accepted_;
  // Links: which incident a page was of, and pages whose link was used or outlived its incident.
  std::map<PageId, IncidentNumber> sent_;
  std::set<PageId> spent_;
  std::set<SilenceId> expired_;
  std::map<std::pair<std::uint64_t, std::uint16_t>, int> released_;
  std::uint64_t dispositions_[EnumTable<Disposition>::count] = {};
  std::uint64_t outcomes_[EnumTable<AttemptOutcome>::count] = {};
  std::uint64_t opened_ = 0, closed_ = 0;
  std::map<IncidentNumber, Clocks> clocks_;
  std::map<CounterKey, std::uint64_t> agreements_;  // the totals of them, recounted
  std::string config_;                        // text in force
  std::shared_ptr<const Settings> settings_;  // what it means
  bool equivalent_reload_ = false;            // and the one before it was the same company
};

}  // namespace tocsin::sim
