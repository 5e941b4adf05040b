// The command line as a library: main is one call, tests link the rest.
#pragma once
namespace cactus::cli {
// Runs one command; returns the exit code (cactus help exit-codes).
int run(int argc, char** argv);
}  // namespace cactus::cli
