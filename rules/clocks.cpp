#include "rules/clocks.hpp"

namespace tocsin {

void clocks_after_hold(const Deciding&, IncidentNumber) {}

}  // namespace tocsin
