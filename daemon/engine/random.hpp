#pragma once
// Secrets made by this process. Any thread.

#include "rules/model/ids.hpp"

namespace tocsin {

// From the kernel; all zero, which signs nothing, when it has none to give.
LinkKey random_link_key();

}  // namespace tocsin
