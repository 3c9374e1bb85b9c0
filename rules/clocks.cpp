#include "rules/clocks.hpp"

namespace tocsin {

void clocks_after_hold(const Deciding&, IncidentNumber) {}

bool half_spent(const Deciding&, IncidentNumber) {
  return false;
}

}  // namespace tocsin
