// The command line as a library: main is one call, tests link the rest.
#pragma once

namespace cactus::cli {

struct Services;

// Runs one command; returns the exit code (cactus help exit-codes).
int run(int argc, char** argv);
// The same with an engine of the caller's (tests).
int run(int argc, char** argv, const Services& services);

}  // namespace cactus::cli
