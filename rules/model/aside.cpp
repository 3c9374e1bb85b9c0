#include "rules/model/aside.hpp"

#include <algorithm>

namespace tocsin {

const AsideMemory::Known* AsideMemory::find(const Fingerprint& alert) const {
  if (known_.empty()) return nullptr;
  const Known& known = known_[alert.low % places];
  return known.alert == alert ? &known : nullptr;
}

std::int64_t AsideMemory::room(Instant now) const {
  // Beyond that time it is full, however long it was.
  constexpr std::int64_t full_after_ms = burst_bytes / bytes_per_second * 1000;
  const std::int64_t passed = std::clamp<std::int64_t>((now - room_at_).ms, 0, full_after_ms);
  return std::min(burst_bytes, room_ + passed * bytes_per_second / 1000);
}

void AsideMemory::note(const Seen& seen, Instant now) {
  if (seen.missed) {
    ++missed_;
    return;
  }
  if (known_.empty()) known_.resize(places);
  known_[seen.known.alert.low % places] = seen.known;
  if (seen.bytes == 0) return;
  room_ = room(now) - seen.bytes;
  room_at_ = later(room_at_, now);
  missed_ = 0;
}

}  // namespace tocsin
