#pragma once
// Time as the log knows it. Nothing in rules/ asks a clock; an Instant is always an argument.
//
// There are two time lines and the compiler keeps them apart:
//   Instant  elapsed time of the log, in ms. Never decreases. Every duration, deadline and lease.
//   Wall     ms since the Unix epoch (UTC). Only for people, calendars and senders' times.
// wall = at + offset, where offset is state and moves only by the fact ClockStepped.

#include <compare>
#include <cstdint>

namespace tocsin {

struct Span {
  std::int64_t ms = 0;
  auto operator<=>(const Span&) const = default;
};

struct Instant {
  std::int64_t ms = 0;
  auto operator<=>(const Instant&) const = default;
};

struct Wall {
  std::int64_t ms = 0;
  auto operator<=>(const Wall&) const = default;
};

constexpr Instant never{INT64_MAX};
// Of a step that is held while paging is paused: no clock brings it about, only a person does.
constexpr Instant when_resumed{INT64_MAX - 1};
// Of a step that is inhibited: what inhibits it has to end first.
constexpr Instant when_uninhibited{INT64_MAX - 2};

constexpr Span milliseconds(std::int64_t n) {
  return {n};
}
constexpr Span seconds(std::int64_t n) {
  return {n * 1000};
}
constexpr Span minutes(std::int64_t n) {
  return {n * 60'000};
}
constexpr Span hours(std::int64_t n) {
  return {n * 3'600'000};
}

// Sums stop at the ends of the range: senders' times and damaged bytes may hold anything.
constexpr std::int64_t saturated_sum(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  if (!__builtin_add_overflow(a, b, &out)) return out;
  return b < 0 ? INT64_MIN : INT64_MAX;
}
constexpr std::int64_t saturated_difference(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  if (!__builtin_sub_overflow(a, b, &out)) return out;
  return b < 0 ? INT64_MAX : INT64_MIN;
}

constexpr Span operator-(Instant a, Instant b) {
  return {saturated_difference(a.ms, b.ms)};
}
constexpr Span operator-(Wall a, Wall b) {
  return {saturated_difference(a.ms, b.ms)};
}
constexpr Instant operator+(Instant a, Span s) {
  return a >= when_uninhibited ? a : Instant{saturated_sum(a.ms, s.ms)};
}
constexpr Wall operator+(Wall a, Span s) {
  return {saturated_sum(a.ms, s.ms)};
}
constexpr Instant operator-(Instant a, Span s) {
  return {saturated_difference(a.ms, s.ms)};
}
constexpr Wall operator-(Wall a, Span s) {
  return {saturated_difference(a.ms, s.ms)};
}
constexpr Instant later(Instant a, Instant b) {
  return a < b ? b : a;
}
constexpr Instant earlier(Instant a, Instant b) {
  return a < b ? a : b;
}

}  // namespace tocsin
