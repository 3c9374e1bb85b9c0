#pragma once
// Users' programs of a configuration: whether they compile. A helper process finds out, because
// compiling is running what others wrote, too.

#include "config/load.hpp"
#include "daemon/net/mapper.hpp"

namespace tocsin::cli {

// What is wrong with them joins the other errors, each at its place; then the configuration is
// none. No helper process is a warning: it says nothing about the programs.
void check_programs(Loaded& loaded, Mapper& mapper);

}  // namespace tocsin::cli
