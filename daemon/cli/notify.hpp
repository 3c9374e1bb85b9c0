#pragma once
// Words to the service manager (sd_notify); nothing happens when there is none. Any thread.

#include <string>

namespace tocsin::cli {

void notify_ready(const std::string& status);
void notify_reloading();
void notify_stopping();
// Feeds the watchdog, at most once a second however often it is called.
void notify_alive();

}  // namespace tocsin::cli
