#include "rules/process/agreement.hpp"

#include <algorithm>

#include "rules/model/planted.hpp"

namespace tocsin {
namespace {

Span between(const Running& clock, Wall a, Wall b) {
  if (b <= a) return {};
  return clock.calendar ? clock.calendar->between(a, b) : b - a;
}

// Calls use(from, to) for each stretch in which it runs, the last one with no end, until it is
// false.
template <class Use>
void each_stretch(const Running& clock, Use&& use) {
  Wall from = clock.start;
  if (!planted("clock_counts_the_pause"))
    for (const Running::Still& still : clock.still) {
      if (still.to <= from) continue;
      if (from < still.from && !use(from, still.from)) return;
      from = still.to;
    }
  use(from, Wall{INT64_MAX});
}

}  // namespace

Span elapsed(const Running& clock, Wall t) {
  Span sum{};
  each_stretch(clock, [&](Wall from, Wall to) {
    sum.ms += between(clock, from, std::min(to, t)).ms;
    return to < t;
  });
  return sum;
}

std::optional<Wall> spent(const Running& clock, Span work) {
  std::optional<Wall> out;
  each_stretch(clock, [&](Wall from, Wall to) {
    if (from == Wall{INT64_MAX}) return false;
    if (to != Wall{INT64_MAX}) {
      const Span here = between(clock, from, to);
      if (here < work) return work.ms -= here.ms, true;
    }
    out = clock.calendar ? clock.calendar->after(from, work) : from + work;
    return false;
  });
  return out;
}

}  // namespace tocsin
