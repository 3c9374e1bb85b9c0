#pragma once
// Turns: commands in the order of their stamps, deadlines merged in, facts into one frame, and what
// is to be said held until that frame is durable. No thread, no clock, no lock: a loop calls it in
// service, the simulator calls the same three functions. Used from one thread at a time.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/engine/engine.hpp"
#include "daemon/engine/held.hpp"
#include "rules/decide.hpp"

namespace tocsin {

// Something that waits for its turn. Stamped when it entered the inbox.
struct Work {
  Instant stamp;
  std::variant<Command, AlertsRequest> input;
  std::function<void(const Answer&, std::uint64_t seq)> done;  // of a command
  std::size_t cursor = 0;  // alerts of the request that are decided
};

// What a turn wants to tell one caller.
struct CallerReply {
  std::function<void(const Answer&, std::uint64_t seq)> done;
  std::function<void(bool stored, std::uint64_t seq)> stored;
  Answer answer;
  std::uint64_t seq = 0;
};

// One frame to be made durable. seq 0: nothing was written, and there is nothing to append.
struct Turn {
  std::uint64_t seq = 0;
  std::uint64_t epoch = 0;
  std::uint64_t uid = 0;
  std::string payload;
  std::size_t facts = 0;
  bool more = false;  // caps were reached: the next turn follows at once
};

struct TurnLimits {
  std::size_t commands = 1000;  // alerts count one each
  std::size_t facts = 4000;
  std::size_t bytes = 512u << 10;
  std::size_t deadlines = 1000;
};

class Sequencer {
 public:
  // `state` is recovered and owned by the caller; `next_seq` follows its head (or a declared loss).
  // `uid` gives 64 random bits per frame.
  Sequencer(State& state, std::shared_ptr<const Settings> settings, std::uint64_t next_seq,
            std::function<std::uint64_t()> uid, TurnLimits limits = {});

  // Decides what waits in `inbox`, as far as the limits allow, and everything due by `now`.
  Turn take(std::deque<Work>& inbox, Instant now);

  // The payload of a turn that is durable: a later one is written where its pages are mapped
  // already, unless it had a large configuration in it.
  void recycle(std::string payload) {
    if (payload.capacity() <= spare_bytes_max) spare_ = std::move(payload);
  }

  struct Released {
    std::vector<CallerReply> replies;
    std::vector<SendOrder> orders;
    std::vector<std::shared_ptr<const Snapshot>> snapshots;
  };
  // The journal says that everything up to `durable` is on disk.
  Released committed(std::uint64_t durable);

  // When take() has to be called at the latest, though nothing came in.
  std::optional<Instant> next_deadline() const;

  // A copy of the tables as they are after the last turn; released when that is durable.
  void request_snapshot();
  // The same for the checkpoint, which waits for its basis itself.
  std::shared_ptr<const Snapshot> snapshot_now();

  const std::shared_ptr<const Settings>& settings() const { return settings_; }
  std::uint64_t head() const { return next_seq_ - 1; }  // last frame handed out
  State& state() { return state_; }
  bool owes() const { return !replies_.empty() || !orders_.empty() || !snapshots_.empty(); }

 private:
  void use(std::shared_ptr<const Settings> settings);
  void decide_work(Work& work, Facts& out, std::size_t& commands);
  void decide_alerts(Work& work, Facts& out, std::size_t& commands);
  bool fire_deadlines(Instant before, bool inclusive, Instant now, Facts& out, std::size_t& fired);
  bool full(const Facts& out, std::size_t commands) const;
  void flush_tallies(Facts& out, Instant now);
  void apply_sightings(Facts& out);
  std::uint64_t basis(const Facts& out) const { return out.count() ? next_seq_ : next_seq_ - 1; }

  State& state_;
  std::shared_ptr<const Settings> settings_;
  Sightings sightings_;
  std::uint64_t next_seq_;
  std::function<std::uint64_t()> uid_;
  TurnLimits limits_;
  Instant last_at_;
  static constexpr std::size_t spare_bytes_max = 2u << 20;  // a frame has a quarter of it
  std::string buffer_, spare_;
  Tallies tallies_;
  Instant tallied_since_ = never;
  bool flush_asked_ = false;  // a clean stop keeps no counts in memory
  std::deque<Held<CallerReply>> replies_;
  std::deque<Held<SendOrder>> orders_;
  std::deque<Held<std::shared_ptr<const Snapshot>>> snapshots_;
};

}  // namespace tocsin
