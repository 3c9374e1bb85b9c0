#include "rules/major.hpp"

namespace tocsin {

void review_major(const Deciding&, IncidentNumber) {}

}  // namespace tocsin
