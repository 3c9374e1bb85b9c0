#pragma once
// The only clock of the core. Elapsed time comes from CLOCK_BOOTTIME, which nobody can set and
// which goes on while the machine sleeps; the wall clock is looked at, never counted with.

#include <cstdint>
#include <string>

#include "rules/model/state.hpp"

namespace tocsin {

class Clock {
 public:
  // Goes on where the log stopped. Same boot: the boot clock says how long the process was away.
  // Another boot: the wall clock does, within 0 and 24 h.
  void resume(const Globals& globals);

  Instant now() const;  // of the log's elapsed time; never decreases
  Wall wall() const;    // CLOCK_REALTIME as it is
  std::int64_t boot_ms() const;
  const std::string& boot() const { return boot_; }

 private:
  std::string boot_;
  std::int64_t base_boot_ms_ = 0;
  Instant base_at_{};
};

}  // namespace tocsin
