#pragma once
// Whether the store takes nothing of what is decided: a write that does not end, or has no room.
//
// Seconds are looks, one of which the engine's thread makes each second, and not the clock's: while
// the process is stopped (SIGSTOP, a machine that is paused) its writes are as well, and nobody is
// to hear of a lost store then. Owner: the engine, under its mutex.

namespace tocsin {

class StuckWrites {
 public:
  static constexpr int looks_max = 15;

  // Offered again for want of room it is still the same.
  void began() {
    if (!under_way_) looks_ = 0;
    under_way_ = true;
  }
  void ended() { under_way_ = false; }
  void look() { looks_ += under_way_ && looks_ < looks_max; }
  bool stuck() const { return under_way_ && looks_ == looks_max; }

 private:
  bool under_way_ = false;
  int looks_ = 0;
};

}  // namespace tocsin
