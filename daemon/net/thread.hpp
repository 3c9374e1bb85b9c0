#pragma once
// Starts a thread the way every thread of net/ starts: with a name for the debugger, and deaf to
// signals, which belong to main (and to SIGPIPE, which TLS libraries may raise on a closed socket).

#include <functional>
#include <string>
#include <thread>

namespace tocsin::net {

std::thread start_thread(const std::string& name, std::function<void()> body);  // name: 15 bytes

// From here on this thread gets a tenth of the CPU when others want it too, and whoever wakes goes
// first: lists and compilers beside alerts and pages.
void let_others_go_first();

}  // namespace tocsin::net
