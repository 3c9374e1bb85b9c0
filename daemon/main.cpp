// One binary: the daemon, and the verbs that talk to it. Who needs what is put together in
// daemon/cli/daemon.cpp.

#include "daemon/cli/cli.hpp"

int main(int argc, char** argv) {
  return tocsin::cli::run(argc, argv);
}
