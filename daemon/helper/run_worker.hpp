#pragma once
// Runs users' programs, many at the same time, one thread. Each is the leader of a process group;
// at its end or its timeout whatever is left of the group is killed. What it says is kept to a
// limit and the rest is read over, so that it never waits for us.

namespace tocsin::helper {

int run_worker(int socket);

}  // namespace tocsin::helper
