#pragma once
// Events that are no incident signals leave no row, but `tocsin replay` wants to ask another
// configuration about them. So each is recorded once, when it begins and when it is over, and not
// at its repeats. What has been recorded is remembered here, beside the state and as volatile as
// Sightings: what is forgotten is recorded once more, and nothing is decided by it. Owned by
// Sightings; the sequencer's thread.

#include <cstdint>
#include <vector>

#include "rules/model/ids.hpp"
#include "rules/model/time.hpp"

namespace tocsin {

class AsideMemory {
 public:
  struct Known {
    Fingerprint alert;
    Wall starts_at{};
    Instant until{};        // good until then, as its sender last said
    bool over = false;      // its end was recorded
    std::int32_t days = 0;  // left, of a forecast
  };
  // At most this much of the log is given to them: a flood of new ones is recorded in part, and
  // counted. 16 KiB a second are 1.4 GB a day before compression, of text that packs six to one.
  static constexpr std::int64_t bytes_per_second = 16 << 10, burst_bytes = 4 << 20;

  const Known* find(const Fingerprint& alert) const;
  // What may be recorded at `now`, in bytes.
  std::int64_t room(Instant now) const;
  // Since the last one that was recorded.
  std::uint32_t missed() const { return missed_; }

  struct Seen {
    Known known;
    std::int64_t bytes = 0;  // recorded; 0: known already, and good until later
    bool missed = false;     // there was no room
  };
  void note(const Seen& seen, Instant now);

 private:
  // One place for each; who comes later takes it. Two that share one are recorded in turns, which
  // the room for all bounds.
  static constexpr std::size_t places_at_first = 1 << 10, places_max = 1 << 16;  // 2.5 MiB
  void grow();

  std::vector<Known> known_;  // none before the first event; twice as many when half are taken
  std::size_t taken_ = 0;
  std::int64_t room_ = burst_bytes;
  Instant room_at_{};
  std::uint32_t missed_ = 0;
};

}  // namespace tocsin
