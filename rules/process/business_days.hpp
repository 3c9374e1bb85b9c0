#pragma once
// The same time of day some business days later (6.4). Business days are those on which people need
// the service that suffers, or Monday to Friday where it is needed at any time.

#include "rules/model/settings.hpp"

namespace tocsin {

// `service`: its id; empty or unknown: Monday to Friday in the time zone of the instance.
Wall business_days_after(const Settings& settings, std::string_view service, Wall from, int days);

}  // namespace tocsin
