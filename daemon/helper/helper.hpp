#pragma once
// The process behind `tocsin helper ROLE`: what runs things that others wrote. Started by the
// daemon (daemon/net/helper_process.hpp) with one socket, descriptor 3; ends when that closes. It
// has no threads, no store and no configuration.
//
// The only room that knows libjq. A program in jq can loop, eat all memory and read files and the
// environment, and nothing can interrupt it: so it runs where the kernel ends it.

#include <string>

namespace tocsin::helper {

// Runs until the daemon closes the socket; the exit code. `role`: map, or run for programs that
// page people.
int run(const std::string& role);

}  // namespace tocsin::helper
