#pragma once
// The command line: verbs, options, help. CLI11 is compiled in cli.cpp only.

namespace tocsin::cli {

// Reads the arguments and runs the verb; returns the exit code.
int run(int argc, char** argv);

}  // namespace tocsin::cli
