#pragma once
// Words to the service manager (sd_notify); nothing happens when there is none. Any thread.

#include <chrono>
#include <string>
#include <vector>

namespace tocsin::cli {

void notify_ready(const std::string& status);
void notify_reloading();
void notify_stopping();
// Feeds the watchdog, at most once a second however often it is called.
void notify_alive();
// How long the watchdog waits from now on; 0: as the unit says.
void notify_patience(std::chrono::seconds patience);

// The sockets that the service manager opened for this process (LISTEN_FDS), once: no child and no
// second caller gets them.
std::vector<int> handed_over_sockets();

}  // namespace tocsin::cli
