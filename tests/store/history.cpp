#include "tests/store/history.hpp"

#include <cstdio>

#include "tests/simulation/random.hpp"

namespace tocsin::testing {

std::uint64_t frame_uid(std::uint64_t seq, std::uint64_t epoch) {
  return (seq * 0x9E3779B97F4A7C15u) ^ (epoch << 32);
}

std::string frame_payload(std::uint64_t seq, std::uint64_t epoch) {
  sim::Random random(frame_uid(seq, epoch));
  std::string payload = "frame " + std::to_string(seq) + " of " + std::to_string(epoch) + " ";
  // Mostly small; some as large as a block of the write-ahead log and larger.
  const std::int64_t size = random.percent(80) ? random.below(900) : random.below(40'000);
  for (std::int64_t i = 0; i < size; i += 8) {
    const std::uint64_t word = random.next();
    payload.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return payload;
}

void Fold::take(std::uint64_t seq, std::uint64_t epoch) {
  const std::uint64_t what = frame_uid(seq, epoch) * 0xD1B54A32D192ED03u >> 20;
  auto& row = owner[what % rows];
  row = what / rows % 5 == 0 ? std::pair<std::uint64_t, std::uint64_t>{} : std::pair{seq, epoch};
}

std::string Fold::key(std::size_t row) {
  char text[16];
  std::snprintf(text, sizeof text, "row/%03zu", row);
  return text;
}

std::optional<std::string> Fold::value(std::size_t row) const {
  const auto [seq, epoch] = owner[row];
  if (seq == 0) return {};
  return "by frame " + std::to_string(seq) + " of " + std::to_string(epoch) +
         std::string(frame_uid(seq, epoch) % 400, 'x');
}

Fold fold_until(const History& history, std::uint64_t seq) {
  Fold fold;
  for (std::uint64_t n = 1; n <= seq; ++n)
    if (history.epochs[n] != 0) fold.take(n, history.epochs[n]);
  return fold;
}

}  // namespace tocsin::testing
