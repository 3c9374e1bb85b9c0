#pragma once
// A body as an integration of a configuration would read it, without a daemon. Blocks while a
// program maps it.

#include <string>

#include "config/load.hpp"
#include "connectors/registry.hpp"
#include "daemon/net/mapper.hpp"

namespace tocsin::cli {

// As daemon/api/alerts_in.cpp does it.
Decoded read_sample(const Integration& integration, Mapper& mapper, std::string body,
                    Wall received_at);

}  // namespace tocsin::cli
