#pragma once
// One document at a time: program and document in, alerts out, or why not. A document that breaks
// the process costs its own answer; the daemon starts the next process.

namespace tocsin::helper {

int map_worker(int socket);

}  // namespace tocsin::helper
