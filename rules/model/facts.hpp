#pragma once
// Where decisions go. A fact is written into the frame and folded at once from the bytes just
// written, so the next line of the same decision sees it, and service folds exactly what a replay
// will fold. (Hence the rule: copy a row before you write, and look it up again after.)

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/model/aside.hpp"
#include "rules/model/codec.hpp"
#include "rules/model/command.hpp"
#include "rules/model/page.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

// Last times at which senders were heard. Volatile: they may postpone a deadline and nothing else.
class Sightings {
 public:
  // When the sender of this alert last promised to be heard again; Instant{} when it was not heard.
  Instant until(std::uint32_t slot, AlertSerial serial) const {
    return slot < seen_.size() && seen_[slot].serial == serial ? seen_[slot].until : Instant{};
  }
  void saw(std::uint32_t slot, AlertSerial serial, Instant until) {
    if (slot >= seen_.size()) seen_.resize(slot + slot / 2 + 64);
    Seen& s = seen_[slot];
    if (s.serial != serial || s.until < until) s = {serial, until};
  }
  AsideMemory aside;  // decides nothing: whether it is recorded once more

  // When the heartbeat was last heard of; Instant{}: not since the start.
  Instant sign(std::uint32_t slot, HeartbeatId heartbeat) const {
    return signs_->of(slot, heartbeat);
  }
  void heard(std::uint32_t slot, HeartbeatId heartbeat, Instant at) {
    if (std::exchange(signs_shared_, false)) signs_ = std::make_shared<HeardSigns>(*signs_);
    auto& signs = signs_->by_slot;
    if (slot >= signs.size()) signs.resize(slot + slot / 2 + 64);
    signs[slot] = {heartbeat, at};
  }
  // As they are now; for a reader, on any thread.
  std::shared_ptr<const HeardSigns> signs() {
    signs_shared_ = true;
    return signs_;
  }

 private:
  struct Seen {
    AlertSerial serial;
    Instant until{};
  };
  std::vector<Seen> seen_;
  std::shared_ptr<HeardSigns> signs_ = std::make_shared<HeardSigns>();
  bool signs_shared_ = false;  // with a reader: copied before the next change
};

// Counts that no fact of their own carries; ride as one Tallied fact.
struct Tallies {
  std::array<std::uint32_t, sources_max> received{};
  std::array<std::uint32_t, EnumTable<Disposition>::count> dispositions{};
  std::uint32_t total = 0;
};

class Facts {
 public:
  using Fold = bool (*)(State&, const FactView&);
  Facts(State& state, Fold fold, std::string& buffer)
      : state_(state), fold_(fold), buffer_(buffer) {}

  template <class F>
  void add(const F& fact) {
    const std::size_t begin = buffer_.size();
    append_fact(buffer_, at_, fact);
    ++count_;
    const std::string_view bytes(buffer_.data() + begin, buffer_.size() - begin);
    FactView view{FactTag<F>::value, at_, bytes.substr(fact_header_bytes), bytes};
    if (!fold_(state_, view))
      __builtin_trap();  // what was written cannot be folded: stop before it is durable
  }
  // An event ends here without a fact of its own.
  void tally(std::uint8_t source, Disposition d, std::uint32_t n = 1) {
    tallies.received[source < sources_max ? source : sources_max - 1] += n;
    tallies.dispositions[index(d)] += n;
    tallies.total += n;
    answer.disposition = d;
  }
  void saw(std::uint32_t slot, AlertSerial serial, Instant until) {
    seen.push_back({slot, serial, until});
  }

  void now(Instant at) { at_ = at; }
  Instant now() const { return at_; }
  std::size_t count() const { return count_; }

  struct Seen {
    std::uint32_t slot;
    AlertSerial serial;
    Instant until;
  };
  std::vector<Seen> seen;                  // applied to the sightings by the sequencer
  std::optional<AsideMemory::Seen> aside;  // so is this, after every decision
  struct Sign {
    std::uint32_t slot;
    HeartbeatId heartbeat;
  };
  std::vector<Sign> signs;  // and these, at now()
  Tallies tallies;
  std::vector<SendOrder> orders;  // attempts started in this turn
  Answer answer;                  // to the command in hand

 private:
  State& state_;
  Fold fold_;
  std::string& buffer_;
  Instant at_{};
  std::size_t count_ = 0;
};

// What every decision is handed.
struct Deciding {
  const State& state;
  const Settings& settings;
  const Sightings& sightings;
  Instant now;
  Facts& out;

  Wall wall() const { return state.globals().wall(now); }
};

}  // namespace tocsin
