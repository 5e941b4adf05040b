// A program of the user's that prints a key (1Password, pass, bw …), run without a shell.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/secret.h"

namespace cactus::auth {

// Runs `argv` (looked up in PATH, standard input closed, standard error the user's) and takes the
// first line that it prints. Errors (auth): it cannot be started, fails, prints nothing or more
// than 64 KiB, or takes longer than `limit` (then it is killed).
Result<Secret> run_key_command(const std::vector<std::string>& argv,
                               std::chrono::milliseconds limit = std::chrono::seconds(60));

}  // namespace cactus::auth
