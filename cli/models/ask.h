// One question on the terminal.
#pragma once
#include <string>

#include "cli/context.h"

namespace cactus::cli {

// Whether somebody can be asked: standard input and standard error are a terminal.
bool can_ask(const Context& context);
// CACTUS_YES; usage when it is neither yes nor no.
Result<bool> always_yes();
// "QUESTION [Y/n] " on standard error, a line back; an empty one is `fallback`. cancelled for Ctrl-C
// and Ctrl-D.
Result<bool> ask(Context& context, const std::string& question, bool fallback);

}  // namespace cactus::cli
