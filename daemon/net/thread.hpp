#pragma once
// Starts a thread the way every thread of net/ starts: with a name for the debugger, and deaf to
// signals, which belong to main (and to SIGPIPE, which TLS libraries may raise on a closed socket).

#include <functional>
#include <string>
#include <thread>

namespace tocsin::net {

std::thread start_thread(const std::string& name, std::function<void()> body);  // name: 15 bytes

}  // namespace tocsin::net
