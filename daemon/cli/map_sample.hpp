#pragma once
// `check --map`: a sample read as an integration would, without a daemon and without effect.

#include "config/load.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/net/mapper.hpp"

namespace tocsin::cli {

// Done only when something came of it and nothing was rejected.
int map_sample(const Loaded& loaded, Mapper& mapper, const CheckOptions& options);

}  // namespace tocsin::cli
