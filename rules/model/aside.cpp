#include "rules/model/aside.hpp"

#include <algorithm>
#include <utility>

namespace tocsin {

const AsideMemory::Known* AsideMemory::find(const Fingerprint& alert) const {
  if (known_.empty()) return nullptr;
  const Known& known = known_[alert.low % known_.size()];
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
  if (taken_ * 2 >= known_.size() && known_.size() < places_max) grow();
  Known& place = known_[seen.known.alert.low % known_.size()];
  if (place.alert == Fingerprint{}) ++taken_;
  place = seen.known;
  if (seen.bytes == 0) return;
  room_ = room(now) - seen.bytes;
  room_at_ = later(room_at_, now);
  missed_ = 0;
}

void AsideMemory::grow() {
  std::vector<Known> more(known_.empty() ? places_at_first : 2 * known_.size());
  for (const Known& known : known_)
    if (known.alert != Fingerprint{}) more[known.alert.low % more.size()] = known;
  known_ = std::move(more);
}

}  // namespace tocsin
